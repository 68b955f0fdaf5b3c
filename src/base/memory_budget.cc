#include "base/memory_budget.h"

#include <utility>

#include <fmt/format.h>

namespace thalweg {
inline namespace base {

MemoryBudget::Reservation& MemoryBudget::Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, Bytes());
  }
  return *this;
}

void MemoryBudget::Reservation::Release() {
  if (MemoryBudget* const budget = std::exchange(budget_, nullptr)) {
    budget->GiveBack(std::exchange(bytes_, Bytes()));
  }
}

Result<MemoryBudget::Reservation> MemoryBudget::Reserve(Bytes bytes, std::stop_token stop) {
  if (bytes < Bytes() || bytes > total_) {
    return Status::Invalid(fmt::format("the reservation does not fit into the memory budget "
                                       "wanted={} budget={}",
                                       FormatBytes(bytes), FormatBytes(total_)))
        .WithHint("raise the budget, or ask for less");
  }
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  queue_.push_back(ticket);
  const bool admitted = !stop.stop_requested() && changed_.wait(lock, stop, [&] {
    return queue_.front() == ticket && used_ + bytes <= total_;
  });
  std::erase(queue_, ticket);
  if (admitted) used_ += bytes;
  // Whoever is first now may fit too.
  changed_.notify_all();
  if (!admitted) return Status::Cancelled("stopped while waiting for memory");
  Reservation reservation;
  reservation.budget_ = this;
  reservation.bytes_ = bytes;
  return reservation;
}

Bytes MemoryBudget::used() const {
  const std::scoped_lock lock(mutex_);
  return used_;
}

std::size_t MemoryBudget::waiting() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void MemoryBudget::GiveBack(Bytes bytes) {
  const std::scoped_lock lock(mutex_);
  used_ -= bytes;
  changed_.notify_all();
}

}  // namespace base
}  // namespace thalweg
