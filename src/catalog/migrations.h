#pragma once

#include <span>
#include <string_view>

namespace thalweg::catalog {

/// SQL that takes the catalog's schema from one version to the next. Written once, never changed
/// afterwards. Plain enough for PostgreSQL; the schema is explained in docs/specs/home.md.
struct Migration {
  int version;  ///< PRAGMA user_version after it: 1, 2, …
  std::string_view sql;
};

std::span<const Migration> Migrations();

}  // namespace thalweg::catalog
