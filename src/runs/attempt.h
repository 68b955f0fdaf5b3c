#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/commit_epoch.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// How long a process may be silent before others may take its attempts over; renewed at a third of
/// it.
inline constexpr std::chrono::seconds kLease{30};

/// One try at one node of a run: its directory, its lease, its commit. Ends by Commit or Fail; an
/// attempt that is destroyed without either leaves its directory to the sweeper.
class Attempt {
 public:
  /// `with_directory`: the attempt writes data files. Their place must exist up to the node's
  /// directory.
  static Result<std::unique_ptr<Attempt>> Start(Workspace& workspace, const NodeRunId& node_run,
                                                const NodeId& node, bool with_directory);

  const AttemptId& id() const { return record_.id; }
  const std::string& directory() const { return directory_; }
  catalog::AttemptRecord& measures() { return record_; }

  /// A manifest for files of this attempt's directory: paths become relative to the home.
  data::Manifest Stage(const data::Columns& columns,
                       const std::vector<data::DataFile>& files) const;

  /// fsyncs the files of `epoch.versions` that lie in this attempt's directory and the directories
  /// that name them, then commits. Fills in epoch.id when empty, node_run, attempt, sequence,
  /// measures. Steps and kill points: docs/specs/home.md.
  Result<std::vector<catalog::VersionRecord>> Commit(catalog::CommitEpoch epoch);

  // A stream's attempt commits many epochs, together with those of other attempts.
  /// What an epoch says of its attempt: id when empty, node_run, attempt, measures.
  void FillIn(catalog::CommitEpoch* epoch) const;
  /// A commit is about to be tried: from now on the files may be needed. `ends`: it is the last.
  void CommitTried(bool ends);

  /// Ends an attempt whose epoch was committed without `ends`: a target, which still had to become
  /// visible.
  Status End(catalog::NodeState node_state, const std::string& reason);

  /// Ends without success; removes the directory unless a commit was tried. Does nothing to an
  /// attempt that has ended.
  Status Fail(const Status& error, catalog::NodeState node_state);

 private:
  explicit Attempt(Workspace& workspace) : workspace_(workspace) {}
  Status SyncFiles(const catalog::CommitEpoch& epoch);

  Workspace& workspace_;
  NodeRunId node_run_;
  NodeId node_;
  std::string directory_;
  catalog::AttemptRecord record_;
  bool commit_tried_ = false, ended_ = false;
};

/// Field ids of the newest version of the table carry over by name; new columns get new ones.
void GiveFieldIds(const data::Columns& before, data::Columns* columns);

}  // namespace thalweg::runs
