#include "connectors/streams/byte_queue.h"

#include <utility>

namespace thalweg::connectors {

std::size_t ByteQueue::Room() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() >= limit_ ? 0 : limit_ - bytes_.size();
}

void ByteQueue::Push(std::string_view bytes) {
  component::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    bytes_.append(bytes);
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

void ByteQueue::Finish(Status status) {
  component::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    status_ = std::move(status);
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

Result<ByteQueue::State> ByteQueue::Take(std::string* out, const component::Wake& wake) {
  bool was_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (bytes_.empty()) {
      if (finished_ && !status_.ok()) return status_;
      if (finished_) return State::kEnd;
      wake_ = wake;
      return State::kBlocked;
    }
    was_full = bytes_.size() >= limit_;
    out->append(bytes_);
    bytes_.clear();
  }
  if (was_full && room_) room_();
  return State::kBytes;
}

}  // namespace thalweg::connectors
