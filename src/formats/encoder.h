#pragma once

#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace thalweg::formats {

/// Batches in, bytes out. The bytes do not depend on where the rows are cut into batches (Arrow IPC
/// keeps the batches). Lifecycle: Encode* -> Finish. One thread.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends the rows to `out`. Every batch has the schema that the encoder was made with.
  virtual Status Encode(const arrow::RecordBatch& batch, std::string* out) = 0;
  /// Appends what stands at the end, and at the beginning if there was no batch.
  virtual Status Finish(std::string* out) = 0;
};

}  // namespace thalweg::formats
