#include "operators/bad_row.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

namespace thalweg::operators {

namespace {

bool Fails(const data::Batch& batch, const component::SqlText& expression,
           const component::MakeEvaluator& make_evaluator) {
  auto evaluator =
      make_evaluator(batch->schema(), fmt::format("({}) AS value", expression.text), "");
  return evaluator.ok() && !(*evaluator)->Eval(batch).ok();
}

}  // namespace

Status DescribeBadRow(const Status& error, const data::Batch& batch,
                      std::span<const component::SqlText> expressions,
                      const component::MakeEvaluator& make_evaluator) {
  if (error.fault() != Fault::kUser || error.code() == Code::kCancelled) return error;
  const std::string aside = "set such rows aside with on_error: drop, or quarantine";
  Status described =
      error.WithHint(error.hint().empty() ? "correct the expression, or " + aside
                                          : fmt::format("{}; or {}", error.hint(), aside));
  if (error.place() && !error.place()->file.empty()) return described;
  for (const component::SqlText& expression : expressions) {
    if (expressions.size() > 1 && !Fails(batch, expression, make_evaluator)) continue;
    const Place place = expression.value.span().ToPlace();
    return place.line > 0 ? described.WithPlace(place) : described;
  }
  return described;
}

}  // namespace thalweg::operators
