#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "cli/console.h"
#include "data/element.h"

namespace thalweg::cli {

/// Writes a Parquet file to standard output, a row group at a time. The types are those of stored
/// tables: what they cannot hold exactly is refused.
class ParquetOutput {
 public:
  static Result<std::unique_ptr<ParquetOutput>> Open(const data::SchemaRef& schema,
                                                     Console& console);
  virtual ~ParquetOutput() = default;
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  virtual Status Finish() = 0;
};

}  // namespace thalweg::cli
