#pragma once

#include "sql/syntax_tree.h"

namespace thalweg::sql {

/// Whether a LIMIT on this query cuts the same rows off every time, as far as the statement alone
/// shows: the query has one row, or is ordered by all its columns (ORDER BY ALL, or each of them),
/// or by all that it is grouped by. Rows that agree in all columns may be exchanged.
bool LimitIsRepeatable(const Node& query);

}  // namespace thalweg::sql
