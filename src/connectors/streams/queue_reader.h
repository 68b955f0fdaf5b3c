#pragma once

#include <memory>
#include <string>

#include "component/source.h"
#include "connectors/streams/byte_queue.h"
#include "formats/decoder.h"

namespace thalweg::connectors {

/// Decodes what comes out of a queue. Positions say how far it came and cannot be gone back to.
class QueueDecoder {
 public:
  /// `name` stands in rejects and errors.
  QueueDecoder(std::string name, std::shared_ptr<ByteQueue> queue,
               std::unique_ptr<formats::Decoder> decoder)
      : name_(std::move(name)), queue_(std::move(queue)), decoder_(std::move(decoder)) {}

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake);
  component::Position At() const;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::shared_ptr<ByteQueue> queue_;
  std::unique_ptr<formats::Decoder> decoder_;
  std::string chunk_;
};

}  // namespace thalweg::connectors
