#pragma once

#include <vector>

#include "sql/analysis.h"
#include "sql/parsed_statement.h"

namespace thalweg::sql {

/// What Spark cannot do or does otherwise, each at its place; in the order of the tree.
std::vector<Finding> FindUnportable(const ParsedStatement& statement);

}  // namespace thalweg::sql
