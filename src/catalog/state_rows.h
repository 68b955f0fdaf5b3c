#pragma once

#include "catalog/records.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// A node run with the state of its run.
struct NodeRunRow {
  NodeRunRecord record;
  RunState run_state = RunState::kRunning;
  std::string pipeline;
};
Result<NodeRunRow> ReadNodeRun(Connection& db, const NodeRunId& id);  ///< kNotFound

// The only functions that write the states of runs and node runs. Each change writes its event.

/// kCancelled when a cancelled run would be ended by somebody who did not notice.
Status ChangeRunState(Connection& db, Instant now, const RunId& run, RunState to,
                      const Actor& actor);

/// Writes `after`, whose `started` and `ended` follow from the change of state; an error that is
/// older than the change goes when the new state is not a failure.
Status ChangeNodeRun(Connection& db, Instant now, const NodeRunRecord& before, NodeRunRecord after,
                     const Actor& actor);

/// kCancelled when nothing may start or commit in the run any more.
Status CheckRunGoesOn(const NodeRunRow& row);

}  // namespace thalweg::catalog
