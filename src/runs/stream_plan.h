#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "component/operator.h"
#include "component/source.h"
#include "component/target.h"
#include "runs/plan.h"

namespace thalweg::runs {

/// One node of the run's stream, bound.
struct StreamNode {
  int index = 0;  ///< in Graph::nodes
  std::shared_ptr<component::Source> source;
  std::shared_ptr<const component::OperatorSpec> spec;  ///< operators and SQL
  std::shared_ptr<component::Target> target;
  std::vector<data::EdgeType> inputs;  ///< by port
  component::Bound bound;              ///< of sources: output and sides only
  data::Columns columns;               ///< of its rows; of a target: those that it writes
  bool stored = false;                 ///< materialize: append or merge
  std::vector<std::string> stored_sides;
  /// What its state and the rows it keeps hang on: another definition cannot use the state.
  std::string definition;
  int state_version = 0;
  std::string promise;  ///< sources and targets: what holds across a crash
  std::string restart;  ///< what it goes on from: "from the beginning", "its state is kept" ...
};

/// The nodes that stream, each behind those that it reads. One process runs all of them as one
/// flow; each checkpoint is one commit over all of them.
struct StreamPlan {
  std::vector<StreamNode> nodes;
  const StreamNode* Find(int index) const;
};

/// Binds the streaming nodes of a plan whose batch nodes are planned. Mistakes of the user go to
/// `diagnostics`. `stop` reaches the connectors. Writes nothing.
Result<StreamPlan> PlanStream(Workspace& workspace, const Plan& plan, std::stop_token stop,
                              Diagnostics& diagnostics);

/// What a node's last committed epoch left: splits, and state that fits its definition.
struct StreamProgress {
  component::SourceState positions;
  std::map<std::string, std::vector<data::DataFile>> state;  ///< by StateName
  std::vector<std::string> other_states;  ///< of another definition: dropped by the next epoch
};
Result<StreamProgress> ProgressOf(Workspace& workspace, const NodeId& id, const StreamNode& node);

}  // namespace thalweg::runs
