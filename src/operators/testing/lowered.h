#pragma once

#include <string>
#include <vector>

#include "data/element.h"
#include "duckdb/database.h"

namespace thalweg::operators::testing {

/// A database of its own, shared by the tests of a process.
duckdb::Database& TestDatabase();

/// The rows, rendered and sorted, of what Lower gave, run over tables in_0, in_1 ... An error is
/// the one row.
std::vector<std::string> RunLowered(const std::string& sql, const std::vector<data::Batch>& inputs);

}  // namespace thalweg::operators::testing
