#pragma once

#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// kCorrupt with the first findings: SQLite's own check, foreign keys, numbers without gaps, states
/// that are what their last event says, one running attempt per split.
Status CheckCatalog(Connection& db);

}  // namespace thalweg::catalog
