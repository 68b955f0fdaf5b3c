#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/records.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

Result<AttemptRecord> InsertAttempt(Connection& db, Instant now, const NodeRunId& node_run,
                                    const std::string& engine, const std::string& worker,
                                    std::chrono::seconds lease);
/// Renews those that still run; kConflict when one does not.
Status RenewLeases(Connection& db, Instant until, std::span<const AttemptId> attempts);
/// kConflict unless `attempt` is a running one of `node_run`.
Status CheckRunning(Connection& db, const AttemptId& attempt, const NodeRunId& node_run);
/// Writes measures and state; `ended` is `now` unless it goes on running.
Status WriteMeasures(Connection& db, Instant now, const AttemptRecord& measures,
                     AttemptState state);
/// EndAttempt of the catalog.
Status EndAttemptRow(Connection& db, Instant now, const AttemptRecord& measures,
                     NodeState node_state, const Actor& actor);
/// The state of an attempt whose node run ended in `node`.
AttemptState AttemptStateFor(NodeState node);

Result<std::vector<AttemptRecord>> ListAttempts(Connection& db, const NodeRunId& node_run);
Result<std::optional<AttemptRecord>> FindAttemptRow(Connection& db, const AttemptId& id);
Result<std::vector<AttemptRecord>> ListRunningAttempts(Connection& db, const RunId& run);
Status LoseAttempt(Connection& db, Instant now, AttemptRecord& attempt, const Actor& actor);

}  // namespace thalweg::catalog
