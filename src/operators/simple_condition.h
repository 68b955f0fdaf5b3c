#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "data/element.h"

namespace thalweg::operators {

/// A condition that compares one column with one constant: `event_type = 'view'`, `k < 900`. Tested
/// here without an engine, with the engine's result. Only where nothing can be meant otherwise:
/// varchar with a text, bigint and integer with a whole number.
class SimpleCondition {
 public:
  /// None: anything else.
  static std::optional<SimpleCondition> Parse(const arrow::Schema& schema, std::string_view text);

  /// True for the rows that stay; NULL is not true. `kept` counts them.
  std::shared_ptr<arrow::Array> Test(const arrow::RecordBatch& batch, std::int64_t* kept) const;

 private:
  enum class Operation { kEqual, kUnequal, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  static bool Holds(Operation operation, int order);

  int column_ = 0;
  Operation operation_ = Operation::kEqual;
  std::int64_t number_ = 0;
  std::string text_;
};

}  // namespace thalweg::operators
