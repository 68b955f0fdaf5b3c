#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runs/attempt.h"
#include "runs/checks.h"
#include "runs/run_state.h"

namespace thalweg::runs {

/// Some check of the node moves rows to its rejects.
bool QuarantinesByCheck(const spec::Node& node);

/// Runs the checks of a node over rows that are about to be committed, or were.
Result<std::vector<CheckResult>> CheckRows(RunState& state, const GraphNode& node,
                                           const component::TableInput& staged,
                                           std::stop_token stop);

using ExecuteJob = std::function<Result<component::JobResult>(component::Job)>;

/// Writes the staged rows again without those that a `quarantine` check finds. Returns the file
/// with the rows that were moved aside; none when every row is good.
Result<std::optional<data::DataFile>> MoveViolations(RunState& state, const GraphNode& node,
                                                     Attempt& attempt,
                                                     const std::vector<CheckStatement>& checks,
                                                     const ExecuteJob& execute,
                                                     component::JobResult* staged);

/// "2 of 3 checks passed; unique(id): 4 rows"; empty without checks.
std::string Summary(const std::vector<CheckResult>& checks);

/// Some check of severity `fail` did not hold.
bool SomeFailed(const std::vector<CheckResult>& checks);

/// All that failed, a line each when there are several. `version` is the number of the version that
/// was kept. A failed one is never chosen by name alone.
Status ChecksFailed(const std::vector<CheckResult>& checks, const std::string& node,
                    std::int64_t version);

/// What one line says of why a node failed; the checks that failed stand at the end of the run.
std::string FirstLineOf(const Status& error);

}  // namespace thalweg::runs
