#pragma once

#include <csignal>

#include <atomic>
#include <stop_token>
#include <thread>

#include "base/unique_fd.h"

namespace thalweg::cli {

/// Turns SIGINT and SIGTERM into a requested stop: the first asks, the second ends the process at
/// once. Callbacks of the token run on a thread of ours. Threads inherit the signal mask: make it
/// before any other thread. At most one at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  /// The signal that asked for the stop; 0: none came.
  int signal() const { return signal_; }

 private:
  void Watch();

  std::stop_source source_;
  std::atomic<int> signal_ = 0;
  sigset_t before_{};
  UniqueFd signals_, ended_;
  std::thread thread_;
};

}  // namespace thalweg::cli
