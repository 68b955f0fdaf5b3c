#pragma once

#include <unistd.h>

#include <utility>

namespace thalweg {
inline namespace base {

/// Owns a file descriptor; closes it without asking for the outcome.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset() {
    if (const int fd = Release(); fd >= 0) ::close(fd);
  }

 private:
  int fd_ = -1;
};

}  // namespace base
}  // namespace thalweg
