#include "catalog/commit_rows.h"

#include <fmt/format.h>

#include "catalog/attempt_rows.h"
#include "catalog/ledger_rows.h"
#include "catalog/state_rows.h"
#include "catalog/version_rows.h"

namespace thalweg::catalog {
namespace {

Status CheckSequence(Connection& db, const CommitEpoch& epoch) {
  std::uint64_t last = 0;
  Query rows(db, "SELECT COALESCE(MAX(sequence), 0) FROM epochs WHERE node_run_id = ?",
             epoch.node_run);
  if (rows.Next()) rows.Into(last);
  TW_RETURN_IF_ERROR(rows.status());
  if (epoch.sequence > last) return Status::Ok();
  return Status(Code::kExists, fmt::format("the epoch was committed already sequence={} last={}",
                                           epoch.sequence, last))
      .WithSlug("epoch-committed")
      .WithFault(Fault::kBug)
      .WithHint("continue from the positions that the catalog has");
}

Status InsertEpoch(Connection& db, Instant now, const CommitEpoch& epoch) {
  return db.Run(
      "INSERT INTO epochs (id, node_run_id, attempt_id, sequence, recipe_key, committed) VALUES "
      "(?, ?, ?, ?, ?, ?)",
      epoch.id, epoch.node_run, epoch.attempt, epoch.sequence, epoch.recipe_key, now);
}

Result<VersionRecord> InsertNewVersion(Connection& db, Instant now, const CommitEpoch& epoch,
                                       const NodeRunRow& row, const NewVersion& wanted) {
  VersionRecord version;
  version.manifest = wanted.manifest;
  if (version.manifest.node.empty()) version.manifest.node = row.record.node;
  if (version.manifest.id.empty()) version.manifest.id = VersionId::New();
  if (version.manifest.node != row.record.node) {
    return Status::Internal(fmt::format("a commit writes another node's version node={} table={}",
                                        row.record.node_name, wanted.table));
  }
  version.table = wanted.table;
  version.pipeline = row.pipeline;
  version.run = row.record.run;
  version.run_number = row.record.run_number;
  version.recipe_key = epoch.recipe_key;
  version.good = wanted.good;
  version.digest = wanted.digest;
  version.created = now;
  TW_RETURN_IF_ERROR(InsertVersion(db, epoch.id, row.record.node_name, version));
  return version;
}

/// The node run after the epoch: what it gave, and its end if this is the last one.
NodeRunRecord After(const CommitEpoch& epoch, const NodeRunRecord& before,
                    const std::vector<VersionRecord>& versions) {
  NodeRunRecord after = before;
  if (!versions.empty() && versions.front().table == before.node_name)
    after.version = versions.front().manifest.id;
  if (!epoch.recipe_key.empty()) after.recipe_key = epoch.recipe_key;
  if (!epoch.checks.empty()) after.checks = epoch.checks;
  if (!epoch.error.empty()) after.error = epoch.error;
  if (epoch.ends) after.state = *epoch.ends;
  return after;
}

}  // namespace

Result<std::vector<VersionRecord>> CommitRows(Connection& db, Instant now,
                                              const CommitEpoch& epoch) {
  TW_RETURN_IF_ERROR(CheckRunning(db, epoch.attempt, epoch.node_run));
  TW_ASSIGN_OR_RETURN(const NodeRunRow row, ReadNodeRun(db, epoch.node_run));
  TW_RETURN_IF_ERROR(CheckRunGoesOn(row));
  TW_RETURN_IF_ERROR(CheckSequence(db, epoch));
  TW_RETURN_IF_ERROR(InsertEpoch(db, now, epoch));

  std::vector<VersionRecord> versions;
  for (const NewVersion& wanted : epoch.versions) {
    TW_ASSIGN_OR_RETURN(VersionRecord version, InsertNewVersion(db, now, epoch, row, wanted));
    versions.push_back(std::move(version));
  }
  TW_RETURN_IF_ERROR(WritePositions(db, row.record.node, epoch));
  TW_RETURN_IF_ERROR(WriteStates(db, now, row.record.node, epoch));
  TW_RETURN_IF_ERROR(InsertReceipts(db, now, row.record.node, epoch));

  AttemptRecord measures = epoch.measures;
  measures.id = epoch.attempt;
  const AttemptState state = epoch.ends ? AttemptStateFor(*epoch.ends) : AttemptState::kRunning;
  TW_RETURN_IF_ERROR(WriteMeasures(db, now, measures, state));
  TW_RETURN_IF_ERROR(
      ChangeNodeRun(db, now, row.record, After(epoch, row.record, versions), epoch.actor));
  return versions;
}

}  // namespace thalweg::catalog
