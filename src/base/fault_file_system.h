#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fault_plan.h"
#include "base/file_system.h"

namespace thalweg {
inline namespace base {

/// A file system that counts every mutating operation of another and, as its plan says, fails it,
/// kills the process in front of it, or takes the power away. Operations: create, append, sync,
/// mkdir, rename, exchange, remove, sync-file, sync-directory, write-outside, point; opening,
/// reading, closing are none. Operations wait for one another, so that a count is one state of the
/// disk. Thread-safe. Only in builds with THALWEG_TEST_HOOKS.
class FaultFileSystem : public FileSystem {
 public:
  /// `real` must be the operating system's files, and live longer.
  FaultFileSystem(FileSystem& real, FaultPlan plan);
  ~FaultFileSystem() override;

  /// Takes part in the same count.
  FaultLayer& layer();
  std::int64_t operations() const;
  /// With the plan kTrace: "<operation> <path>" for each so far.
  std::vector<std::string> Trace() const;
  /// With the plan kCount: writes the number of operations to its file.
  void WriteCount() const;

  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Result<std::vector<DirectoryEntry>> ListEntries(const std::string& directory) override;
  Status MakeDirectory(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Exchange(const std::string& a, const std::string& b) override;
  Status Remove(const std::string& path) override;
  Status SyncFile(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  void WillWriteOutside(const std::string& path) override;
  void Point(std::string_view name) override;

 private:
  class Controller;
  class File;
  FileSystem& real_;
  const std::unique_ptr<Controller> controller_;
};

}  // namespace base
}  // namespace thalweg
