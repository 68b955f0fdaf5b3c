#pragma once

#include "runs/graph.h"
#include "runs/stream_plan.h"

namespace thalweg::runs {

/// Whether several instances of a node would cut frames that a node behind it needs whole: each
/// instance makes frames of its own keys. False where all rows of a reader's key come from one
/// instance.
bool InstancesCutFrames(const StreamPlan& plan, const Graph& graph, std::size_t node);

}  // namespace thalweg::runs
