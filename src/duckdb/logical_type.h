#pragma once

#include <string>

#include <duckdb.h>

#include "data/type_tree.h"

namespace thalweg::duckdb {

data::TypeTree ToTypeTree(duckdb_logical_type type);

/// The canonical spelling of a DuckDB type (docs/specs/types.md).
std::string CanonicalName(duckdb_logical_type type);

}  // namespace thalweg::duckdb
