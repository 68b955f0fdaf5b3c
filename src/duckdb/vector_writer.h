#pragma once

#include <cstdint>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "base/status.h"
#include "data/types.h"
#include "duckdb/handle.h"

namespace thalweg::duckdb {

/// The DuckDB type of a column that a table stores (docs/specs/types.md).
Result<TypeHandle> MakeLogicalType(const data::Column& column);

/// Copies rows [offset, offset + count) of a column into an empty vector of MakeLogicalType's type,
/// which has room for them. The array is of the type that data::ToArrow gives to the column; its
/// texts are valid UTF-8.
void WriteVector(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                 duckdb_vector vector);

}  // namespace thalweg::duckdb
