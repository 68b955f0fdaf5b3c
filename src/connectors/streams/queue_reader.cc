#include "connectors/streams/queue_reader.h"

#include <fmt/format.h>

#include "connectors/streams/decoded_rows.h"

namespace thalweg::connectors {

Result<component::Polled> QueueDecoder::Poll(Bytes budget, const component::Wake& wake) {
  while (true) {
    auto decoded = decoder_->Decode(budget);
    if (!decoded.ok()) return decoded.status().Annotate(name_);
    const auto next = decoded->next;
    if (decoded->rows || !decoded->bad.empty()) {
      return ToPolledRows(*std::move(decoded), decoder_->schema(), name_);
    }
    if (next == formats::Decoded::Next::kEnd) return component::Polled{};
    if (next == formats::Decoded::Next::kMore) continue;
    chunk_.clear();
    TW_ASSIGN_OR_RETURN(const ByteQueue::State state, queue_->Take(&chunk_, wake));
    if (state == ByteQueue::State::kBlocked) return Blocked();
    decoder_->Push(chunk_, state == ByteQueue::State::kEnd);
  }
}

component::Position QueueDecoder::At() const {
  const formats::TextPosition at = decoder_->At();
  return {fmt::format(R"({{"offset":{},"line":{}}})", at.offset, at.line)};
}

}  // namespace thalweg::connectors
