#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/types.h"
#include "sql/analysis.h"

namespace thalweg::sql {

/// What the columns of a statement are made of. Without the tables' columns a table may have any
/// column, and a name that several could have stays unresolved; with them every rule of DuckDB for
/// names applies: columns before aliases of the same select list, inner queries before outer ones,
/// USING columns are one.
struct ResolvedColumns {
  struct Column {
    std::string name;                  ///< empty: only binding can tell
    bool many = false;                 ///< stands for any number of columns, zero too
    std::vector<std::string> sources;  ///< sorted, unique
  };
  std::vector<Column> outputs;
  std::vector<std::string> read;  ///< sorted, unique
};

ResolvedColumns ResolveColumns(std::span<const TableRef> tables, const QueryShape& shape);
ResolvedColumns ResolveColumns(std::span<const TableRef> tables, const QueryShape& shape,
                               std::span<const data::Columns> input_columns);

}  // namespace thalweg::sql
