#pragma once

#include "component/operator.h"
#include "duckdb/database.h"

namespace thalweg::operators {

/// Evaluates expressions with the embedded database, a batch at a time; rows keep their order. Each
/// evaluator has a connection of its own. The database outlives what is made. Columns of types that
/// tables cannot hold are refused, and so is what does not work row by row (kInvalid, slug
/// "not-row-by-row"): aggregates, windows, subqueries.
///
/// `select` may be a whole SELECT statement over kStatementInput in place of a list (no list begins
/// with SELECT, WITH or FROM). It must have been analysed: it is not checked for what it reads.
inline constexpr const char* kStatementInput = "thalweg_input";
component::MakeEvaluator MakeDuckDbEvaluator(duckdb::Database& database);

}  // namespace thalweg::operators
