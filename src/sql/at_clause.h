#pragma once

#include <optional>
#include <string>

#include "sql/analysis.h"
#include "sql/syntax_tree.h"

namespace thalweg::sql {

/// Reads the "at_clause" of a table. None: it is not one of the forms of AtClause; they take
/// literals only, because which data a statement reads is decided before it runs.
std::optional<AtClause> ReadAtClause(const Node& clause);

/// "2024-03-01", "2024-03-01 12:30", with seconds, fractions, T, Z or an offset; without one it is
/// UTC. As FormatInstant writes it; none when it is no time.
std::optional<std::string> ReadInstant(std::string_view text);

inline constexpr std::string_view kAtClauseForms =
    "write AT (VERSION => 3), AT (VERSION => 'run:12'), AT (VERSION => 'tick:7') or "
    "AT (TIMESTAMP => '2024-03-01 12:00:00')";

}  // namespace thalweg::sql
