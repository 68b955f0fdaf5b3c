#include "catalog/state_rows.h"

#include <fmt/format.h>

#include "catalog/event_rows.h"

namespace thalweg::catalog {
namespace {

template <typename S>
Status InsertStateEvent(Connection& db, Instant now, std::int64_t run_number,
                        const std::string& node, S from, S to, const Actor& actor) {
  EventRecord event;
  event.at = now;
  event.run_number = run_number;
  event.node = node;
  event.what = fmt::format("state: {} -> {}", ToString(from), ToString(to));
  event.actor = actor.name;
  event.reason = actor.reason;
  return InsertEvent(db, event);
}

/// When something that is in state `to` since `now` ended, given when it had ended before.
std::optional<Instant> EndedIn(RunState to, std::optional<Instant> before, Instant now) {
  switch (to) {
    case RunState::kQueued:
    case RunState::kRunning:
    case RunState::kWaiting:
      return std::nullopt;
    case RunState::kDone:
    case RunState::kFailed:
    case RunState::kCancelled:
      return now;
    case RunState::kInvalidated:
      return before.value_or(now);
  }
  return before;
}

std::optional<Instant> EndedIn(NodeState to, std::optional<Instant> before, Instant now) {
  switch (to) {
    case NodeState::kPending:
    case NodeState::kRunning:
    case NodeState::kWaiting:
      return std::nullopt;
    case NodeState::kDone:
    case NodeState::kReused:
    case NodeState::kSkipped:
    case NodeState::kFailed:
    case NodeState::kCancelled:
      return now;
    case NodeState::kInvalidated:
      return before.value_or(now);
  }
  return before;
}

std::optional<Instant> StartedIn(NodeState to, std::optional<Instant> before, Instant now) {
  if (to == NodeState::kPending) return std::nullopt;
  const bool begins = to == NodeState::kRunning || to == NodeState::kWaiting;
  return begins && !before ? now : before;
}

bool IsFailure(NodeState state) {
  return state == NodeState::kFailed || state == NodeState::kCancelled ||
         state == NodeState::kInvalidated;
}

bool MayFollowCancelled(RunState to) {
  return to == RunState::kQueued || to == RunState::kRunning || to == RunState::kInvalidated;
}

Status RunEnded(std::int64_t number, RunState state) {
  return Status::Cancelled(fmt::format("the run was {} run={}", ToString(state), number))
      .WithSlug("run-cancelled")
      .WithHint(fmt::format("go on with `thalweg resume {}`, or start another with `thalweg run`",
                            number));
}

}  // namespace

Result<NodeRunRow> ReadNodeRun(Connection& db, const NodeRunId& id) {
  Query rows(db,
             "SELECT nr.id, r.id, r.number, nr.node_id, nr.node_name, nr.kind, nr.state, "
             "nr.action, nr.recipe_key, "
             "nr.version_id, nr.started, nr.ended, nr.error, nr.checks, r.state, r.pipeline "
             "FROM node_runs nr JOIN runs r ON r.id = nr.run_id WHERE nr.id = ?",
             id);
  NodeRunRow row;
  NodeRunRecord& node = row.record;
  if (rows.Next()) {
    rows.Into(node.id, node.run, node.run_number, node.node, node.node_name, node.kind, node.state,
              node.action, node.recipe_key, node.version, node.started, node.ended, node.error,
              node.checks, row.run_state, row.pipeline);
  }
  TW_RETURN_IF_ERROR(rows.status());
  if (node.id.empty()) return Status::NotFound(fmt::format("no such node run id={}", id.str()));
  return row;
}

Status CheckRunGoesOn(const NodeRunRow& row) {
  const bool over =
      row.run_state == RunState::kCancelled || row.run_state == RunState::kInvalidated;
  return over ? RunEnded(row.record.run_number, row.run_state) : Status::Ok();
}

Status ChangeRunState(Connection& db, Instant now, const RunId& run, RunState to,
                      const Actor& actor) {
  std::int64_t number = 0;
  RunState from = RunState::kRunning;
  std::optional<Instant> ended;
  {
    Query rows(db, "SELECT number, state, ended FROM runs WHERE id = ?", run);
    if (rows.Next()) rows.Into(number, from, ended);
    TW_RETURN_IF_ERROR(rows.status());
  }
  if (number == 0) return Status::NotFound(fmt::format("no such run id={}", run.str()));
  if (from == to) return Status::Ok();
  if (from == RunState::kCancelled && !MayFollowCancelled(to)) return RunEnded(number, from);
  TW_RETURN_IF_ERROR(
      db.Run("UPDATE runs SET state = ?, ended = ?, actor = ?, reason = ? WHERE id = ?", to,
             EndedIn(to, ended, now), actor.name, actor.reason, run));
  return InsertStateEvent(db, now, number, "", from, to, actor);
}

Status ChangeNodeRun(Connection& db, Instant now, const NodeRunRecord& before, NodeRunRecord after,
                     const Actor& actor) {
  const bool changes = before.state != after.state;
  if (changes) {
    after.started = StartedIn(after.state, before.started, now);
    after.ended = EndedIn(after.state, before.ended, now);
    if (!IsFailure(after.state) && after.error == before.error) after.error.clear();
  }
  TW_RETURN_IF_ERROR(
      db.Run("UPDATE node_runs SET state = ?, action = ?, recipe_key = ?, version_id = ?, started "
             "= ?, ended = ?, "
             "error = ?, checks = ? WHERE id = ?",
             after.state, after.action, after.recipe_key, after.version, after.started, after.ended,
             after.error, after.checks, after.id));
  if (!changes) return Status::Ok();
  return InsertStateEvent(db, now, after.run_number, after.node_name, before.state, after.state,
                          actor);
}

}  // namespace thalweg::catalog
