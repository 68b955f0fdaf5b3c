#include "catalog/file_lock.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace thalweg::catalog {
namespace {

Status Failed(const std::string& path) {
  return Status::FromErrno(errno, fmt::format("cannot lock path={}", path));
}

Result<UniqueFd> OpenLockFile(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd) return Failed(path);
  return fd;
}

struct flock RangeOf(int byte) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;
}

/// 0, or -1 with errno.
int Lock(int fd, int command, int byte) {
  struct flock range = RangeOf(byte);
  int result = 0;
  do {
    result = ::fcntl(fd, command, &range);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

Result<FileLock> FileLock::Acquire(const std::string& path, int byte) {
  TW_ASSIGN_OR_RETURN(UniqueFd fd, OpenLockFile(path));
  if (Lock(fd.get(), F_OFD_SETLKW, byte) != 0) return Failed(path);
  return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::TryAcquire(const std::string& path, int byte) {
  TW_ASSIGN_OR_RETURN(UniqueFd fd, OpenLockFile(path));
  if (Lock(fd.get(), F_OFD_SETLK, byte) == 0) return std::optional(FileLock(std::move(fd)));
  if (errno == EAGAIN || errno == EACCES) return std::optional<FileLock>();
  return Failed(path);
}

Result<bool> FileLock::IsHeld(const std::string& path, int byte) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  struct flock range = RangeOf(byte);
  if (!fd || ::fcntl(fd.get(), F_OFD_GETLK, &range) != 0)
    return Status::FromErrno(errno, fmt::format("cannot look at the lock path={}", path));
  return range.l_type != F_UNLCK;
}

}  // namespace thalweg::catalog
