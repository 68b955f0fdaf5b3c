#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "data/element.h"
#include "flow/scheduler.h"

namespace thalweg::flow {

/// What a batch holds, as far as its rows go: slices count for their part.
std::int64_t BytesOf(const data::Batch& batch);

/// A queue of elements from one task to another, bounded in bytes. Its producer asks Full() before
/// it makes more; what it has made is always taken. Each side wakes the other when that matters.
class Channel {
 public:
  explicit Channel(Bytes limit) : limit_(limit.value) {}

  void Connect(Scheduler* producers, Runnable* producer, Scheduler* consumers, Runnable* consumer);

  // The producer.
  void Push(data::Element element);
  bool Full() const { return bytes_.load(std::memory_order_acquire) >= limit_; }

  // The consumer.
  std::optional<data::Element> Pop();
  /// A copy of what Pop would give.
  std::optional<data::Element> Front();
  bool Empty() const { return size_.load(std::memory_order_acquire) == 0; }
  /// The consumer takes nothing any more: what comes is dropped.
  void Close();

  std::int64_t queued_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::int64_t limit() const { return limit_; }

 private:
  struct Queued {
    data::Element element;
    std::int64_t bytes = 0;
  };
  const std::int64_t limit_;
  Scheduler *producers_ = nullptr, *consumers_ = nullptr;
  Runnable *producer_ = nullptr, *consumer_ = nullptr;
  std::mutex mutex_;
  std::deque<Queued> queue_;
  bool closed_ = false;
  std::atomic<std::int64_t> bytes_{0}, size_{0};
};

}  // namespace thalweg::flow
