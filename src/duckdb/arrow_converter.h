#pragma once

#include <memory>
#include <vector>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "base/status.h"
#include "data/element.h"
#include "data/types.h"
#include "duckdb/handle.h"

namespace thalweg::duckdb {

/// Turns the chunks of one result (2,048 rows at most) into Arrow batches of the schema that data/
/// gives to the result's columns. DuckDB's own Arrow form differs in places: a uuid is text, an
/// enum a dictionary, list items have another name.
class ArrowConverter {
 public:
  static Result<std::unique_ptr<ArrowConverter>> Make(duckdb_result& result);

  const data::Columns& columns() const { return columns_; }
  const data::SchemaRef& schema() const { return schema_; }

  /// Copies the chunk.
  Status Add(duckdb_data_chunk chunk);
  std::int64_t pending_rows() const { return pending_rows_; }
  std::int64_t pending_bytes() const { return pending_bytes_; }
  /// All that was added since the last call as one batch.
  Result<data::Batch> Take();

 private:
  ArrowOptionsHandle options_;
  data::Columns columns_;
  data::SchemaRef schema_;
  std::shared_ptr<arrow::Schema> source_schema_;
  std::vector<data::Batch> pending_;
  std::int64_t pending_rows_ = 0, pending_bytes_ = 0;
};

}  // namespace thalweg::duckdb
