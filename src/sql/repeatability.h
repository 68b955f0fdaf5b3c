#pragma once

#include <vector>

#include "sql/analysis.h"
#include "sql/parsed_statement.h"

namespace thalweg::sql {

/// Why the statement may give other rows when it runs again on the same inputs; in the order of the
/// text.
std::vector<Finding> FindNotRepeatable(const ParsedStatement& statement);

}  // namespace thalweg::sql
