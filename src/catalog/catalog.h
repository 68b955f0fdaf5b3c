#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/commit_epoch.h"
#include "catalog/home.h"
#include "catalog/records.h"

namespace thalweg::catalog {

struct NewRun {
  std::string pipeline, file_path, file_text, parameters, selection;
  struct Node {
    NodeId node;
    std::string name, kind, action;
    NodeState state = NodeState::kPending;
  };
  std::vector<Node> nodes;
  Actor actor;
};

struct NewSignature {
  NodeId gate;
  Decision decision = Decision::kApproved;
  std::vector<VersionId> versions;
  std::string digest, comment;
  std::int64_t run_number = 0;
  Actor actor;
};

/// What is small and decides. SQLite in WAL mode with synchronous=FULL; every call is one
/// transaction. Reads see the last commit. Thread-safe; several processes may have one home open (a
/// busy writer is waited for, up to 30 s). Calls marked [not durable] may be lost in a power cut
/// (never in a crash of the process): they carry no promise, and the next durable call makes them
/// durable too.
class Catalog {
 public:
  static Result<std::unique_ptr<Catalog>> Open(const Home& home, const Clock& clock);
  virtual ~Catalog() = default;

  // Pipelines and nodes.
  struct NodeWish {
    std::string name, kind;
    std::vector<std::string> was;
  };
  /// Ids for these nodes, in order; new names get new ones, `was` carries an id over (once). Node
  /// directories of new ids are made and synced by the caller before the first commit.
  virtual Result<std::vector<NodeId>> ResolveNodes(const std::string& pipeline,
                                                   std::span<const NodeWish> nodes) = 0;
  /// Like ResolveNodes but writes nothing: empty ids for nodes never seen. For plan and validate.
  virtual Result<std::vector<NodeId>> LookUpNodes(const std::string& pipeline,
                                                  std::span<const NodeWish> nodes) = 0;
  virtual Result<std::vector<NodeRecord>> Nodes() = 0;

  // Runs. State changes write an event with actor and reason in the same transaction.
  virtual Result<RunRecord> CreateRun(
      const NewRun& run) = 0;  ///< gives id, number, and node runs in the given order
  virtual Status SetRunState(const RunId& run, RunState state, const Actor& actor) = 0;
  virtual Result<std::optional<RunRecord>> FindRun(std::int64_t number) = 0;
  virtual Result<std::vector<RunRecord>> Runs(std::optional<std::string> pipeline,
                                              int limit) = 0;                 ///< newest first
  virtual Result<std::vector<NodeRunRecord>> NodeRuns(const RunId& run) = 0;  ///< in plan order
  struct NodeRunChange {
    NodeState state = NodeState::kRunning;
    std::string action, recipe_key, error, checks;  ///< empty: unchanged
    VersionId version;                              ///< empty: unchanged
    Actor actor;
  };
  virtual Status SetNodeRun(const NodeRunId& node_run, const NodeRunChange& change) = 0;
  /// Several at once, one transaction: a run in which everything is reused is one write.
  virtual Status SetNodeRuns(std::span<const std::pair<NodeRunId, NodeRunChange>> changes) = 0;

  // Attempts: node run -> split -> attempt; a node without splits has one named "".
  /// Opens the next attempt and marks the node running. [not durable]
  virtual Result<AttemptRecord> StartAttempt(const NodeRunId& node_run, const std::string& engine,
                                             const std::string& worker,
                                             std::chrono::seconds lease) = 0;
  virtual Status RenewLease(std::span<const AttemptId> attempts,
                            std::chrono::seconds lease) = 0;  ///< [not durable]
  /// An attempt that ended without a commit; the node run gets `node_state`.
  virtual Status EndAttempt(const AttemptRecord& measures, NodeState node_state,
                            const Actor& actor) = 0;
  virtual Result<std::vector<AttemptRecord>> Attempts(const NodeRunId& node_run) = 0;
  virtual Result<std::optional<AttemptRecord>> FindAttempt(const AttemptId& id) = 0;
  /// Marks running attempts of a dead process as lost and their node runs as pending. For resume
  /// and run.
  virtual Result<std::vector<AttemptRecord>> LoseAttempts(const RunId& run, const Actor& actor) = 0;

