#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "flow/epoch_parts.h"
#include "runs/attempt.h"
#include "runs/run_state.h"
#include "runs/stream_graph.h"

namespace thalweg::runs {

/// Turns a complete epoch of a flow into one commit: state files, positions, versions and receipts
/// of all nodes in one catalog transaction; then targets are made visible. Called by one thread.
class StreamCommit {
 public:
  /// Reads what the tables of the nodes hold now. A user's mistake when a table has other columns.
  static Result<std::unique_ptr<StreamCommit>> Make(
      RunState& state, const StreamPlan& plan, const std::vector<StreamStep>& steps,
      const std::vector<std::unique_ptr<Attempt>>& attempts, std::stop_token stop);

  Status Commit(flow::EpochParts parts);
  /// The newest version of the node's own table that this run made.
  std::optional<catalog::VersionRecord> Version(std::size_t node) const;

 private:
  struct Table {
    data::Columns columns;
    std::optional<data::Manifest> last;
  };
  struct Node {
    std::map<std::string, Table> tables;                        ///< by name
    std::map<std::string, std::vector<data::DataFile>> chains;  ///< state files by StateName
    std::map<std::string, std::string> positions;               ///< as committed
    std::set<std::string> read;     ///< splits that this process has read
    std::set<std::string> begun;    ///< those that this process has written
    std::vector<std::string> drop;  ///< state of another definition, until the first commit
    bool state_directory = false, named = false;
  };

  StreamCommit(RunState& state, const StreamPlan& plan, const std::vector<StreamStep>& steps,
               const std::vector<std::unique_ptr<Attempt>>& attempts, std::stop_token stop)
      : state_(state),
        plan_(plan),
        steps_(steps),
        attempts_(attempts),
        stop_(std::move(stop)),
        nodes_(plan.nodes.size()) {}
  Status Begin();
  Status AddStates(flow::EpochParts& parts, std::vector<catalog::CommitEpoch>* epochs);
  void EndTables(std::vector<catalog::CommitEpoch>* epochs);
  void DropReplayed(std::vector<catalog::CommitEpoch>* epochs);
  /// True when a source has been read further.
  bool AddPositions(const flow::EpochParts& parts, std::vector<catalog::CommitEpoch>* epochs);
  Status AddVersions(flow::EpochParts& parts, std::vector<catalog::CommitEpoch>* epochs);
  void AddVersion(const StreamStep& step, data::Manifest manifest, catalog::CommitEpoch* epoch);
  void AddEmptyVersions(std::vector<catalog::CommitEpoch>* epochs);
  Status Compact(const StreamStep& step, Table* table);
  Result<std::string> StateDirectory(std::size_t node);
  Status SyncNames(std::size_t node);
  Status ShowTargets(const std::vector<catalog::CommitEpoch>& epochs);
  Status Tidy();

  RunState& state_;
  const StreamPlan& plan_;
  const std::vector<StreamStep>& steps_;
  const std::vector<std::unique_ptr<Attempt>>& attempts_;
  const std::stop_token stop_;
  std::vector<Node> nodes_;
  std::map<std::size_t, catalog::VersionRecord> versions_;
  std::int64_t commits_ = 0, compactions_ = 0;
};

}  // namespace thalweg::runs
