#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// An instant in UTC with microseconds, the resolution of tables and of the catalog.
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// The only way to read the time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  /// For measuring and deadlines; never goes back.
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
};

const Clock& SystemClock();

/// Moves only when told. For tests; thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Instant start);
  Instant Now() const override;
  std::chrono::steady_clock::time_point Steady() const override;
  void Advance(std::chrono::microseconds by);

 private:
  mutable std::atomic<std::int64_t> micros_;
};

/// "2013-01-01T05:00:00.000000Z" and back.
std::string FormatInstant(Instant instant);
Result<Instant> ParseInstant(std::string_view text);
/// "1.2 s", "340 ms", "2 m 10 s".
std::string FormatDuration(std::chrono::nanoseconds duration);
/// "10s", "250ms", "5m", "2h", "1d", "7w", "1us", "3ns"; a bare number is refused.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// User + system CPU time of this process.
std::chrono::nanoseconds ProcessCpuTime();

}  // namespace base
}  // namespace thalweg
