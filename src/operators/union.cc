#include "operators/union.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/columns.h"
#include "operators/queued_operator.h"

namespace thalweg::operators {

component::OptionsOf<UnionOptions> UnionOptions::Describe() {
  return component::OptionsOf<UnionOptions>(
      "union", "All rows of several nodes that have the same columns.");
}

namespace {

class Union : public QueuedOperator {
 public:
  explicit Union(data::SchemaRef schema) : schema_(std::move(schema)) {}

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    Emit(MakeRows(schema_, batch->num_rows(), batch->columns()));
    return {};
  }

 private:
  const data::SchemaRef schema_;
};

}  // namespace

Result<component::Bound> UnionSpec::Bind(std::span<const data::EdgeType> inputs,
                                         const component::MakeEvaluator&) const {
  if (inputs.empty()) return UserError("input-count", "union reads at least one node");
  component::Bound bound;
  bound.output = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (!inputs[i].schema->Equals(*inputs[0].schema, false)) {
      return UserError(
          "different-columns",
          fmt::format(
              "union needs the same columns in the same order; input 1 has ({}), input {} has ({})",
              fmt::join(inputs[0].schema->field_names(), ", "), i + 1,
              fmt::join(inputs[i].schema->field_names(), ", ")));
    }
    if (inputs[i].event_time != inputs[0].event_time) bound.output.event_time.reset();
    bound.output.keys.clear();  // the same key may come from both
    bound.output.bounded &= inputs[i].bounded;
    bound.output.deterministic &= inputs[i].deterministic;
    if (inputs[i].changes != inputs[0].changes) {
      return UserError("different-changes",
                       "union needs inputs that all append, or all update, rows");
    }
  }
  bound.stateless = true;
  return bound;
}

std::optional<std::string> UnionSpec::Lower(component::Dialect,
                                            std::span<const data::EdgeType> inputs) const {
  std::string sql;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    sql += fmt::format("{}SELECT * FROM in_{}", i == 0 ? "" : " UNION ALL ", i);
  return sql;
}

Result<std::unique_ptr<component::Operator>> UnionSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  return std::make_unique<Union>(inputs[0].schema);
}

}  // namespace thalweg::operators
