#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "operators/columns.h"

namespace thalweg::operators {

/// An order of rows: `carrier`, `delay desc`. NULLs come first ascending, last descending; NaN is
/// the greatest number.
class RowOrder {
 public:
  /// kInvalid when a column is missing or its type has no order here.
  static Result<RowOrder> Make(const arrow::Schema& schema, const std::vector<std::string>& by);
  /// Negative, 0 or positive.
  int Compare(const RowRef& a, const RowRef& b) const;
  /// `ORDER BY` terms in SQL.
  std::string Sql() const;

 private:
  struct Term {
    std::string name;
    int column;
    NumberForm form;
    bool descending;
  };
  std::vector<Term> terms_;
};

}  // namespace thalweg::operators
