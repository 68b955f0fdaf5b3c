#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/status.h"

namespace thalweg {
inline namespace base {

struct FileInfo {
  enum class Type { kFile, kDirectory, kOther };
  Type type = Type::kFile;
  Bytes size;
  std::int64_t mtime_ns = 0;
  bool link = false;  ///< the path itself is a symbolic link; the rest describes what it leads to
};

struct DirectoryEntry {
  std::string name;
  /// Of what a link leads to; kOther when that is missing.
  FileInfo::Type type = FileInfo::Type::kFile;
  bool link = false;
};

/// An open file for writing: append only, one thread. The destructor closes without fsync. After a
/// failed Append or Sync every later one fails too: what the file holds is not known any more.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  virtual Status Sync() = 0;   ///< fsync
  virtual Status Close() = 0;  ///< reports what close() reports; idempotent
};

/// An open file for reading at any offset; safe from several threads.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Reads up to out.size() bytes; fewer only at the end of the file.
  virtual Result<std::size_t> ReadAt(std::int64_t offset, std::span<char> out) = 0;
  virtual Result<Bytes> Size() = 0;
};

/// The one seam through which everything in a home, and every target file, is changed. Tests put a
/// layer behind it that counts operations, fails or kills at the n-th, and drops whatever was not
/// synced. Paths are absolute or relative to the working directory. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Truncates what is there.
  virtual Result<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  /// Regular files only: anything else is kInvalid.
  virtual Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;  ///< follows links; kNotFound
  /// The names, sorted.
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;
  /// The same with the types, without a Stat for each.
  virtual Result<std::vector<DirectoryEntry>> ListEntries(const std::string& directory) = 0;

  /// One level; an existing directory is fine.
  virtual Status MakeDirectory(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  /// Exchanges two existing paths in one step (renameat2 RENAME_EXCHANGE).
  virtual Status Exchange(const std::string& a, const std::string& b) = 0;
  /// A file, a link, or an empty directory; absent is fine.
  virtual Status Remove(const std::string& path) = 0;
  virtual Status SyncFile(const std::string& path) = 0;  ///< opens, fsyncs, closes
  virtual Status SyncDirectory(const std::string& path) = 0;

  /// Announces that a library of others (DuckDB, Arrow, SQLite) is about to write `path`, so that a
  /// simulated power cut can drop it until it is synced. No effect on a real file system.
  virtual void WillWriteOutside(const std::string& path) = 0;

  /// A step that is not a file operation but counts as one in crash tests: a named kill point. See
  /// docs/specs/home.md.
  virtual void Point(std::string_view name) = 0;
};

/// The operating system's files. In builds with THALWEG_TEST_HOOKS the environment can put faults
/// in front:
///   THALWEG_KILL_AT=<point>:<nth>  SIGKILL at the nth passing of a named point
///   THALWEG_FAULT=kill:<n>         SIGKILL before the n-th mutating operation
///   THALWEG_FAULT=powercut:<n>     undo everything not synced, then SIGKILL, before the n-th one
///   THALWEG_FAULT=fail:<n>         the n-th one fails with EIO; fail:<n>+: and all after it
///   THALWEG_FAULT=nospace:<n>      the same with ENOSPC; nospace:<n>+
///   THALWEG_FAULT=count:<file>     runs through, writes the number of operations to <file> at exit
///   THALWEG_FAULT=trace:<file>     runs through, appends "<n> <operation> <path>" for each
///
/// Operations are counted per process, from 1. A value that cannot be read ends the process with
/// exit code 2.
FileSystem& LocalFileSystem();

/// What LocalFileSystem() does with a fault layer, for catalog's SQLite VFS: one operation on a
/// file that a library writes is Before, then the operation itself, then Did or Synced.
/// Thread-safe. During a power cut every call blocks until the process is gone, so that nothing is
/// acknowledged after it; what another thread has in flight then is kept or not, as on a real disk.
class FaultLayer {
 public:
  virtual ~FaultLayer() = default;
  /// Counts one mutating operation. Returns the fault to report instead of doing it, or OK; or ends
  /// the process.
  virtual Status Before(std::string_view operation, const std::string& path) = 0;
  struct Undo {
    virtual ~Undo() = default;
    virtual void Run() = 0;
  };
  /// The operation is done. `undo` restores the bytes or the name as they were before it; it is run
  /// only in a power cut, in reverse order, and forgotten when `path` is synced.
  virtual void Did(const std::string& path, std::unique_ptr<Undo> undo) = 0;
  /// `path` was synced: what was done under this path is durable.
  virtual void Synced(const std::string& path) = 0;
};
/// Null when no faults are configured (always null without THALWEG_TEST_HOOKS).
FaultLayer* ActiveFaultLayer();

// Conveniences over the seam.
/// All levels; syncs each parent of a new one.
Status MakeDirectories(FileSystem& files, const std::string& path);
/// Goes through no link; absent is fine; syncs nothing.
Status RemoveTree(FileSystem& files, const std::string& path);
/// kInvalid when it is larger than the limit.
Result<std::string> ReadFile(FileSystem& files, const std::string& path,
                             Bytes limit = Bytes::GiB(1));
/// Writes aside in the same directory, syncs, renames, syncs the directory.
Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view bytes);
Result<Hash128> HashFile(FileSystem& files, const std::string& path);

/// Expands * ? [a-z] [!a-z] {a,b} and ** (any depth, as a whole segment) to existing files, sorted,
/// each once; no wildcard: the path itself if it exists, a directory too. A backslash takes the
/// next character as it is; a pattern that matches nothing but is the name of a file is that file.
/// Names that begin with '.' or '_' match only a pattern segment that begins so. ** does not go
/// through symbolic links, so loops end.
Result<std::vector<std::string>> Glob(FileSystem& files, const std::string& pattern);

std::string JoinPath(std::string_view a, std::string_view b);  ///< an absolute b wins
std::string ParentPath(std::string_view path);                 ///< "." for a bare name
std::string FileName(std::string_view path);                   ///< empty for the root
std::string AbsolutePath(std::string_view path);               ///< lexically normal, links kept

}  // namespace base
}  // namespace thalweg
