#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::operators {

using ArrayRef = std::shared_ptr<arrow::Array>;
using Arrays = std::vector<ArrayRef>;

/// A column of 8-byte values of `type`; valid[i] == 0 makes value i NULL (empty: none is).
ArrayRef MakeWide(std::shared_ptr<arrow::DataType> type, std::vector<std::int64_t> values,
                  const std::vector<std::uint8_t>& valid = {});
/// The same for any type whose values are integer-like or floating point up to 8 bytes: values are
/// narrowed from int64, or from the bits of a double.
ArrayRef MakeNumbers(const std::shared_ptr<arrow::DataType>& type, std::vector<std::int64_t> values,
                     const std::vector<std::uint8_t>& valid = {});
ArrayRef MakeText(const std::shared_ptr<arrow::DataType>& type,
                  const std::vector<std::optional<std::string>>& values);
ArrayRef MakeGroups(const std::vector<std::int16_t>& key_groups);
ArrayRef RepeatText(std::string_view text, std::int64_t rows);

/// How the values of a column are computed with.
enum class NumberForm {
  kInteger,  ///< integers, boolean, dates, times, timestamps, durations: widened to int64
  kReal,     ///< float and double, as the bits of a double
  kText,     ///< varchar and blob
  kOther,
};
NumberForm FormOf(const arrow::DataType& type);

/// The values of a kInteger or kReal column as 8-byte numbers: the column's own buffer, or
/// `*scratch`. What stands at a NULL is undefined. Starts at the array's first value.
const std::int64_t* WideValues(const arrow::ArrayData& column, std::vector<std::int64_t>* scratch);
/// One byte per row; null when no value of the column is NULL.
const std::uint8_t* Validity(const arrow::ArrayData& column, std::vector<std::uint8_t>* scratch);
std::string_view TextAt(const arrow::ArrayData& column, std::int64_t row);

/// Nanoseconds in one unit of a timestamp or duration column.
Result<std::int64_t> NanosecondsPerUnit(const arrow::DataType& type);
/// A time in nanoseconds. Times before 1677 and after 2262 stand at the ends of the range.
std::int64_t ToNanoseconds(std::int64_t value, std::int64_t ns_per_unit);

/// A row of a batch that is kept alive. No batch: a row of NULLs.
struct RowRef {
  data::Batch batch;
  std::int64_t row = 0;
};
/// Copies rows from batches of the same schema.
Result<data::Batch> GatherRows(const data::SchemaRef& schema, const std::vector<RowRef>& rows);

/// `schema` as Arrow wants it in a batch.
std::shared_ptr<arrow::Schema> Unconst(const data::SchemaRef& schema);
data::Batch MakeRows(const data::SchemaRef& schema, std::int64_t rows, Arrays columns);

/// A user's mistake in options or data.
Status UserError(std::string slug, std::string message);

}  // namespace thalweg::operators
