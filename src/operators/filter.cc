#include "operators/filter.h"

#include <arrow/array/array_base.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "operators/columns.h"
#include "operators/queued_operator.h"
#include "operators/simple_condition.h"
#include "operators/single_input.h"
#include "operators/type_name.h"

namespace thalweg::operators {

component::OptionsOf<FilterOptions> FilterOptions::Describe() {
  return component::OptionsOf<FilterOptions>("filter",
                                             "Keeps the rows for which a condition is true.")
      .Field("where", &FilterOptions::where,
             {.doc = "A condition over the input's columns.",
              .example = "event_type = 'view'",
              .required = true})
      .Shorthand("where");
}

namespace {

std::string Verdict(const std::string& condition) {
  return fmt::format("CAST(({}) AS BOOLEAN) AS keep", condition);
}

class Filter : public QueuedOperator {
 public:
  Filter(data::SchemaRef schema, std::string condition)
      : schema_(std::move(schema)),
        condition_(std::move(condition)),
        simple_(SimpleCondition::Parse(*schema_, condition_)) {}

  Status Open(const component::OperatorContext& context) override {
    TW_RETURN_IF_ERROR(QueuedOperator::Open(context));
    if (simple_) return {};
    TW_ASSIGN_OR_RETURN(evaluator_, context.make_evaluator(schema_, Verdict(condition_), ""));
    return {};
  }

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    if (simple_) {
      std::int64_t kept = 0;
      const auto verdicts = simple_->Test(*batch, &kept);
      if (kept == 0) return {};
      if (kept < batch->num_rows()) return EmitKept(batch, verdicts);
      Emit(batch);
      return {};
    }
    TW_ASSIGN_OR_RETURN(const data::Batch verdicts, evaluator_->Eval(batch));
    if (verdicts->num_rows() != batch->num_rows())
      return Status::Internal("a condition gave another number of rows");
    return EmitKept(batch, verdicts->column(0));
  }

 private:
  Status EmitKept(const data::Batch& batch, const std::shared_ptr<arrow::Array>& verdicts) {
    auto kept = arrow::compute::Filter(arrow::Datum(batch), arrow::Datum(verdicts));
    if (!kept.ok()) return data::FromArrowStatus(kept.status(), "cannot filter rows");
    const data::Batch rows = kept->record_batch();
    Emit(rows->num_rows() == batch->num_rows() ? batch : rows);
    return {};
  }

  const data::SchemaRef schema_;
  const std::string condition_;
  const std::optional<SimpleCondition> simple_;
  std::unique_ptr<component::BatchEvaluator> evaluator_;
};

}  // namespace

Result<component::Bound> FilterSpec::Bind(std::span<const data::EdgeType> inputs,
                                          const component::MakeEvaluator& make_evaluator) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "filter"));
  TW_ASSIGN_OR_RETURN(
      const auto evaluator,
      make_evaluator(inputs[0].schema, fmt::format("({}) AS keep", options_.where.text), ""));
  const arrow::Field& verdict = *evaluator->schema()->field(0);
  if (verdict.type()->id() != arrow::Type::BOOL && verdict.type()->id() != arrow::Type::NA) {
    return UserError("bad-type",
                     fmt::format("a filter's condition is true or false, but \"{}\" is {}: compare "
                                 "it with something",
                                 options_.where.text, TypeName(verdict)));
  }
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "filter", inputs[0].schema));
  bound.stateless = true;
  return bound;
}

std::optional<std::string> FilterSpec::Lower(component::Dialect,
                                             std::span<const data::EdgeType>) const {
  return fmt::format("SELECT * FROM in_0 WHERE ({})", options_.where.text);
}

Result<std::unique_ptr<component::Operator>> FilterSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  return std::make_unique<Filter>(inputs[0].schema, options_.where.text);
}

}  // namespace thalweg::operators
