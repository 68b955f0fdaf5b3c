#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runs/plan.h"
#include "runs/recipe.h"

namespace thalweg::runs {

/// What is known of a table that a node is about to read.
struct Read {
  enum class State {
    kKnown,  ///< `version`, or `recipe` for a node that is not stored
    kRuns,   ///< a node of this run makes it anew
    kWaits,  ///< it lies below an unsigned gate
  };
  State state = State::kKnown;
  std::optional<catalog::VersionRecord> version;
  std::string recipe;
};

/// What a node reads, in the order of GraphNode::reads(), or what its checks look into, in the
/// order of GraphNode::foreign.
using Reads = std::vector<Read>;

/// The outcome for one node: the one place that decides between run, reuse and wait, for plan and
/// for execution.
struct Decision {
  Action action = Action::kRun;
  std::string why;
  Recipe recipe;
  std::string recipe_key;                         ///< empty when an input is not known yet
  std::optional<catalog::VersionRecord> version;  ///< kReuse of a node with a table
  /// kReuse: the checks, or what they look into, changed, and they must run on the version.
  bool recheck = false;
  bool rejected = false;  ///< kWait at a gate whose data was rejected
  std::string promise;    ///< targets and sources
};

class Decider {
 public:
  /// `run`: part of the keys of what is never reused; empty while planning a new run.
  /// What it has made already, before it was cut off, is reused also where a later run has made
  /// newer versions.
  Decider(Workspace& workspace, const Graph& graph, RunId run);
  /// Lets a gate's decision compare rows with those approved before, which reads tables. For
  /// execution, not for plan.
  void AllowReading() { may_read_ = true; }
  Result<Decision> Decide(const GraphNode& node, const NodeId& id, const Reads& reads,
                          const Reads& foreign) const;

 private:
  Result<std::optional<catalog::VersionRecord>> Reusable(const NodeId& id,
                                                         const std::string& recipe_key) const;
  Result<Decision> DecideStored(const GraphNode& node, const NodeId& id, const Reads& foreign,
                                Decision decision) const;
  Result<Decision> DecideGate(const GraphNode& node, const NodeId& id, const Read& input,
                              Decision decision) const;
  Result<Decision> DecideTarget(const GraphNode& node, Decision decision) const;

  Workspace& workspace_;
  const Graph& graph_;
  RunId run_;
  std::map<NodeId, VersionId> made_;  // by this run, when it is resumed
  bool may_read_ = false;
};

/// Where results of checks are remembered: by version, by what the checks say, and by the versions
/// that they look into.
inline constexpr std::string_view kChecksCache = "checks";
std::string ChecksCacheKey(const Graph& graph, const GraphNode& node, const VersionId& version,
                           const Reads& foreign);

}  // namespace thalweg::runs
