#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "component/engine.h"
#include "component/operator.h"
#include "sql/analysis.h"

namespace thalweg::operators {

/// A SQL node in a stream: one input, row by row (no aggregates, windows, joins, DISTINCT, ORDER
/// BY, LIMIT or subqueries); rows keep their order. Its event time is the input's where it has the
/// column under the same name and type; a statement that computes that column anew must not make it
/// earlier. Not in the registry: the grammar's `sql` is its key.
class SqlSpec : public component::OperatorSpec {
 public:
  SqlSpec(std::string statement, std::string lowered, bool deterministic)
      : statement_(std::move(statement)),
        lowered_(std::move(lowered)),
        deterministic_(deterministic) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;

 private:
  const std::string statement_;  ///< over kStatementInput
  const std::string lowered_;    ///< over in_0
  const bool deterministic_;
};

/// From a SELECT as its author wrote it, with its analysis. Parameters are written into the text as
/// typed literals. kInvalid, slug "not-row-by-row", when it does not read exactly one table once;
/// what else a row-by-row statement must not do is found by Bind.
Result<std::shared_ptr<const SqlSpec>> MakeSqlOperator(
    const std::string& text, const sql::Analysis& analysis,
    std::span<const component::Parameter> parameters);

}  // namespace thalweg::operators
