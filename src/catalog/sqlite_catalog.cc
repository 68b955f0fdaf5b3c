#include "catalog/sqlite_catalog.h"

#include <utility>

#include "catalog/attempt_rows.h"
#include "catalog/cache_rows.h"
#include "catalog/commit_rows.h"
#include "catalog/event_rows.h"
#include "catalog/integrity.h"
#include "catalog/ledger_rows.h"
#include "catalog/node_rows.h"
#include "catalog/retention.h"
#include "catalog/run_rows.h"
#include "catalog/schema.h"
#include "catalog/signature_rows.h"
#include "catalog/state_rows.h"
#include "catalog/trim.h"
#include "catalog/version_rows.h"

namespace thalweg::catalog {
namespace {

const Status& StatusOf(const Status& status) {
  return status;
}
template <typename T>
Status StatusOf(const Result<T>& result) {
  return result.status();
}

}  // namespace

template <typename F>
auto SqliteCatalog::Write(Durability durability, F&& body)
    -> decltype(body(std::declval<Connection&>(), Instant())) {
  const std::scoped_lock lock(writer_mutex_);
  TW_RETURN_IF_ERROR(writer_->BeginWrite(durability));
  auto outcome = body(*writer_, clock_.Now());
  if (!StatusOf(outcome).ok()) {
    writer_->Rollback();
    return outcome;
  }
  TW_RETURN_IF_ERROR(writer_->Commit());
  return outcome;
}

template <typename F>
auto SqliteCatalog::Read(F&& body) -> decltype(body(std::declval<Connection&>())) {
  const std::scoped_lock lock(reader_mutex_);
  TW_RETURN_IF_ERROR(reader_->BeginRead());
  auto outcome = body(*reader_);
  if (!StatusOf(outcome).ok()) {
    reader_->Rollback();
    return outcome;
  }
  TW_RETURN_IF_ERROR(reader_->Commit());
  return outcome;
}

Result<std::unique_ptr<Catalog>> Catalog::Open(const Home& home, const Clock& clock) {
  return SqliteCatalog::Open(home, clock);
}

SqliteCatalog::SqliteCatalog(const Clock& clock, std::unique_ptr<Connection> writer,
                             std::unique_ptr<Connection> reader)
    : clock_(clock), writer_(std::move(writer)), reader_(std::move(reader)) {}

namespace {

/// A home whose catalog was lost must not look new: gc would remove all that it holds. SQLite would
/// delete a -wal that is left, so nothing is opened.
Status CheckNotLost(const Home& home) {
  const auto found = home.files().Stat(home.CatalogPath());
  if (found.ok() ? found->size > Bytes(0) : found.status().code() != Code::kNotFound) return {};
  const auto tables = home.files().List(home.TablesDirectory());
  if (!tables.ok() || tables->empty()) return {};
  return Status(Code::kCorrupt, fmt::format("the catalog is gone, but tables are there path={}",
                                            home.CatalogPath()))
      .WithSlug("catalog-lost")
      .WithHint("restore catalog.db from a backup: it says what the files in tables/ are");
}

}  // namespace

Result<std::unique_ptr<Catalog>> SqliteCatalog::Open(const Home& home, const Clock& clock) {
  TW_RETURN_IF_ERROR(CheckNotLost(home));
  TW_ASSIGN_OR_RETURN(auto writer, Connection::Open(home.CatalogPath()));
  TW_RETURN_IF_ERROR(EnsureSchema(home, *writer));
  TW_ASSIGN_OR_RETURN(auto reader, Connection::Open(home.CatalogPath()));
  return std::unique_ptr<Catalog>(new SqliteCatalog(clock, std::move(writer), std::move(reader)));
}

Result<std::vector<NodeId>> SqliteCatalog::ResolveNodes(const std::string& pipeline,
                                                        std::span<const NodeWish> nodes) {
  // Most files name only nodes that are known: then nothing is written.
  TW_ASSIGN_OR_RETURN(KnownNodes known,
                      Read([&](Connection& db) { return LookUpNodeRows(db, pipeline, nodes); }));
  if (known.settled) return std::move(known.ids);
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    return ResolveNodeRows(db, now, pipeline, nodes);
  });
}

