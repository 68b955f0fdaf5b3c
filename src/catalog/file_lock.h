#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "base/unique_fd.h"

namespace thalweg::catalog {

/// An exclusive lock on one byte of a file, freed by the destructor or by the kernel when the
/// process dies. It belongs to this object, not to the process (an open-file-description lock): two
/// objects exclude each other also within one process, and programs started by this one do not
/// inherit it.
class FileLock {
 public:
  /// Makes the file when it is missing (not synced: a lock file carries no data).
  static Result<FileLock> Acquire(const std::string& path, int byte);  ///< waits
  static Result<std::optional<FileLock>> TryAcquire(const std::string& path,
                                                    int byte);  ///< none: somebody holds it
  /// Looks only: takes no lock and makes no file. A missing file is held by nobody.
  static Result<bool> IsHeld(const std::string& path, int byte);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace thalweg::catalog
