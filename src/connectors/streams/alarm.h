#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "component/source.h"

namespace thalweg::connectors {

/// Calls a wake when a time has come, from a thread of its own, which starts with the first call.
/// One wake at a time: a later one takes the place of an earlier one. Thread-safe.
class Alarm {
 public:
  explicit Alarm(const Clock& clock) : clock_(clock) {}
  ~Alarm();
  void Set(std::chrono::steady_clock::time_point at, component::Wake wake);

 private:
  void Run(const std::stop_token& stop);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::chrono::steady_clock::time_point at_;
  component::Wake wake_;
  std::jthread thread_;
};

}  // namespace thalweg::connectors
