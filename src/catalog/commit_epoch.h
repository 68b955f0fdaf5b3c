#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/records.h"
#include "component/target.h"
#include "data/manifest.h"

namespace thalweg::catalog {

/// A table's new state. Its files are fsynced, and so are the directories that name them.
struct NewVersion {
  std::string table;  ///< node name, or its _rejects / _late table
  data::Manifest manifest;
  bool good = true;
  std::string digest;
};

struct NewPosition {
  std::string split;
  std::string position;
  bool dropped = false;  ///< the split has no position any more
};
/// Operator state as of the epoch: all files of it below state/, oldest first (docs/specs/state.md,
/// section 3). Without files the state is dropped.
struct NewState {
  std::string operator_name;
  std::vector<data::DataFile> files;
  std::string definition;  ///< what the operator was: another one cannot use the state
  int state_version = 0;   ///< of the component
};

/// **The only commit in the product**: one catalog transaction that makes all of this true
/// together, or none of it. Used by batch nodes (one epoch), resumable copies (several) and streams
/// (one per checkpoint).
struct CommitEpoch {
  EpochId id;
  NodeRunId node_run;
  AttemptId attempt;  ///< must be this node run's running attempt with a lease that is still ours
  std::uint64_t sequence =
      1;  ///< of the epoch within the node run; a repeated one is refused (kExists)
  std::string recipe_key;
  std::vector<NewVersion> versions;  ///< the first is the node's own table; may be empty (targets)
  std::vector<NewPosition> positions;
  std::vector<NewState> states;
  std::vector<component::Receipt>
      receipts;                   ///< prepared at their targets; go to the ledger as `prepared`
  VersionId receipt_version;      ///< the input version that the receipts wrote
  std::optional<NodeState> ends;  ///< the node run's final state; none: more epochs follow
  AttemptRecord measures;         ///< final figures of the attempt; id as above
  std::string checks;             ///< JSON list of check results
  std::string error;              ///< for a node that ends failed (a check), rendered
  Actor actor;
};

}  // namespace thalweg::catalog