Result<std::vector<NodeId>> SqliteCatalog::LookUpNodes(const std::string& pipeline,
                                                       std::span<const NodeWish> nodes) {
  TW_ASSIGN_OR_RETURN(KnownNodes known,
                      Read([&](Connection& db) { return LookUpNodeRows(db, pipeline, nodes); }));
  return std::move(known.ids);
}

Result<std::vector<NodeRecord>> SqliteCatalog::Nodes() {
  return Read([](Connection& db) { return ListNodes(db); });
}

Result<RunRecord> SqliteCatalog::CreateRun(const NewRun& run) {
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) { return InsertRun(db, now, run); });
}

Status SqliteCatalog::SetRunState(const RunId& run, RunState state, const Actor& actor) {
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    return ChangeRunState(db, now, run, state, actor);
  });
}

Result<std::optional<RunRecord>> SqliteCatalog::FindRun(std::int64_t number) {
  return Read([&](Connection& db) { return FindRunRow(db, number); });
}

Result<std::vector<RunRecord>> SqliteCatalog::Runs(std::optional<std::string> pipeline, int limit) {
  return Read([&](Connection& db) { return ListRuns(db, pipeline, limit); });
}

Result<std::vector<RunRecord>> SqliteCatalog::ActiveRuns() {
  return Read([](Connection& db) { return ListActiveRuns(db); });
}

Result<std::vector<NodeRunRecord>> SqliteCatalog::NodeRuns(const RunId& run) {
  return Read([&](Connection& db) { return ListNodeRuns(db, run); });
}

Status SqliteCatalog::SetNodeRun(const NodeRunId& node_run, const NodeRunChange& change) {
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    return UpdateNodeRun(db, now, node_run, change);
  });
}

Status SqliteCatalog::SetNodeRuns(std::span<const std::pair<NodeRunId, NodeRunChange>> changes) {
  if (changes.empty()) return Status::Ok();
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    for (const auto& [node_run, change] : changes) {
      TW_RETURN_IF_ERROR(UpdateNodeRun(db, now, node_run, change));
    }
    return Status::Ok();
  });
}

Result<AttemptRecord> SqliteCatalog::StartAttempt(const NodeRunId& node_run,
                                                  const std::string& engine,
                                                  const std::string& worker,
                                                  std::chrono::seconds lease) {
  return Write(Durability::kNotDurable, [&](Connection& db, Instant now) {
    return InsertAttempt(db, now, node_run, engine, worker, lease);
  });
}

Result<std::vector<AttemptRecord>> SqliteCatalog::StartAttempts(
    std::span<const NodeRunId> node_runs, const std::string& engine, const std::string& worker,
    std::chrono::seconds lease) {
  using Attempts = std::vector<AttemptRecord>;
  if (node_runs.empty()) return Attempts();
  return Write(Durability::kNotDurable, [&](Connection& db, Instant now) -> Result<Attempts> {
    Attempts attempts;
    for (const NodeRunId& node_run : node_runs) {
      TW_ASSIGN_OR_RETURN(AttemptRecord attempt,
                          InsertAttempt(db, now, node_run, engine, worker, lease));
      attempts.push_back(std::move(attempt));
    }
    return attempts;
  });
}

Status SqliteCatalog::RenewLease(std::span<const AttemptId> attempts, std::chrono::seconds lease) {
  return Write(Durability::kNotDurable,
               [&](Connection& db, Instant now) { return RenewLeases(db, now + lease, attempts); });
}

Status SqliteCatalog::EndAttempt(const AttemptRecord& measures, NodeState node_state,
                                 const Actor& actor) {
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    return EndAttemptRow(db, now, measures, node_state, actor);
  });
}

Result<std::vector<AttemptRecord>> SqliteCatalog::Attempts(const NodeRunId& node_run) {
  return Read([&](Connection& db) { return ListAttempts(db, node_run); });
}

