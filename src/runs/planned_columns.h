#pragma once

#include <optional>

#include "data/types.h"
#include "runs/plan.h"

namespace thalweg::runs {

/// The columns that a table of the plan's pipeline, main or side, has in this run; empty where its
/// node was not described. None: not a table of this pipeline, or a side of an operator that is
/// reused and so was not bound.
std::optional<data::Columns> PlannedColumns(const Plan& plan, const InputTable& table);

}  // namespace thalweg::runs
