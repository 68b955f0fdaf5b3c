#pragma once

#include <optional>
#include <string_view>

#include "sql/analysis.h"
#include "sql/scanner.h"
#include "sql/syntax_tree.h"

namespace thalweg::sql {

/// What can be said before the parser is asked: text that is too long, is no UTF-8, holds a NUL
/// byte, or nothing at all. None: parse it.
std::optional<Rejection> RefuseText(std::string_view text);

/// Why DuckDB gave no tree: a syntax error with its place, or a statement that is not a SELECT, by
/// name. `report` is the root of what json_serialize_sql printed, with "error": true.
Rejection ExplainFailure(const Tokens& tokens, const Node& report);

/// Several statements in one text.
Rejection RefuseSeveral(const Tokens& tokens);

inline constexpr std::size_t kMaxStatementBytes = std::size_t{1} << 20;

}  // namespace thalweg::sql
