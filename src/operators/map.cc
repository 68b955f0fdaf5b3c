#include "operators/map.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/columns.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"

namespace thalweg::operators {

using data::QuoteIdentifier;

component::OptionsOf<MapOptions> MapOptions::Describe() {
  return component::OptionsOf<MapOptions>(
             "map", "Adds or replaces columns, each computed by an expression.")
      .Field(
          "columns", &MapOptions::columns,
          {.doc =
               "Name and expression of each new column. Expressions see the input's columns only.",
           .example = "{total: price * amount}",
           .required = true});
}

namespace {

std::string Select(const MapOptions& options) {
  std::string list;
  for (const auto& [name, sql] : options.columns) {
    list += fmt::format("{}({}) AS {}", list.empty() ? "" : ", ", sql.text, QuoteIdentifier(name));
  }
  return list;
}

/// The input's fields with those of `computed` in their places.
data::SchemaRef Merge(const arrow::Schema& input, const arrow::Schema& computed) {
  arrow::FieldVector fields = input.fields();
  for (const auto& field : computed.fields()) {
    const int at = input.GetFieldIndex(field->name());
    at >= 0 ? void(fields[static_cast<std::size_t>(at)] = field) : fields.push_back(field);
  }
  return arrow::schema(std::move(fields), input.metadata());
}

class Map : public QueuedOperator {
 public:
  Map(data::SchemaRef schema, std::string select)
      : input_(std::move(schema)), select_(std::move(select)) {}

  Status Open(const component::OperatorContext& context) override {
    TW_RETURN_IF_ERROR(QueuedOperator::Open(context));
    TW_ASSIGN_OR_RETURN(evaluator_, context.make_evaluator(input_, select_, ""));
    output_ = Merge(*input_, *evaluator_->schema());
    return {};
  }

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    TW_ASSIGN_OR_RETURN(const data::Batch computed, evaluator_->Eval(batch));
    if (computed->num_rows() != batch->num_rows())
      return Status::Internal("an expression gave another number of rows");
    Arrays columns = batch->columns();
    for (int c = 0; c < computed->num_columns(); ++c) {
      const int at = input_->GetFieldIndex(computed->schema()->field(c)->name());
      at >= 0 ? void(columns[static_cast<std::size_t>(at)] = computed->column(c))
              : columns.push_back(computed->column(c));
    }
    Emit(MakeRows(output_, batch->num_rows(), std::move(columns)));
    return {};
  }

 private:
  const data::SchemaRef input_;
  const std::string select_;
  data::SchemaRef output_;
  std::unique_ptr<component::BatchEvaluator> evaluator_;
};

}  // namespace

Result<component::Bound> MapSpec::Bind(std::span<const data::EdgeType> inputs,
                                       const component::MakeEvaluator& make_evaluator) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "map"));
  if (options_.columns.empty())
    return UserError("missing-key", "map computes no column: name at least one");
  for (const auto& [name, sql] : options_.columns) {
    // A changed key or time would break what is promised of the edge.
    if (inputs[0].event_time == name) {
      return UserError(
          "changed-event-time",
          fmt::format("map cannot replace the event time \"{}\": give the new column another "
                      "name, or compute it at the source",
                      name));
    }
  }
  TW_ASSIGN_OR_RETURN(const auto evaluator, make_evaluator(inputs[0].schema, Select(options_), ""));
  TW_ASSIGN_OR_RETURN(component::Bound bound,
                      BoundLike(inputs, "map", Merge(*inputs[0].schema, *evaluator->schema())));
  bound.stateless = true;
  return bound;
}

std::optional<std::string> MapSpec::Lower(component::Dialect dialect,
                                          std::span<const data::EdgeType> inputs) const {
  if (dialect != component::Dialect::kDuckDb) return std::nullopt;
  std::string list, added;
  for (int c = 0; c < inputs[0].schema->num_fields(); ++c) {
    const std::string& name = inputs[0].schema->field(c)->name();
    std::string item = QuoteIdentifier(name);
    for (const auto& [computed, sql] : options_.columns) {
      if (computed == name) item = fmt::format("({}) AS {}", sql.text, QuoteIdentifier(name));
    }
    list += (list.empty() ? "" : ", ") + item;
  }
  for (const auto& [name, sql] : options_.columns) {
    if (inputs[0].schema->GetFieldIndex(name) < 0)
      added += fmt::format(", ({}) AS {}", sql.text, QuoteIdentifier(name));
  }
  return fmt::format("SELECT {}{} FROM in_0", list, added);
}

Result<std::unique_ptr<component::Operator>> MapSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  return std::make_unique<Map>(inputs[0].schema, Select(options_));
}

}  // namespace thalweg::operators
