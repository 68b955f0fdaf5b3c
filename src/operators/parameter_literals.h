#pragma once

#include <span>
#include <string>
#include <vector>

#include "component/engine.h"
#include "component/operator.h"

namespace thalweg::operators {

/// The parameter as a typed literal; kInvalid (unknown-parameter) when there is none. `token`: as
/// written, $name or $"name".
Result<std::string> ParameterLiteral(std::string_view token,
                                     std::span<const component::Parameter> parameters);

/// Evaluators of expressions in which parameters may stand.
component::MakeEvaluator WithParameters(component::MakeEvaluator make_evaluator,
                                        std::vector<component::Parameter> parameters);

}  // namespace thalweg::operators
