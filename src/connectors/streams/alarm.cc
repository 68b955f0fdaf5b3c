#include "connectors/streams/alarm.h"

#include <algorithm>
#include <utility>

namespace thalweg::connectors {
namespace {

/// A manual clock moves without a word: it is looked at so often.
constexpr std::chrono::nanoseconds kLongestWait = std::chrono::milliseconds(20);

}  // namespace

Alarm::~Alarm() {
  // Joined while the members that it uses still exist.
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void Alarm::Set(std::chrono::steady_clock::time_point at, component::Wake wake) {
  {
    const std::lock_guard lock(mutex_);
    at_ = at;
    wake_ = std::move(wake);
    if (!thread_.joinable()) thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }
  changed_.notify_one();
}

void Alarm::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!wake_) {
      changed_.wait(lock, stop, [&] { return wake_ != nullptr; });
      continue;
    }
    const auto now = clock_.Steady();
    if (now < at_) {
      const auto wait = std::min<std::chrono::nanoseconds>(at_ - now, kLongestWait);
      changed_.wait_for(lock, wait);
      continue;
    }
    const auto wake = std::exchange(wake_, nullptr);
    lock.unlock();
    wake();
    lock.lock();
  }
}

}  // namespace thalweg::connectors
