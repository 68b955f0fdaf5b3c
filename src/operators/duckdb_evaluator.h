#pragma once

#include "component/operator.h"
#include "duckdb/database.h"

namespace thalweg::operators {

/// Evaluates expressions with the embedded database, a batch at a time; rows keep their order. Each
/// evaluator has a connection of its own. The database outlives what is made. Columns of types that
/// tables cannot hold are refused.
component::MakeEvaluator MakeDuckDbEvaluator(duckdb::Database& database);

}  // namespace thalweg::operators
