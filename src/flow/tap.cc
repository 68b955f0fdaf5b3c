#include "flow/tap.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>

namespace thalweg::flow {

void Tap::Offer(const data::Batch& batch) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    contended_.fetch_add(batch->num_rows(), std::memory_order_relaxed);
    return;
  }
  const std::int64_t room = limit_ - rows_;
  const std::int64_t taken = std::min(room, batch->num_rows());
  skipped_ += batch->num_rows() - taken;
  if (taken <= 0) return;
  kept_.push_back(taken == batch->num_rows() ? batch : batch->Slice(0, taken));
  rows_ += taken;
}

Tap::Taken Tap::Take() {
  std::lock_guard lock(mutex_);
  Taken taken;
  if (kept_.empty()) {
    taken.skipped = std::exchange(skipped_, 0) + contended_.exchange(0);
    return taken;
  }
  taken.rows = std::move(kept_.front());
  kept_.pop_front();
  rows_ -= taken.rows->num_rows();
  if (kept_.empty()) taken.skipped = std::exchange(skipped_, 0) + contended_.exchange(0);
  return taken;
}

}  // namespace thalweg::flow
