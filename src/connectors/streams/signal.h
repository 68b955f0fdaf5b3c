#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/unique_fd.h"

namespace thalweg::connectors {

/// Wakes a thread that waits in poll(). Thread-safe.
class Signal {
 public:
  Signal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const { return fd_.get(); }
  void Set() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(fd_.get(), &one, sizeof(one)));
  }
  void Clear() {
    std::uint64_t count = 0;
    static_cast<void>(!::read(fd_.get(), &count, sizeof(count)));
  }

 private:
  UniqueFd fd_;
};

}  // namespace thalweg::connectors
