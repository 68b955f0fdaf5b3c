#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>

#include "base/bytes.h"
#include "base/status.h"

namespace thalweg {
inline namespace base {

/// One budget for the process. A reservation admits work; it does not enforce what the work then
/// uses. First come, first served, so that a large request is not starved by small ones.
/// Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(Bytes total) : total_(total) {}

  /// Given back when destroyed. Movable.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept { *this = std::move(other); }
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { Release(); }
    void Release();
    Bytes bytes() const { return bytes_; }

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    Bytes bytes_;
  };

  /// Waits until it fits, or the stop is requested (kCancelled). More than the whole budget:
  /// kInvalid at once.
  Result<Reservation> Reserve(Bytes bytes, std::stop_token stop);
  Bytes total() const { return total_; }
  Bytes used() const;
  std::size_t waiting() const;  ///< how many calls of Reserve() wait now

 private:
  void GiveBack(Bytes bytes);

  const Bytes total_;
  Bytes used_;
  std::uint64_t next_ticket_ = 0;
  std::deque<std::uint64_t> queue_;  // tickets of those who wait, in order of arrival
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
};

}  // namespace base
}  // namespace thalweg
