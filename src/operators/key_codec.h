#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::operators {

/// Turns the values of some columns of a row into bytes and back. Equal keys have equal bytes
/// (docs/specs/state.md, section 1): NULL equals NULL, -0.0 equals 0.0, all NaN are one.
class KeyCodec {
 public:
  /// kInvalid when a column is missing or its type cannot be a key.
  static Result<KeyCodec> Make(const arrow::Schema& schema,
                               const std::vector<std::string>& columns);

  const std::vector<std::shared_ptr<arrow::Field>>& fields() const { return fields_; }

  /// Calls `each` for every row in order. The bytes are valid during the call.
  void Encode(const arrow::RecordBatch& batch,
              const std::function<void(std::string_view)>& each) const;
  /// The key columns of these keys, in order. key(i) is the i-th key, i < count.
  std::vector<std::shared_ptr<arrow::Array>> Decode(
      std::size_t count, const std::function<std::string_view(std::size_t)>& key) const;

 private:
  enum class Layout { kBoolean, kFixed, kBytes, kLargeBytes };
  struct Column {
    int index;
    Layout layout;
    std::size_t width;
    bool real, single;  // floating point; of 4 bytes
  };
  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<Column> columns_;
};

/// The index of a column; kInvalid, naming the columns that there are, when it does not exist.
Result<int> FindColumn(const arrow::Schema& schema, const std::string& name);

}  // namespace thalweg::operators
