#pragma once

#include <memory>
#include <string>

#include <arrow/type_fwd.h>
#include <parquet/properties.h>
#include <parquet/type_fwd.h>

#include "base/status.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::data {

/// How this room opens Parquet files: one thread, INT96 as microseconds, UUID and JSON as extension
/// types.
parquet::ArrowReaderProperties ParquetReaderProperties();

/// Fields marked uuid and json (types.h) become Arrow's extension types, which Parquet's writer
/// knows; at any depth.
Result<std::shared_ptr<arrow::Schema>> WithExtensions(const arrow::Schema& schema);
/// The reverse: extension types become storage types with our mark.
Result<std::shared_ptr<arrow::Schema>> WithoutExtensions(const arrow::Schema& schema);

/// The same buffers seen with another schema of the same layout, as the two functions above give
/// it.
Batch Relabelled(const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema);

/// The columns that the engine reads from a file with this footer. kUnsupported names the column
/// that would not come through exactly.
Result<Columns> ColumnsOfFooter(const parquet::FileMetaData& footer);

}  // namespace thalweg::data
