#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "component/operator.h"
#include "data/types.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// An operator node and what it works on and makes.
struct OperatorPlan {
  std::vector<data::EdgeType> inputs;  ///< by port
  component::Bound bound;
  data::Columns columns;  ///< of its table
  std::vector<std::pair<std::string, data::Columns>> sides;
};

/// Binds an operator. Mistakes of the user go to `diagnostics`, at the node's place; then null.
/// A side "rejects" has component::RejectColumns, as in streams.
Result<std::shared_ptr<const OperatorPlan>> BindOperator(
    const spec::Node& node, std::vector<data::EdgeType> inputs,
    const component::MakeEvaluator& make_evaluator, Diagnostics& diagnostics);

/// "rejects" for "flights_rejects" where the node is called flights; empty for other tables.
std::string SideOf(const std::string& node, const std::string& table);

}  // namespace thalweg::runs
