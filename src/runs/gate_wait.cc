#include "runs/gate_wait.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace thalweg::runs {

using catalog::NodeRunRecord;
using catalog::NodeState;
using catalog::RunState;

namespace {

using Changes = std::vector<std::pair<NodeRunId, catalog::Catalog::NodeRunChange>>;

/// A gate that has asked: by then its evidence was stored.
bool HasAsked(const NodeRunRecord& node) {
  return node.kind == spec::ToString(spec::NodeKind::kGate) && node.started &&
         (node.state == NodeState::kWaiting || node.state == NodeState::kFailed);
}

Status TimedOut(const NodeRunRecord& gate, component::Duration timeout, Instant at) {
  return Status(Code::kTimeout, Fault::kUser,
                fmt::format("gate {} timed out at {}: nobody signed within {}", gate.node_name,
                            FormatInstant(at), FormatDuration(timeout)))
      .WithSlug("gate-timed-out")
      .WithHint("thalweg run asks anew: the wait begins again");
}

}  // namespace

std::optional<Instant> WaitsUntil(const NodeRunRecord& gate, const Evidence& evidence) {
  if (!HasAsked(gate) || !evidence.timeout) return std::nullopt;
  return *gate.started + std::chrono::duration_cast<std::chrono::microseconds>(*evidence.timeout);
}

Status CheckStillWaits(const Workspace& workspace, const NodeRunRecord& gate) {
  if (!HasAsked(gate)) return {};
  const auto evidence = StoredEvidence(workspace, gate.run_number, gate.node_name);
  if (!evidence.ok())  // it failed before it could ask
    return evidence.status().code() == Code::kNotFound ? Status() : evidence.status();
  const auto until = WaitsUntil(gate, *evidence);
  if (!until || gate.ended.value_or(workspace.clock().Now()) < *until) return {};
  return TimedOut(gate, *evidence->timeout, *until);
}

Status CheckStillWaits(const Workspace& workspace, const RunId& run, const NodeRunId& gate) {
  TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run));
  const auto node =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& other) { return other.id == gate; });
  return node == nodes.end() ? Status() : CheckStillWaits(workspace, *node);
}

Result<bool> FailTimedOutGates(Workspace& workspace, const catalog::RunRecord& run) {
  TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run.id));
  std::optional<catalog::Actor> failed;  // its reason is the error of a node
  Changes changes;
  for (const NodeRunRecord& node : nodes) {
    if (node.state == NodeState::kFailed) failed = {workspace.actor(), node.error};
    if (node.state != NodeState::kWaiting) continue;
    const Status waits = CheckStillWaits(workspace, node);
    if (waits.ok()) continue;
    if (waits.code() != Code::kTimeout) return waits;
    changes.push_back({node.id,
                       {.state = NodeState::kFailed,
                        .error = waits.message(),
                        .actor = {workspace.actor(), waits.message()}}});
  }
  if (!changes.empty()) {
    TW_RETURN_IF_ERROR(workspace.catalog().SetNodeRuns(changes));
    failed = changes.front().second.actor;
  }
  // Also when the node failed before: a process may have died between the two writes.
  if (failed && run.state == RunState::kWaiting)
    TW_RETURN_IF_ERROR(workspace.catalog().SetRunState(run.id, RunState::kFailed, *failed));
  return failed.has_value();
}

Status SettleOlderGates(Workspace& workspace, const catalog::RunRecord& newer) {
  catalog::Catalog& catalog = workspace.catalog();
  std::set<NodeId> asked;
  TW_ASSIGN_OR_RETURN(const auto selected, catalog.NodeRuns(newer.id));
  for (const NodeRunRecord& node : selected) asked.insert(node.node);
  const catalog::Actor actor{workspace.actor(), fmt::format("superseded by run {}", newer.number)};
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(newer.pipeline, 100));
  for (const auto& run : runs) {
    const bool waiting = run.state == RunState::kWaiting;
    // A gate may wait in a failed run too: something else failed beside it.
    if (run.number >= newer.number || (!waiting && run.state != RunState::kFailed)) continue;
    TW_ASSIGN_OR_RETURN(const bool failed, FailTimedOutGates(workspace, run));
    TW_ASSIGN_OR_RETURN(const auto nodes, catalog.NodeRuns(run.id));
    Changes superseded;
    bool waits = false;
    for (const NodeRunRecord& node : nodes) {
      if (node.state != NodeState::kWaiting) continue;
      if (asked.contains(node.node)) {
        superseded.push_back({node.id, {.state = NodeState::kCancelled, .actor = actor}});
      } else {
        waits = true;
      }
    }
    if (!superseded.empty()) TW_RETURN_IF_ERROR(catalog.SetNodeRuns(superseded));
    // Also when no gate waited any more: a process may have died between the two writes.
    if (waiting && !failed && !waits)
      TW_RETURN_IF_ERROR(catalog.SetRunState(run.id, RunState::kCancelled, actor));
  }
  return {};
}

Result<bool> WaitGoesOn(const Workspace& workspace, const Plan& plan, const NodeRunRecord& node) {
  const int i = plan.graph.Find(node.node_name);
  if (i < 0 || !HasAsked(node)) return false;
  const NodePlan& planned = plan.nodes[static_cast<std::size_t>(i)];
  if (planned.action != Action::kWait) return false;
  if (node.state == NodeState::kWaiting)
    return !planned.recipe_key.empty() && planned.recipe_key == node.recipe_key;
  const Status waits = CheckStillWaits(workspace, node);
  if (!waits.ok() && waits.code() != Code::kTimeout) return waits;
  return !waits.ok();
}

}  // namespace thalweg::runs
