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
  bool stream = false;  ///< retention does not wait for it to end
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
  /// Gives id and number; node runs in the given order. The run is `queued` until its executor has
  /// the RunLock and says that it is running.
  virtual Result<RunRecord> CreateRun(const NewRun& run) = 0;
  /// kCancelled when the run was cancelled and `state` would end it: its executor did not notice.
  virtual Status SetRunState(const RunId& run, RunState state, const Actor& actor) = 0;
  virtual Result<std::optional<RunRecord>> FindRun(std::int64_t number) = 0;
  /// Newest first; a limit below 1 means all.
  virtual Result<std::vector<RunRecord>> Runs(std::optional<std::string> pipeline, int limit) = 0;
  virtual Result<std::vector<RunRecord>> ActiveRuns() = 0;  ///< queued or running, newest first
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
  /// Opens the next attempt and marks the node running. kConflict while another attempt runs,
  /// kCancelled in a cancelled or invalidated run. [not durable]
  virtual Result<AttemptRecord> StartAttempt(const NodeRunId& node_run, const std::string& engine,
                                             const std::string& worker,
                                             std::chrono::seconds lease) = 0;
  /// The same for several node runs of a stream, all or none. In order. [not durable]
  virtual Result<std::vector<AttemptRecord>> StartAttempts(std::span<const NodeRunId> node_runs,
                                                           const std::string& engine,
                                                           const std::string& worker,
                                                           std::chrono::seconds lease) = 0;
  /// kConflict when one of them does not run any more. [not durable]
  virtual Status RenewLease(std::span<const AttemptId> attempts, std::chrono::seconds lease) = 0;
  /// An attempt that ended without a commit; the node run gets `node_state`. The attempt's state
  /// follows from that unless `measures` has one. kConflict when it does not run any more.
  virtual Status EndAttempt(const AttemptRecord& measures, NodeState node_state,
                            const Actor& actor) = 0;
  virtual Result<std::vector<AttemptRecord>> Attempts(const NodeRunId& node_run) = 0;
  virtual Result<std::optional<AttemptRecord>> FindAttempt(const AttemptId& id) = 0;
  /// Marks the running attempts of this run as lost and their node runs as pending. For who holds
  /// the RunLock: then the process that ran them is dead. Until it has returned, their files must
  /// stay.
  virtual Result<std::vector<AttemptRecord>> LoseAttempts(const RunId& run, const Actor& actor) = 0;

  /// The one commit; the versions come back with their numbers. Nothing is changed on kConflict
  /// (the attempt is no longer ours), kExists (the sequence was committed), kCancelled (so was the
  /// run), kDiskFull. After kIo the outcome is open until the catalog is opened again: the
  /// attempt's files must stay.
  virtual Result<std::vector<VersionRecord>> Commit(const CommitEpoch& epoch) = 0;
  /// Epochs of several node runs in one transaction, all or none: a checkpoint of a stream. The
  /// versions come back by epoch.
  virtual Result<std::vector<std::vector<VersionRecord>>> Commit(
      std::span<const CommitEpoch> epochs) = 0;

  // Versions. A table is "node", "node_rejects" or "node_late", by the node's name of today. What
  // retention took is not found any more.
  virtual Result<std::optional<VersionRecord>> FindVersion(const VersionId& id) = 0;
  /// The newest good, not invalidated version of `node`, when it was made with this recipe key. An
  /// older one is not reused: the bare name would go on to mean another.
  virtual Result<std::optional<VersionRecord>> FindReusable(const NodeId& node,
                                                            const std::string& recipe_key) = 0;
  /// What the bare name reads: the newest good, not invalidated version.
  virtual Result<std::optional<VersionRecord>> LatestGood(const std::string& pipeline,
                                                          const std::string& table) = 0;
  /// AT (VERSION => n): also one that failed a check or was invalidated.
  virtual Result<std::optional<VersionRecord>> VersionAt(const std::string& pipeline,
                                                         const std::string& table,
                                                         std::int64_t number) = 0;
  /// AT (VERSION => 'run:n'): what that run made or reused, in whatever state.
  virtual Result<std::optional<VersionRecord>> VersionOfRun(const std::string& pipeline,
                                                            const std::string& table,
                                                            std::int64_t run) = 0;
  /// AT (TIMESTAMP => t): the newest good, not invalidated version that was there at `at`.
  virtual Result<std::optional<VersionRecord>> VersionAsOf(const std::string& pipeline,
                                                           const std::string& table,
                                                           Instant at) = 0;
  /// All, newest first; a limit below 1 means no limit.
  virtual Result<std::vector<VersionRecord>> Versions(const std::string& pipeline,
                                                      const std::string& table, int limit) = 0;
  struct TableRecord {
    std::string pipeline, table;
    std::int64_t versions = 0;
    VersionRecord latest;  ///< as LatestGood; the newest when none is good
  };
  virtual Result<std::vector<TableRecord>> Tables() = 0;
  /// Home-relative paths that a version or an operator's state names, sorted.
  virtual Result<std::vector<std::string>> ReferencedFiles() = 0;

  // Gates and targets.
  /// kConflict when retention took one of the versions.
  virtual Result<SignatureRecord> Sign(const NewSignature& signature) = 0;
  /// Newest first.
  virtual Result<std::vector<SignatureRecord>> Signatures(const NodeId& gate) = 0;
  /// Those of one target in the order in which it must commit them.
  virtual Result<std::vector<ReceiptRecord>> PreparedReceipts() = 0;
  /// Also for receipts that are applied already.
  virtual Status MarkApplied(std::span<const ReceiptRecord> receipts) = 0;
  /// The last receipt of a target, applied or prepared.
  virtual Result<std::optional<ReceiptRecord>> LastReceipt(const std::string& target) = 0;
  virtual Result<std::vector<std::pair<std::string, std::string>>> Positions(
      const NodeId& node) = 0;
  /// Of the node's operators, as last committed.
  virtual Result<std::vector<StateRecord>> States(const NodeId& node) = 0;
  /// The greatest sequence of an epoch of these nodes, over all of their runs; 0: none.
  virtual Result<std::uint64_t> LastSequence(std::span<const NodeId> nodes) = 0;
  enum class Progress { kStates, kPositions, kBoth };
  /// Forgets how far the node has come; its next run begins anew. Writes an event of no run.
  /// kConflict while the node runs.
  virtual Status DropProgress(const NodeId& node, Progress what, const Actor& actor) = 0;

  // Events, newest last; run number 0: those of no run. Ids rise without gaps over all runs.
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
  /// not the newest good one, not one that a signature, a prepared or last receipt, or an active
  /// run names or may be reading (docs/specs/home.md, section 5). Returns the home-relative files
  /// that nothing names any more, for the caller to remove. Old cache entries go too.
  virtual Result<Retired> RetireVersions(int keep) = 0;
  struct Trim {
    std::vector<NodeId> nodes;
    int keep = 10;                   ///< newest versions of each table
    std::chrono::seconds grace{60};  ///< and those that were the newest within this time
  };
  /// RetireVersions for the tables of a stream, cheap enough for every few epochs: what it forgets
  /// leaves no row behind, and with it go epochs and receipts that say nothing any more. [not
  /// durable: files are given out by LooseFiles, which is]
  virtual Status TrimStream(const Trim& trim) = 0;
  /// Files that nothing names any more since a commit replaced operator state, or retention took a
  /// stream's version. The caller removes them, then tells ForgetLooseFiles. When there are any,
  /// what was committed before is made durable first: a power cut must not bring their names back.
  virtual Result<std::vector<std::string>> LooseFiles() = 0;
  virtual Status ForgetLooseFiles(std::span<const std::string> paths) = 0;  ///< [not durable]
  /// For doctor: SQLite's own check, foreign keys, numbers without gaps, states as their events
  /// say.
  virtual Status CheckIntegrity() = 0;
};

}  // namespace thalweg::catalog