Result<std::optional<AttemptRecord>> SqliteCatalog::FindAttempt(const AttemptId& id) {
  return Read([&](Connection& db) { return FindAttemptRow(db, id); });
}

Result<std::vector<AttemptRecord>> SqliteCatalog::LoseAttempts(const RunId& run,
                                                               const Actor& actor) {
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) -> Result<std::vector<AttemptRecord>> {
                 TW_ASSIGN_OR_RETURN(auto attempts, ListRunningAttempts(db, run));
                 for (AttemptRecord& attempt : attempts)
                   TW_RETURN_IF_ERROR(LoseAttempt(db, now, attempt, actor));
                 return attempts;
               });
}

Result<std::vector<VersionRecord>> SqliteCatalog::Commit(const CommitEpoch& epoch) {
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) { return CommitRows(db, now, epoch); });
}

Result<std::vector<std::vector<VersionRecord>>> SqliteCatalog::Commit(
    std::span<const CommitEpoch> epochs) {
  using Committed = std::vector<std::vector<VersionRecord>>;
  if (epochs.empty()) return Committed();
  return Write(Durability::kDurable, [&](Connection& db, Instant now) -> Result<Committed> {
    Committed committed;
    for (const CommitEpoch& epoch : epochs) {
      TW_ASSIGN_OR_RETURN(auto versions, CommitRows(db, now, epoch));
      committed.push_back(std::move(versions));
    }
    return committed;
  });
}

Result<std::optional<VersionRecord>> SqliteCatalog::FindVersion(const VersionId& id) {
  return Read([&](Connection& db) { return FindVersionRow(db, id); });
}

Result<std::optional<VersionRecord>> SqliteCatalog::FindReusable(const NodeId& node,
                                                                 const std::string& recipe_key) {
  return Read([&](Connection& db) { return FindReusableRow(db, node, recipe_key); });
}

Result<std::optional<VersionRecord>> SqliteCatalog::LatestGood(const std::string& pipeline,
                                                               const std::string& table) {
  return Read([&](Connection& db) { return FindLatestGood(db, pipeline, table); });
}

Result<std::optional<VersionRecord>> SqliteCatalog::VersionAt(const std::string& pipeline,
                                                              const std::string& table,
                                                              std::int64_t number) {
  return Read([&](Connection& db) { return FindByNumber(db, pipeline, table, number); });
}

Result<std::optional<VersionRecord>> SqliteCatalog::VersionOfRun(const std::string& pipeline,
                                                                 const std::string& table,
                                                                 std::int64_t run) {
  return Read([&](Connection& db) { return FindOfRun(db, pipeline, table, run); });
}

Result<std::optional<VersionRecord>> SqliteCatalog::VersionAsOf(const std::string& pipeline,
                                                                const std::string& table,
                                                                Instant at) {
  return Read([&](Connection& db) { return FindAsOf(db, pipeline, table, at); });
}

Result<std::vector<VersionRecord>> SqliteCatalog::Versions(const std::string& pipeline,
                                                           const std::string& table, int limit) {
  return Read([&](Connection& db) { return ListVersions(db, pipeline, table, limit); });
}

Result<std::vector<Catalog::TableRecord>> SqliteCatalog::Tables() {
  return Read([](Connection& db) { return ListTables(db); });
}

Result<std::vector<std::string>> SqliteCatalog::ReferencedFiles() {
  return Read([](Connection& db) { return ListReferencedFiles(db); });
}

Result<SignatureRecord> SqliteCatalog::Sign(const NewSignature& signature) {
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) { return InsertSignature(db, now, signature); });
}

Result<std::vector<SignatureRecord>> SqliteCatalog::Signatures(const NodeId& gate) {
  return Read([&](Connection& db) { return ListSignatures(db, gate); });
}

Result<std::vector<ReceiptRecord>> SqliteCatalog::PreparedReceipts() {
  return Read([](Connection& db) { return ListPreparedReceipts(db); });
}

Status SqliteCatalog::MarkApplied(std::span<const ReceiptRecord> receipts) {
  if (receipts.empty()) return Status::Ok();
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) { return MarkReceiptsApplied(db, now, receipts); });
}

