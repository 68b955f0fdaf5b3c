#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "data/element.h"

namespace thalweg::flow {

/// A look at the rows of a running step: keeps the newest few thousand rows until somebody takes
/// them, and counts what it had to leave out. The flow's side never waits. Thread-safe.
class Tap {
 public:
  explicit Tap(std::int64_t rows_limit = 4096) : limit_(rows_limit) {}

  /// The flow's side: takes a batch or leaves it out.
  void Offer(const data::Batch& batch);

  struct Taken {
    data::Batch rows;          ///< null: nothing new
    std::int64_t skipped = 0;  ///< rows left out since the last Take
  };
  Taken Take();

 private:
  const std::int64_t limit_;
  std::mutex mutex_;
  std::deque<data::Batch> kept_;
  std::int64_t rows_ = 0, skipped_ = 0;
  std::atomic<std::int64_t> contended_{0};
};

}  // namespace thalweg::flow
