#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/graph.h"
#include "runs/attempt.h"
#include "runs/run_state.h"
#include "runs/stream_plan.h"

namespace thalweg::runs {

/// What a step of the flow does for a node of the pipeline.
struct StreamStep {
  enum class Role {
    kSource,     ///< its positions are the node's
    kTable,      ///< a version that an operator looks into
    kOperator,   ///< its state is the node's
    kEventTime,  ///< the same, under the name event_time
    kStored,     ///< rows of a table: the node's own or one of its sides
    kTarget,
  };
  std::size_t node = 0;  ///< in StreamPlan::nodes
  Role role = Role::kSource;
  std::string table;  ///< kStored: "counts", "counts_late"; kTable: prefix of its position
};

struct StreamGraph {
  flow::Graph graph;
  std::vector<StreamStep> steps;  ///< as graph.steps
};

/// The flow of a stream. `attempts` as plan.nodes: their directories take the rows that are stored.
Result<StreamGraph> BuildStreamGraph(RunState& state, const StreamPlan& plan,
                                     const std::vector<std::unique_ptr<Attempt>>& attempts,
                                     std::stop_token stop);

/// The name of a node's state in the catalog, by the role of the step that has it.
std::string StateName(StreamStep::Role role);

}  // namespace thalweg::runs
