#pragma once

#include <variant>

#include "sql/analysis.h"
#include "sql/parsed_statement.h"

namespace thalweg::sql {

/// Reads a BASE_TABLE of the tree that is no CTE: its name as a node's name, its AT clause, and the
/// exact place of both. A finding when it is a file, has more than two parts, is no name, or has a
/// wrong AT clause.
std::variant<TableRef, Finding> ReadTable(const ParsedStatement& statement, const Node& table);

}  // namespace thalweg::sql