Result<std::optional<ReceiptRecord>> SqliteCatalog::LastReceipt(const std::string& target) {
  return Read([&](Connection& db) { return FindLastReceipt(db, target); });
}

Result<std::vector<std::pair<std::string, std::string>>> SqliteCatalog::Positions(
    const NodeId& node) {
  return Read([&](Connection& db) { return ListPositions(db, node); });
}

Result<std::vector<StateRecord>> SqliteCatalog::States(const NodeId& node) {
  return Read([&](Connection& db) { return ListStates(db, node); });
}

Result<std::uint64_t> SqliteCatalog::LastSequence(std::span<const NodeId> nodes) {
  return Read([&](Connection& db) { return FindLastSequence(db, nodes); });
}

Status SqliteCatalog::DropProgress(const NodeId& node, Progress what, const Actor& actor) {
  return Write(Durability::kDurable, [&](Connection& db, Instant now) {
    return DropProgressRows(db, now, node, what, actor);
  });
}

Result<std::vector<EventRecord>> SqliteCatalog::Events(std::int64_t run_number,
                                                       std::int64_t after_id, int limit) {
  return Read([&](Connection& db) { return ListEvents(db, run_number, after_id, limit); });
}

Status SqliteCatalog::AddEvent(const EventRecord& event) {
  return Write(Durability::kDurable,
               [&](Connection& db, Instant) { return InsertEvent(db, event); });
}

Result<std::optional<std::string>> SqliteCatalog::CacheGet(std::string_view kind,
                                                           const std::string& key) {
  return Read([&](Connection& db) { return ReadCache(db, kind, key); });
}

Result<std::vector<std::optional<std::string>>> SqliteCatalog::CacheGetMany(
    std::string_view kind, std::span<const std::string> keys) {
  return Read([&](Connection& db) -> Result<std::vector<std::optional<std::string>>> {
    std::vector<std::optional<std::string>> values;
    for (const std::string& key : keys) {
      TW_ASSIGN_OR_RETURN(auto value, ReadCache(db, kind, key));
      values.push_back(std::move(value));
    }
    return values;
  });
}

Status SqliteCatalog::CachePut(std::string_view kind,
                               std::span<const std::pair<std::string, std::string>> entries) {
  if (entries.empty()) return Status::Ok();
  return Write(Durability::kNotDurable,
               [&](Connection& db, Instant now) { return WriteCache(db, now, kind, entries); });
}

Result<Catalog::Retired> SqliteCatalog::RetireVersions(int keep) {
  if (keep < 1)
    return Status::Invalid("at least one version of each table must be kept")
        .WithHint("keep 1 or more");
  return Write(Durability::kDurable,
               [&](Connection& db, Instant now) { return RetireVersionRows(db, now, keep); });
}

Status SqliteCatalog::TrimStream(const Trim& trim) {
  if (trim.keep < 1)
    return Status::Invalid("at least one version of each table must be kept")
        .WithHint("keep 1 or more");
  return Write(Durability::kNotDurable,
               [&](Connection& db, Instant now) { return TrimStreamRows(db, now, trim); });
}

Result<std::vector<std::string>> SqliteCatalog::LooseFiles() {
  TW_ASSIGN_OR_RETURN(auto paths, Read([](Connection& db) { return ListLooseFiles(db); }));
  if (paths.empty()) return paths;
  // Durable, whatever made them loose: see the contract.
  return Write(Durability::kDurable,
               [](Connection& db, Instant now) { return ConfirmLooseFiles(db, now); });
}

Status SqliteCatalog::ForgetLooseFiles(std::span<const std::string> paths) {
  if (paths.empty()) return Status::Ok();
  return Write(Durability::kNotDurable,
               [&](Connection& db, Instant) { return DeleteLooseFiles(db, paths); });
}

Status SqliteCatalog::CheckIntegrity() {
  return Read([](Connection& db) { return CheckCatalog(db); });
}

}  // namespace thalweg::catalog
