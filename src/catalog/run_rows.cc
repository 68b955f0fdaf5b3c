#include "catalog/run_rows.h"

#include <limits>

#include <fmt/format.h>

#include "base/hash.h"
#include "catalog/event_rows.h"
#include "catalog/state_rows.h"
#include "catalog/version_rows.h"

namespace thalweg::catalog {
namespace {

#define TW_RUN_COLUMNS                                                                           \
  "SELECT r.id, r.number, r.pipeline, r.state, r.file_path, t.text, r.parameters, r.selection, " \
  "r.started, r.ended, r.actor, r.reason, r.stream FROM runs r JOIN file_texts t ON t.hash = "   \
  "r.file_hash "

Result<std::vector<RunRecord>> ReadRuns(Query& rows) {
  std::vector<RunRecord> runs;
  while (rows.Next()) {
    RunRecord& run = runs.emplace_back();
    rows.Into(run.id, run.number, run.pipeline, run.state, run.file_path, run.file_text,
              run.parameters, run.selection, run.started, run.ended, run.actor, run.reason,
              run.stream);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return runs;
}

Result<std::int64_t> NextRunNumber(Connection& db) {
  Query rows(db, "SELECT COALESCE(MAX(number), 0) + 1 FROM runs");
  std::int64_t number = 0;
  if (rows.Next()) rows.Into(number);
  TW_RETURN_IF_ERROR(rows.status());
  return number;
}

}  // namespace

Result<RunRecord> InsertRun(Connection& db, Instant now, const NewRun& run) {
  RunRecord record;
  record.id = RunId::New();
  TW_ASSIGN_OR_RETURN(record.number, NextRunNumber(db));
  record.state = RunState::kQueued;
  record.pipeline = run.pipeline;
  record.file_path = run.file_path;
  record.file_text = run.file_text;
  record.parameters = run.parameters;
  record.selection = run.selection;
  record.started = now;
  record.actor = run.actor.name;
  record.reason = run.actor.reason;
  record.stream = run.stream;

  const std::string hash = HashBytes(run.file_text).ToHex();
  TW_RETURN_IF_ERROR(
      db.Run("INSERT INTO file_texts (hash, text) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING",
             hash, run.file_text));
  TW_RETURN_IF_ERROR(
      db.Run("INSERT INTO runs (id, number, pipeline, state, file_path, file_hash, parameters, "
             "selection, started, "
             "actor, reason, stream) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
             record.id, record.number, record.pipeline, record.state, record.file_path, hash,
             record.parameters, record.selection, record.started, record.actor, record.reason,
             record.stream));
  std::int64_t position = 0;
  for (const NewRun::Node& node : run.nodes) {
    TW_RETURN_IF_ERROR(
        db.Run("INSERT INTO node_runs (id, run_id, position, node_id, node_name, kind, state, "
               "action, recipe_key, "
               "error, checks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', '')",
               NodeRunId::New(), record.id, position++, node.node, node.name, node.kind, node.state,
               node.action));
  }
  EventRecord event;
  event.at = now;
  event.run_number = record.number;
  event.what = "created";
  event.actor = record.actor;
  event.reason = record.reason;
  TW_RETURN_IF_ERROR(InsertEvent(db, event));
  return record;
}

Result<std::optional<RunRecord>> FindRunRow(Connection& db, std::int64_t number) {
  Query rows(db, TW_RUN_COLUMNS "WHERE r.number = ?", number);
  TW_ASSIGN_OR_RETURN(auto runs, ReadRuns(rows));
  return runs.empty() ? std::optional<RunRecord>() : std::optional(std::move(runs.front()));
}

Result<std::vector<RunRecord>> ListRuns(Connection& db, const std::optional<std::string>& pipeline,
                                        int limit) {
  const std::int64_t most = limit < 1 ? std::numeric_limits<std::int64_t>::max() : limit;
  if (pipeline) {
    Query rows(db, TW_RUN_COLUMNS "WHERE r.pipeline = ? ORDER BY r.number DESC LIMIT ?", *pipeline,
               most);
    return ReadRuns(rows);
  }
  Query rows(db, TW_RUN_COLUMNS "ORDER BY r.number DESC LIMIT ?", most);
  return ReadRuns(rows);
}

Result<std::vector<RunRecord>> ListActiveRuns(Connection& db) {
  Query rows(db, TW_RUN_COLUMNS "WHERE r.state IN ('queued', 'running') ORDER BY r.number DESC");
  return ReadRuns(rows);
}

#undef TW_RUN_COLUMNS

Result<std::vector<NodeRunRecord>> ListNodeRuns(Connection& db, const RunId& run) {
  Query rows(
      db,
      "SELECT nr.id, r.id, r.number, nr.node_id, nr.node_name, nr.kind, nr.state, nr.action, "
      "nr.recipe_key, "
      "nr.version_id, nr.started, nr.ended, nr.error, nr.checks "
      "FROM node_runs nr JOIN runs r ON r.id = nr.run_id WHERE nr.run_id = ? ORDER BY nr.position",
      run);
  std::vector<NodeRunRecord> nodes;
  while (rows.Next()) {
    NodeRunRecord& node = nodes.emplace_back();
    rows.Into(node.id, node.run, node.run_number, node.node, node.node_name, node.kind, node.state,
              node.action, node.recipe_key, node.version, node.started, node.ended, node.error,
              node.checks);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return nodes;
}

Status UpdateNodeRun(Connection& db, Instant now, const NodeRunId& node_run,
                     const Catalog::NodeRunChange& change) {
  TW_ASSIGN_OR_RETURN(const NodeRunRow row, ReadNodeRun(db, node_run));
  NodeRunRecord after = row.record;
  after.state = change.state;
  if (!change.action.empty()) after.action = change.action;
  if (!change.recipe_key.empty()) after.recipe_key = change.recipe_key;
  if (!change.error.empty()) after.error = change.error;
  if (!change.checks.empty()) after.checks = change.checks;
  if (!change.version.empty()) {
    TW_RETURN_IF_ERROR(CheckNotRetired(db, change.version));
    after.version = change.version;
  }
  return ChangeNodeRun(db, now, row.record, std::move(after), change.actor);
}

}  // namespace thalweg::catalog
