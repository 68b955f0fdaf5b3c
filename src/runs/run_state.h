#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runs/decide.h"
#include "runs/observer.h"
#include "runs/plan.h"
#include "runs/rehearsal.h"

namespace thalweg::runs {

/// What a node came to in this run, as far as its readers care.
struct NodeResult {
  catalog::NodeState state = catalog::NodeState::kPending;
  std::optional<catalog::VersionRecord> version;
  std::map<std::string, catalog::VersionRecord> sides;  ///< "<node>_rejects" made or reused with it
  std::string detail;
  Status error;
  std::int64_t rows = -1, rejected = 0;
  bool gate_rejected = false, gate_timed_out = false;
  Recipe recipe;  ///< of a node that made a version
};

/// Everything that the nodes of one executing run share. Immutable but for `results` and the pinned
/// versions, which are guarded by `mutex`; a node's result is written once, before any of its
/// readers starts.
struct RunState {
  RunState(Workspace& w, Plan& p, catalog::RunRecord r, RunObserver& o)
      : workspace(w),
        plan(p),
        run(std::move(r)),
        observer(o),
        decider(w, p.graph, run.id),
        results(p.nodes.size()) {
    decider.AllowReading();
  }

  const GraphNode& node(int i) const { return plan.graph.nodes[static_cast<std::size_t>(i)]; }
  const NodePlan& planned(int i) const { return plan.nodes[static_cast<std::size_t>(i)]; }
  std::vector<component::Parameter> Parameters() const;
  catalog::Actor Us(std::string reason) const { return {workspace.actor(), std::move(reason)}; }
  void Tell(const NodeEvent& event);

  Workspace& workspace;
  Plan& plan;
  const catalog::RunRecord run;
  RunObserver& observer;
  Decider decider;
  const Rehearsal* rehearsal = nullptr;
  std::vector<NodeRunId> node_runs;  ///< by node; empty for nodes that are not part of the run
  std::mutex mutex;
  std::vector<NodeResult> results;
  /// Tables from outside this run keep the version they had at the first look, so that all nodes
  /// agree.
  std::map<std::string, catalog::VersionRecord> pinned;
  std::mutex observer_mutex;
};

/// What a node reads now: for the decision, and for the engine.
struct BoundInputs {
  Reads reads;
  std::vector<component::Input> inputs;
  /// Why rows behind `reads` exist no more (CheckOutsideFiles). `inputs` are for reading only when
  /// it is OK; what is reused reads nothing.
  Status readable;
};
/// All inputs of `node` must have ended. One entry per GraphNode::reads().
Result<BoundInputs> BindInputs(RunState& state, const GraphNode& node);
/// One table, as version; kNotFound when there is none to read.
Result<catalog::VersionRecord> VersionFor(RunState& state, const InputTable& table);
/// The one way from a version to an input: its outside files have been looked at.
Result<component::TableInput> TableOf(const Workspace& workspace,
                                      const catalog::VersionRecord& version);

}  // namespace thalweg::runs
