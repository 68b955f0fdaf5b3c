#include "flow/channel.h"

#include <utility>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

namespace thalweg::flow {
namespace {

/// An element without rows takes room too: a flood of watermarks is bounded as well.
constexpr std::int64_t kElementBytes = 64;

std::int64_t BytesOf(const arrow::ArrayData& column) {
  if (column.type->num_fields() == 0 && column.dictionary == nullptr) {
    if (column.type->id() == arrow::Type::STRING || column.type->id() == arrow::Type::BINARY) {
      const auto* offsets = column.GetValues<std::int32_t>(1);
      return 4 * column.length + (offsets == nullptr ? 0 : offsets[column.length] - offsets[0]);
    }
    if (const int bits = column.type->bit_width(); bits > 0) return (column.length * bits + 7) / 8;
  }
  return arrow::util::ReferencedBufferSize(column).ValueOr(0);
}

}  // namespace

std::int64_t BytesOf(const data::Batch& batch) {
  std::int64_t bytes = 0;
  for (const auto& column : batch->column_data()) bytes += BytesOf(*column);
  return bytes;
}

void Channel::Connect(Scheduler* producers, Runnable* producer, Scheduler* consumers,
                      Runnable* consumer) {
  producers_ = producers;
  producer_ = producer;
  consumers_ = consumers;
  consumer_ = consumer;
}

void Channel::Push(data::Element element) {
  const auto* batch = std::get_if<data::Batch>(&element);
  const std::int64_t bytes = kElementBytes + (batch == nullptr ? 0 : BytesOf(*batch));
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    queue_.push_back({std::move(element), bytes});
    bytes_.fetch_add(bytes, std::memory_order_release);
    size_.fetch_add(1, std::memory_order_release);
  }
  consumers_->Ready(consumer_);
}

std::optional<data::Element> Channel::Pop() {
  std::optional<data::Element> element;
  bool has_room = false;
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) return element;
    element = std::move(queue_.front().element);
    const std::int64_t bytes = queue_.front().bytes;
    queue_.pop_front();
    size_.fetch_sub(1, std::memory_order_release);
    const std::int64_t before = bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
    // Half empty, so that the two sides do not take turns for every batch.
    const bool was_above = before > limit_ / 2;
    has_room = was_above && before - bytes <= limit_ / 2;
  }
  if (has_room) producers_->Ready(producer_);
  return element;
}

std::optional<data::Element> Channel::Front() {
  std::lock_guard lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  return queue_.front().element;
}

void Channel::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    bytes_.store(0, std::memory_order_release);
    size_.store(0, std::memory_order_release);
  }
  producers_->Ready(producer_);
}

}  // namespace thalweg::flow
