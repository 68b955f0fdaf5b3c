#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "component/source.h"
#include "connectors/streams/queue_reader.h"
#include "connectors/streams/signal.h"
#include "formats/stream_format.h"

namespace thalweg::connectors {

/// The connections of one source: a thread adds them and fills their queues, a reader decodes them
/// by turns, each with a decoder of its own. A connection whose bytes make no sense, or that breaks
/// off, is one reject; the others go on. No byte of the stream is anything but data.
class Connections {
 public:
  Connections(const formats::StreamDecoding& decoding, Signal& signal)
      : decoding_(decoding), signal_(signal) {}

  // The thread's side.
  std::shared_ptr<ByteQueue> Add(std::string name);
  /// No further connection will come; `status`: why, when that is a failure.
  void Finish(Status status = Status::Ok());

  // The reader's side.
  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake);
  component::Position At() const;

 private:
  static constexpr std::size_t kQueueLimit = std::size_t{512} << 10;

  Status TakeArrived(const component::Wake& wake, bool* finished);

  const formats::StreamDecoding& decoding_;
  Signal& signal_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::shared_ptr<ByteQueue>>> arrived_;
  bool finished_ = false;
  Status status_;
  component::Wake wake_;

  std::vector<std::unique_ptr<QueueDecoder>> open_;  ///< the reader's
  std::size_t turn_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace thalweg::connectors
