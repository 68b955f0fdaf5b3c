#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

Result<RunRecord> InsertRun(Connection& db, Instant now, const NewRun& run);
Result<std::optional<RunRecord>> FindRunRow(Connection& db, std::int64_t number);
/// Newest first; `limit` below 1: all.
Result<std::vector<RunRecord>> ListRuns(Connection& db, const std::optional<std::string>& pipeline,
                                        int limit);
Result<std::vector<RunRecord>> ListActiveRuns(Connection& db);

Result<std::vector<NodeRunRecord>> ListNodeRuns(Connection& db, const RunId& run);
Status UpdateNodeRun(Connection& db, Instant now, const NodeRunId& node_run,
                     const Catalog::NodeRunChange& change);

}  // namespace thalweg::catalog
