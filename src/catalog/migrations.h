#pragma once

#include <span>
#include <string_view>

namespace thalweg::catalog {

/// Marks a table of small rows: SQLite then keeps it in the tree of its primary key, one page less
/// to write per row. Everything else about the SQL is plain enough for PostgreSQL.
inline constexpr std::string_view kClustered = "/* clustered */";

/// SQL that takes the catalog's schema from one version to the next. Written once, never changed
/// afterwards. The schema is explained in docs/specs/home.md.
struct Migration {
  int version;  ///< PRAGMA user_version after it: 1, 2, …
  std::string_view sql;
};

std::span<const Migration> Migrations();

}  // namespace thalweg::catalog
