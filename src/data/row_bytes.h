#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace thalweg::data {

/// The canonical bytes of a column's values, as docs/specs/row-digest.md gives them: equal values
/// have equal bytes, whatever Arrow layout holds them. Values are addressed by their index in the
/// array.
class ValueBytes {
 public:
  virtual ~ValueBytes() = default;

  /// Adds the length of value begin + i to lengths[i].
  virtual void AddLengths(std::int64_t begin, std::int64_t count, std::size_t* lengths) const = 0;
  /// Writes value begin + i at cursors[i] and moves the cursor behind it.
  virtual void Scatter(std::int64_t begin, std::int64_t count, char** cursors) const = 0;

  /// The same for a run of values that follow each other, as the elements of a list do.
  virtual std::size_t RunLength(std::int64_t begin, std::int64_t count) const = 0;
  virtual char* WriteRun(std::int64_t begin, std::int64_t count, char* out) const = 0;
};

/// kUnsupported for types that no table holds. The array must outlive the result.
Result<std::unique_ptr<ValueBytes>> MakeValueBytes(const arrow::Field& field,
                                                   const arrow::Array& array);

}  // namespace thalweg::data
