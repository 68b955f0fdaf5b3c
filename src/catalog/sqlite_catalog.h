#pragma once

#include <memory>
#include <mutex>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// The catalog in SQLite. Every call is one transaction around functions of the *_rows.h files.
/// Writers take turns on one connection, readers on another, so that a reader never waits for an
/// fsync.
class SqliteCatalog final : public Catalog {
 public:
  static Result<std::unique_ptr<Catalog>> Open(const Home& home, const Clock& clock);

  Result<std::vector<NodeId>> ResolveNodes(const std::string& pipeline,
                                           std::span<const NodeWish> nodes) override;
  Result<std::vector<NodeId>> LookUpNodes(const std::string& pipeline,
                                          std::span<const NodeWish> nodes) override;
  Result<std::vector<NodeRecord>> Nodes() override;

  Result<RunRecord> CreateRun(const NewRun& run) override;
  Status SetRunState(const RunId& run, RunState state, const Actor& actor) override;
  Result<std::optional<RunRecord>> FindRun(std::int64_t number) override;
  Result<std::vector<RunRecord>> Runs(std::optional<std::string> pipeline, int limit) override;
  Result<std::vector<RunRecord>> ActiveRuns() override;
  Result<std::vector<NodeRunRecord>> NodeRuns(const RunId& run) override;
  Status SetNodeRun(const NodeRunId& node_run, const NodeRunChange& change) override;
  Status SetNodeRuns(std::span<const std::pair<NodeRunId, NodeRunChange>> changes) override;

  Result<AttemptRecord> StartAttempt(const NodeRunId& node_run, const std::string& engine,
                                     const std::string& worker,
                                     std::chrono::seconds lease) override;
  Result<std::vector<AttemptRecord>> StartAttempts(std::span<const NodeRunId> node_runs,
                                                   const std::string& engine,
                                                   const std::string& worker,
                                                   std::chrono::seconds lease) override;
  Status RenewLease(std::span<const AttemptId> attempts, std::chrono::seconds lease) override;
  Status EndAttempt(const AttemptRecord& measures, NodeState node_state,
                    const Actor& actor) override;
  Result<std::vector<AttemptRecord>> Attempts(const NodeRunId& node_run) override;
  Result<std::optional<AttemptRecord>> FindAttempt(const AttemptId& id) override;
  Result<std::vector<AttemptRecord>> LoseAttempts(const RunId& run, const Actor& actor) override;

  Result<std::vector<VersionRecord>> Commit(const CommitEpoch& epoch) override;
  Result<std::vector<std::vector<VersionRecord>>> Commit(
      std::span<const CommitEpoch> epochs) override;

  Result<std::optional<VersionRecord>> FindVersion(const VersionId& id) override;
  Result<std::optional<VersionRecord>> FindReusable(const NodeId& node,
                                                    const std::string& recipe_key) override;
  Result<std::optional<VersionRecord>> LatestGood(const std::string& pipeline,
                                                  const std::string& table) override;
  Result<std::optional<VersionRecord>> VersionAt(const std::string& pipeline,
                                                 const std::string& table,
                                                 std::int64_t number) override;
  Result<std::optional<VersionRecord>> VersionOfRun(const std::string& pipeline,
                                                    const std::string& table,
                                                    std::int64_t run) override;
  Result<std::optional<VersionRecord>> VersionAsOf(const std::string& pipeline,
                                                   const std::string& table, Instant at) override;
  Result<std::vector<VersionRecord>> Versions(const std::string& pipeline, const std::string& table,
                                              int limit) override;
  Result<std::vector<TableRecord>> Tables() override;
  Result<std::vector<std::string>> ReferencedFiles() override;

  Result<SignatureRecord> Sign(const NewSignature& signature) override;
  Result<std::vector<SignatureRecord>> Signatures(const NodeId& gate) override;
  Result<std::vector<ReceiptRecord>> PreparedReceipts() override;
  Status MarkApplied(std::span<const ReceiptRecord> receipts) override;
  Result<std::optional<ReceiptRecord>> LastReceipt(const std::string& target) override;
  Result<std::vector<std::pair<std::string, std::string>>> Positions(const NodeId& node) override;
  Result<std::vector<StateRecord>> States(const NodeId& node) override;
  Result<std::uint64_t> LastSequence(std::span<const NodeId> nodes) override;
  Status DropProgress(const NodeId& node, Progress what, const Actor& actor) override;

  Result<std::vector<EventRecord>> Events(std::int64_t run_number, std::int64_t after_id,
                                          int limit) override;
  Status AddEvent(const EventRecord& event) override;

  Result<std::optional<std::string>> CacheGet(std::string_view kind,
                                              const std::string& key) override;
  Result<std::vector<std::optional<std::string>>> CacheGetMany(
      std::string_view kind, std::span<const std::string> keys) override;
  Status CachePut(std::string_view kind,
                  std::span<const std::pair<std::string, std::string>> entries) override;

  Result<Retired> RetireVersions(int keep) override;
  Status TrimStream(const Trim& trim) override;
  Result<std::vector<std::string>> LooseFiles() override;
  Status ForgetLooseFiles(std::span<const std::string> paths) override;
  Status CheckIntegrity() override;

 private:
  using Durability = Connection::Durability;

  SqliteCatalog(const Clock& clock, std::unique_ptr<Connection> writer,
                std::unique_ptr<Connection> reader);

  /// body(connection, now) in a write transaction, which is committed when the body's Status or
  /// Result is OK.
  template <typename F>
  auto Write(Durability durability, F&& body)
      -> decltype(body(std::declval<Connection&>(), Instant()));
  /// body(connection) over one state of the catalog.
  template <typename F>
  auto Read(F&& body) -> decltype(body(std::declval<Connection&>()));

  const Clock& clock_;
  std::mutex writer_mutex_;
  std::unique_ptr<Connection> writer_;
  std::mutex reader_mutex_;
  std::unique_ptr<Connection> reader_;
};

}  // namespace thalweg::catalog
