#pragma once

#include <optional>

#include "runs/gate.h"
#include "runs/plan.h"

namespace thalweg::runs {

// How long a gate waits. It begins when the gate asks (NodeRunRecord::started) and ends with a
// signature, or when the gate's `timeout` has passed: then the gate has failed in that run, whoever
// finds it out and however late.

/// The end of the wait; none: for ever, or it does not wait.
std::optional<Instant> WaitsUntil(const catalog::NodeRunRecord& gate, const Evidence& evidence);

/// kTimeout with what to do, when this gate's time has passed without a signature, also when it was
/// failed because of that. Ok for any other state and node.
Status CheckStillWaits(const Workspace& workspace, const catalog::NodeRunRecord& gate);
Status CheckStillWaits(const Workspace& workspace, const RunId& run, const NodeRunId& gate);

/// Fails the gates of this run whose time has passed, and the run when it waits and a node of it
/// has failed, now or before a crash. Has any node failed?
Result<bool> FailTimedOutGates(Workspace& workspace, const catalog::RunRecord& run);

/// What a new run makes of the gates that wait in older runs of its pipeline, waiting or failed
/// ones: those whose time has passed have failed; those that are part of the new run too are asked
/// by it and cancelled in the older one. A waiting run ends when a gate has failed or none waits.
Status SettleOlderGates(Workspace& workspace, const catalog::RunRecord& newer);

/// Whether a resumed run leaves this node as it is, instead of beginning it anew: a gate that waits
/// with the same question over the same data, or whose time has passed.
Result<bool> WaitGoesOn(const Workspace& workspace, const Plan& plan,
                        const catalog::NodeRunRecord& node);

}  // namespace thalweg::runs
