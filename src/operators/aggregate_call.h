#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::operators {

enum class Aggregation {
  kCountRows,
  kCount,
  kSum,
  kMean,
  kMin,
  kMax,
  kFirst,
  kLast,
  kCountDistinct,
  kQuantile
};

/// One result column of an aggregation: `n: "count(*)"`.
struct AggregateCall {
  std::string output;
  Aggregation what = Aggregation::kCountRows;
  std::string column;     ///< empty for kCountRows
  double fraction = 0.5;  ///< of kQuantile, 0 ... 1
};

/// Reads `count(*)`, `sum(x)`, `quantile(x, 0.99)`, `mean("a column")` ... avg is mean,
/// count(DISTINCT x) and count_distinct(x) are one. Expressions inside belong to a map node in
/// front.
Result<AggregateCall> ParseAggregate(std::string output, std::string_view text);

}  // namespace thalweg::operators
