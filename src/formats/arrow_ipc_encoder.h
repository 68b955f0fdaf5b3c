#pragma once

#include <memory>
#include <string>

#include "data/element.h"
#include "formats/encoder.h"

namespace thalweg::formats {

/// The Arrow IPC streaming format. No row is written anew: a batch becomes one message.
class ArrowIpcEncoder : public Encoder {
 public:
  explicit ArrowIpcEncoder(const data::SchemaRef& schema);
  ~ArrowIpcEncoder() override;
  Status Encode(const arrow::RecordBatch& batch, std::string* out) override;
  Status Finish(std::string* out) override;

 private:
  struct Stream;
  Status Begin();

  data::SchemaRef schema_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace thalweg::formats
