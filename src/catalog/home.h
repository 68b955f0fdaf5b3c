#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/status.h"
#include "catalog/file_lock.h"

namespace thalweg::catalog {

/// The directory that holds everything: layout in docs/specs/home.md. A value; cheap to copy.
class Home {
 public:
  static constexpr int kFormat = 1;

  /// `given` (--home or THALWEG_HOME), else the nearest .thalweg upwards from `directory`, else
  /// `directory`/.thalweg. Absolute.
  static std::string Locate(const std::string& directory, const std::string& given);
  static bool Exists(FileSystem& files, const std::string& path);
  /// Makes the layout where it is missing; atomic: a half-made home is completed. kRefused on a
  /// network file system and for a directory that holds other things, kUnsupported for a newer
  /// format.
  static Result<Home> OpenOrCreate(FileSystem& files, const std::string& path);
  static Result<Home> Open(FileSystem& files,
                           const std::string& path);  ///< kNotFound with what to type

  const std::string& path() const { return path_; }
  FileSystem& files() const { return *files_; }

  std::string CatalogPath() const;
  std::string TablesDirectory() const;
  std::string NodeDirectory(const NodeId& node) const;
  std::string AttemptDirectory(const NodeId& node, const AttemptId& attempt) const;
  std::string StateDirectory() const;
  /// state/<node id>/<attempt id>
  std::string StateDirectory(const NodeId& node, const AttemptId& attempt) const;
  std::string RunDirectory(std::int64_t number) const;       ///< runs/<n>
  std::string EvidenceDirectory(std::int64_t number) const;  ///< runs/<n>/evidence
  /// spill/<pid>-<ulid>: of this process and no other, also among containers that share the home.
  /// Made by SpillClaim; a bare name until then.
  std::string SpillDirectory() const;
  /// Home-relative form of an absolute path below the home, for manifests; and back. A path outside
  /// stays as it is.
  std::string Relative(const std::string& absolute) const;
  std::string Absolute(const std::string& relative) const;

  /// Waits for the lock under which the layout and the catalog's schema are changed. Never held for
  /// long.
  Result<FileLock> LockLayout() const;

 private:
  Home(FileSystem& files, std::string path) : files_(&files), path_(std::move(path)) {}

  FileSystem* files_;
  std::string path_;
};

/// Held by the process that executes a run; the kernel frees it when the process dies, so nobody
/// waits for a lease of a dead process on the same machine. File: runs/<n>/lock.
class RunLock {
 public:
  /// Makes runs/<n> when it is missing. Null when another living process (or another RunLock of
  /// this one) holds it.
  static Result<std::unique_ptr<RunLock>> TryAcquire(const Home& home, std::int64_t run_number);
  /// Whether anybody holds it; makes nothing and is in nobody's way.
  static Result<bool> IsHeld(const Home& home, std::int64_t run_number);

 private:
  explicit RunLock(FileLock lock) : lock_(std::move(lock)) {}
  FileLock lock_;
};

/// The spill directory of this process, made, and locked as long as this lives; the destructor
/// removes it.
class SpillClaim {
 public:
  /// First removes the spill directories of dead processes. At most one claim per home and process
  /// at a time.
  static Result<std::unique_ptr<SpillClaim>> Take(const Home& home);
  ~SpillClaim();
  SpillClaim(const SpillClaim&) = delete;
  SpillClaim& operator=(const SpillClaim&) = delete;

  const std::string& path() const { return path_; }

 private:
  SpillClaim(FileSystem& files, std::string path, FileLock lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  FileSystem& files_;
  const std::string path_;
  FileLock lock_;
};

}  // namespace thalweg::catalog
