#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "component/source.h"

namespace thalweg::connectors {

/// Bytes between a thread that waits for the outside and a reader that must not. Bounded: a full
/// queue makes the thread stop reading, and so holds back whoever sends. Thread-safe.
class ByteQueue {
 public:
  /// `room` is called, from the reader's thread, when a queue that was full has room again.
  ByteQueue(std::size_t limit, std::function<void()> room)
      : limit_(limit), room_(std::move(room)) {}

  // The thread's side.
  /// Bytes that it takes now; 0: full.
  std::size_t Room() const;
  void Push(std::string_view bytes);
  /// Nothing follows; `status`: why, when that is a failure.
  void Finish(Status status = Status::Ok());

  // The reader's side.
  enum class State { kBytes, kBlocked, kEnd };
  /// Moves all there is to `out`. kBlocked: `wake` is called when that changes. An error comes
  /// after the bytes before it.
  Result<State> Take(std::string* out, const component::Wake& wake);

 private:
  const std::size_t limit_;
  const std::function<void()> room_;
  mutable std::mutex mutex_;
  std::string bytes_;
  bool finished_ = false;
  Status status_;
  component::Wake wake_;
};

}  // namespace thalweg::connectors
