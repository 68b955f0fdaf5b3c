#pragma once

#include <vector>

#include "catalog/commit_epoch.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// Everything of an epoch, inside the caller's transaction; docs/specs/home.md, section 4.
Result<std::vector<VersionRecord>> CommitRows(Connection& db, Instant now,
                                              const CommitEpoch& epoch);

}  // namespace thalweg::catalog
