#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/records.h"
#include "runs/bind_operator.h"
#include "runs/graph.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// What a run will do with a node.
enum class Action {
  kRun,
  kReuse,   ///< a good version with the same recipe key exists
  kWait,    ///< a gate that nobody has signed for this data, or a node below one
  kSkip,    ///< not selected
  kInline,  ///< not stored: part of its consumer
};
std::string_view ToString(Action action);

struct NodePlan {
  Action action = Action::kSkip;
  std::string why;         ///< one short clause: "statement changed", "input delays runs"
  NodeId id;               ///< empty for nodes never seen (plan writes nothing)
  std::string recipe_key;  ///< empty while an input's version is not known yet
  /// kReuse: the version. kSkip: what others would read, when there is any.
  std::optional<catalog::VersionRecord> version;
  bool recheck = false;                    ///< kReuse: its checks run again
  data::Columns columns;                   ///< of its table, as far as known
  std::optional<component::Scan> scan;     ///< sources that run and that the engine reads by itself
  std::shared_ptr<const OperatorPlan> op;  ///< operators that run, or that one that runs reads
  std::string promise;                     ///< sources and targets: what holds across a crash
};

struct Plan {
  Graph graph;
  std::vector<NodePlan> nodes;  ///< as graph.nodes
  std::vector<std::string>
      reads;  ///< directories outside the home that the engine must be able to read
  bool anything_runs() const;
};

struct PlanOptions {
  std::vector<std::string> selection;  ///< as typed: n, n+, +n, +n+, tag:x
  bool write_ids = false;  ///< give ids to new nodes (run); else look them up only (plan)
  RunId run;  ///< of the run that is planned or resumed: part of keys that are never reused
  bool describe_all =
      false;  ///< bind every statement, also of nodes that would be reused (validate)
};

/// Decides for every node: run, reuse, wait or skip, and why. Executes nothing. Errors of the
/// user's file (unknown columns, types that cannot be stored, a target written twice) go to
/// `diagnostics`; missing data is a Status.
Result<Plan> MakePlan(Workspace& workspace, Graph graph, const PlanOptions& options,
                      Diagnostics& diagnostics);

/// Gives ids to the nodes of a plan that was made without writing any.
Status GiveIds(Workspace& workspace, Plan* plan);

/// Nodes that the words of a selection name; kNotFound with a near name for a word that names none.
Result<std::vector<bool>> Select(const Graph& graph, const std::vector<std::string>& words);

/// The version a node may read of a table outside this run's own results.
/// The seam for policies: for now the newest good version, or the one that AT names.
Result<catalog::VersionRecord> ChooseVersion(catalog::Catalog& catalog, const InputTable& table);

}  // namespace thalweg::runs
