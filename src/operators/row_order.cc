#include "operators/row_order.h"

#include <bit>
#include <cmath>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/key_codec.h"
#include "operators/type_name.h"

namespace thalweg::operators {
namespace {

int CompareReals(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return int{std::isnan(a)} - int{std::isnan(b)};
  return int{a > b} - int{a < b};
}

int CompareValues(const arrow::Array& a, std::int64_t row_a, const arrow::Array& b,
                  std::int64_t row_b, NumberForm form) {
  if (form == NumberForm::kText) {
    const int compared = TextAt(*a.data(), row_a).compare(TextAt(*b.data(), row_b));
    return int{compared > 0} - int{compared < 0};
  }
  std::vector<std::int64_t> scratch_a, scratch_b;
  const std::int64_t x = WideValues(*a.Slice(row_a, 1)->data(), &scratch_a)[0];
  const std::int64_t y = WideValues(*b.Slice(row_b, 1)->data(), &scratch_b)[0];
  if (form == NumberForm::kReal)
    return CompareReals(std::bit_cast<double>(x), std::bit_cast<double>(y));
  return int{x > y} - int{x < y};
}

}  // namespace

Result<RowOrder> RowOrder::Make(const arrow::Schema& schema, const std::vector<std::string>& by) {
  RowOrder order;
  for (const std::string& text : by) {
    Term term{text, -1, NumberForm::kOther, false};
    const std::size_t space = text.find_last_of(' ');
    if (space != std::string::npos && schema.GetFieldIndex(text) < 0) {
      const std::string word = text.substr(space + 1);
      term.descending = word == "desc" || word == "DESC";
      if (term.descending || word == "asc" || word == "ASC")
        term.name = text.substr(0, text.find_last_not_of(' ', space) + 1);
    }
    TW_ASSIGN_OR_RETURN(term.column, FindColumn(schema, term.name));
    term.form = FormOf(*schema.field(term.column)->type());
    if (term.form == NumberForm::kOther) {
      return UserError("bad-order",
                       fmt::format("rows cannot be ordered by column \"{}\" of type {}: cast it",
                                   term.name, TypeName(*schema.field(term.column))));
    }
    order.terms_.push_back(std::move(term));
  }
  return order;
}

int RowOrder::Compare(const RowRef& a, const RowRef& b) const {
  for (const Term& term : terms_) {
    const arrow::Array& column_a = *a.batch->column(term.column);
    const arrow::Array& column_b = *b.batch->column(term.column);
    const bool null_a = column_a.IsNull(a.row), null_b = column_b.IsNull(b.row);
    int compared = 0;
    if (null_a || null_b) {
      compared = int{null_b} - int{null_a};
    } else {
      compared = CompareValues(column_a, a.row, column_b, b.row, term.form);
    }
    if (compared != 0) return term.descending ? -compared : compared;
  }
  return 0;
}

std::string RowOrder::Sql() const {
  std::string sql;
  for (const Term& term : terms_) {
    sql += fmt::format("{}{} {}", sql.empty() ? "" : ", ", data::QuoteIdentifier(term.name),
                       term.descending ? "DESC NULLS LAST" : "ASC NULLS FIRST");
  }
  return sql;
}

}  // namespace thalweg::operators
