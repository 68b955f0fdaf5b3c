#pragma once

#include <span>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

/// The message for rows of `batch` that an operator without state failed on, when that ends the
/// node: with the place of the expression that fails, where one can be found, and what to do. Other
/// than user faults come back as they are.
Status DescribeBadRow(const Status& error, const data::Batch& batch,
                      std::span<const component::SqlText> expressions,
                      const component::MakeEvaluator& make_evaluator);

}  // namespace thalweg::operators
