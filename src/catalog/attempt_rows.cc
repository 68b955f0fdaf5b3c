#include "catalog/attempt_rows.h"

#include <fmt/format.h>

#include "catalog/state_rows.h"

namespace thalweg::catalog {
namespace {

#define TW_ATTEMPT_COLUMNS                                                                        \
  "SELECT a.id, s.node_run_id, a.number, a.state, a.engine, a.worker, a.lease_until, a.started, " \
  "a.ended, "                                                                                     \
  "a.rows_in, a.rows_out, a.rows_rejected, a.bytes, a.peak_memory, a.spilled, a.cpu_us, a.error " \
  "FROM attempts a JOIN splits s ON s.id = a.split_id "

Result<std::vector<AttemptRecord>> ReadAttempts(Query& rows) {
  std::vector<AttemptRecord> attempts;
  while (rows.Next()) {
    AttemptRecord& attempt = attempts.emplace_back();
    rows.Into(attempt.id, attempt.node_run, attempt.number, attempt.state, attempt.engine,
              attempt.worker, attempt.lease_until, attempt.started, attempt.ended, attempt.rows_in,
              attempt.rows_out, attempt.rows_rejected, attempt.bytes, attempt.peak_memory,
              attempt.spilled, attempt.cpu_us, attempt.error);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return attempts;
}

/// The split of a node that has none of its own.
Result<SplitId> WholeSplit(Connection& db, const NodeRunId& node_run) {
  SplitId split;
  {
    Query rows(db, "SELECT id FROM splits WHERE node_run_id = ? AND name = ''", node_run);
    if (rows.Next()) rows.Into(split);
    TW_RETURN_IF_ERROR(rows.status());
  }
  if (!split.empty()) return split;
  split = SplitId::New();
  TW_RETURN_IF_ERROR(
      db.Run("INSERT INTO splits (id, node_run_id, name) VALUES (?, ?, '')", split, node_run));
  return split;
}

/// The number of the next attempt; kConflict while one runs.
Result<int> NextNumber(Connection& db, const SplitId& split, const std::string& node) {
  int number = 1;
  AttemptState state = AttemptState::kLost;
  std::string worker;
  Query rows(db,
             "SELECT number + 1, state, worker FROM attempts WHERE split_id = ? ORDER BY number "
             "DESC LIMIT 1",
             split);
  if (rows.Next()) rows.Into(number, state, worker);
  TW_RETURN_IF_ERROR(rows.status());
  if (state != AttemptState::kRunning) return number;
  return Status(Code::kConflict,
                fmt::format("the node is being executed already node={} worker={}", node, worker))
      .WithSlug("attempt-running")
      .WithHint("wait for it; when its process is gone, `thalweg resume` takes over");
}

Status NotOurs(const AttemptId& attempt) {
  return Status(Code::kConflict,
                fmt::format("the attempt is no longer ours attempt={}", attempt.str()))
      .WithSlug("attempt-lost")
      .WithHint("another process took the run over: look at it with `thalweg show`");
}

}  // namespace

AttemptState AttemptStateFor(NodeState node) {
  switch (node) {
    case NodeState::kDone:
    case NodeState::kReused:
    case NodeState::kSkipped:
    case NodeState::kWaiting:
      return AttemptState::kDone;
    case NodeState::kCancelled:
    case NodeState::kInvalidated:
      return AttemptState::kCancelled;
    case NodeState::kPending:
    case NodeState::kRunning:
    case NodeState::kFailed:
      return AttemptState::kFailed;
  }
  return AttemptState::kFailed;
}

Result<AttemptRecord> InsertAttempt(Connection& db, Instant now, const NodeRunId& node_run,
                                    const std::string& engine, const std::string& worker,
                                    std::chrono::seconds lease) {
  TW_ASSIGN_OR_RETURN(const NodeRunRow row, ReadNodeRun(db, node_run));
  TW_RETURN_IF_ERROR(CheckRunGoesOn(row));
  TW_ASSIGN_OR_RETURN(const SplitId split, WholeSplit(db, node_run));
  AttemptRecord attempt;
  TW_ASSIGN_OR_RETURN(attempt.number, NextNumber(db, split, row.record.node_name));
  attempt.id = AttemptId::New();
  attempt.node_run = node_run;
  attempt.engine = engine;
  attempt.worker = worker;
  attempt.lease_until = now + lease;
  attempt.started = now;
  TW_RETURN_IF_ERROR(
      db.Run("INSERT INTO attempts (id, split_id, number, state, engine, worker, lease_until, "
             "started, rows_in, rows_out, "
             "rows_rejected, bytes, peak_memory, spilled, cpu_us, error) VALUES (?, ?, ?, ?, ?, ?, "
             "?, ?, ?, 0, 0, 0, 0, 0, 0, '')",
             attempt.id, split, attempt.number, attempt.state, engine, worker, attempt.lease_until,
             attempt.started, attempt.rows_in));
  NodeRunRecord after = row.record;
  after.state = NodeState::kRunning;
  const Actor actor{"thalweg", fmt::format("attempt {}", attempt.number)};
  TW_RETURN_IF_ERROR(ChangeNodeRun(db, now, row.record, std::move(after), actor));
  return attempt;
}

Status RenewLeases(Connection& db, Instant until, std::span<const AttemptId> attempts) {
  for (const AttemptId& attempt : attempts) {
    TW_RETURN_IF_ERROR(db.Run(
        "UPDATE attempts SET lease_until = ? WHERE id = ? AND state = 'running'", until, attempt));
    if (db.changed() == 0) return NotOurs(attempt);
  }
  return Status::Ok();
}

Status CheckRunning(Connection& db, const AttemptId& attempt, const NodeRunId& node_run) {
  Query rows(db,
             "SELECT 1 FROM attempts a JOIN splits s ON s.id = a.split_id "
             "WHERE a.id = ? AND s.node_run_id = ? AND a.state = 'running'",
             attempt, node_run);
  const bool running = rows.Next();
  TW_RETURN_IF_ERROR(rows.status());
  return running ? Status::Ok() : NotOurs(attempt);
}

Status WriteMeasures(Connection& db, Instant now, const AttemptRecord& measures,
                     AttemptState state) {
  const auto ended =
      state == AttemptState::kRunning ? std::optional<Instant>() : std::optional(now);
  return db.Run(
      "UPDATE attempts SET state = ?, ended = ?, rows_in = ?, rows_out = ?, rows_rejected = ?, "
      "bytes = ?, "
      "peak_memory = ?, spilled = ?, cpu_us = ?, error = ? WHERE id = ?",
      state, ended, measures.rows_in, measures.rows_out, measures.rows_rejected, measures.bytes,
      measures.peak_memory, measures.spilled, measures.cpu_us, measures.error, measures.id);
}

Status EndAttemptRow(Connection& db, Instant now, const AttemptRecord& measures,
                     NodeState node_state, const Actor& actor) {
  TW_RETURN_IF_ERROR(CheckRunning(db, measures.id, measures.node_run));
  const AttemptState state =
      measures.state == AttemptState::kRunning ? AttemptStateFor(node_state) : measures.state;
  TW_RETURN_IF_ERROR(WriteMeasures(db, now, measures, state));
  TW_ASSIGN_OR_RETURN(const NodeRunRow row, ReadNodeRun(db, measures.node_run));
  NodeRunRecord after = row.record;
  after.state = node_state;
  if (!measures.error.empty()) after.error = measures.error;
  return ChangeNodeRun(db, now, row.record, std::move(after), actor);
}

Result<std::vector<AttemptRecord>> ListAttempts(Connection& db, const NodeRunId& node_run) {
  Query rows(db, TW_ATTEMPT_COLUMNS "WHERE s.node_run_id = ? ORDER BY s.name, a.number", node_run);
  return ReadAttempts(rows);
}

Result<std::optional<AttemptRecord>> FindAttemptRow(Connection& db, const AttemptId& id) {
  Query rows(db, TW_ATTEMPT_COLUMNS "WHERE a.id = ?", id);
  TW_ASSIGN_OR_RETURN(auto found, ReadAttempts(rows));
  return found.empty() ? std::optional<AttemptRecord>() : std::optional(std::move(found.front()));
}

Result<std::vector<AttemptRecord>> ListRunningAttempts(Connection& db, const RunId& run) {
  Query rows(db,
             TW_ATTEMPT_COLUMNS
             "JOIN node_runs nr ON nr.id = s.node_run_id "
             "WHERE nr.run_id = ? AND a.state = 'running' ORDER BY nr.position, s.name",
             run);
  return ReadAttempts(rows);
}

#undef TW_ATTEMPT_COLUMNS

Status LoseAttempt(Connection& db, Instant now, AttemptRecord& attempt, const Actor& actor) {
  attempt.state = AttemptState::kLost;
  attempt.ended = now;
  TW_RETURN_IF_ERROR(db.Run("UPDATE attempts SET state = ?, ended = ? WHERE id = ?", attempt.state,
                            attempt.ended, attempt.id));
  TW_ASSIGN_OR_RETURN(const NodeRunRow row, ReadNodeRun(db, attempt.node_run));
  if (row.record.state != NodeState::kRunning) return Status::Ok();
  NodeRunRecord after = row.record;
  after.state = NodeState::kPending;
  return ChangeNodeRun(db, now, row.record, std::move(after), actor);
}

}  // namespace thalweg::catalog