  /// The one commit. On kConflict (the attempt is no longer ours) nothing is changed.
  virtual Result<std::vector<VersionRecord>> Commit(const CommitEpoch& epoch) = 0;

  // Versions.
  virtual Result<std::optional<VersionRecord>> FindVersion(const VersionId& id) = 0;
  /// The newest good, not invalidated version of `node` made with this recipe key.
  virtual Result<std::optional<VersionRecord>> FindReusable(const NodeId& node,
                                                            const std::string& recipe_key) = 0;
  virtual Result<std::optional<VersionRecord>> LatestGood(const std::string& pipeline,
                                                          const std::string& table) = 0;
  virtual Result<std::optional<VersionRecord>> VersionAt(const std::string& pipeline,
                                                         const std::string& table,
                                                         std::int64_t number) = 0;
  virtual Result<std::optional<VersionRecord>> VersionOfRun(const std::string& pipeline,
                                                            const std::string& table,
                                                            std::int64_t run) = 0;
  virtual Result<std::optional<VersionRecord>> VersionAsOf(const std::string& pipeline,
                                                           const std::string& table,
                                                           Instant at) = 0;
  virtual Result<std::vector<VersionRecord>> Versions(const std::string& pipeline,
                                                      const std::string& table, int limit) = 0;
  struct TableRecord {
    std::string pipeline, table;
    std::int64_t versions = 0;
    VersionRecord latest;
  };
  virtual Result<std::vector<TableRecord>> Tables() = 0;
  virtual Result<std::vector<std::string>>
  ReferencedFiles() = 0;  ///< home-relative paths that any version names

  // Gates and targets.
  virtual Result<SignatureRecord> Sign(const NewSignature& signature) = 0;
  virtual Result<std::vector<SignatureRecord>> Signatures(
      const NodeId& gate) = 0;  ///< newest first
  virtual Result<std::vector<ReceiptRecord>> PreparedReceipts() = 0;
  virtual Status MarkApplied(std::span<const ReceiptRecord> receipts) = 0;
  /// The last receipt of a target, applied or prepared.
  virtual Result<std::optional<ReceiptRecord>> LastReceipt(const std::string& target) = 0;
  virtual Result<std::vector<std::pair<std::string, std::string>>> Positions(
      const NodeId& node) = 0;
  virtual Result<std::vector<NewState>> States(
      const NodeId& node) = 0;  ///< of its operators, as last committed

  // Events, newest last.
  virtual Result<std::vector<EventRecord>> Events(std::int64_t run_number, std::int64_t after_id,
                                                  int limit) = 0;
  virtual Status AddEvent(const EventRecord& event) = 0;

  // Caches: may vanish at any time. [not durable]
  virtual Result<std::optional<std::string>> CacheGet(std::string_view kind,
                                                      const std::string& key) = 0;
  virtual Result<std::vector<std::optional<std::string>>> CacheGetMany(
      std::string_view kind, std::span<const std::string> keys) = 0;
  virtual Status CachePut(std::string_view kind,
                          std::span<const std::pair<std::string, std::string>> entries) = 0;

  // Maintenance.
  struct Retired {
    std::vector<VersionId> versions;
    std::vector<std::string> files;
  };
  /// Forgets versions that are older than the newest `keep` of their table and that nothing needs:
  /// not the newest good one, no signature, receipt, or running run names them. Returns files that
  /// no version names any more.
  virtual Result<Retired> RetireVersions(int keep) = 0;
  virtual Status CheckIntegrity() = 0;  ///< for doctor: SQLite's own check, foreign keys, numbering
};

}  // namespace thalweg::catalog
