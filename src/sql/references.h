#pragma once

#include <vector>

#include "sql/analysis.h"
#include "sql/parsed_statement.h"

namespace thalweg::sql {

struct References {
  std::vector<TableRef> tables;  ///< sorted by place
  QueryShape shape;
  std::vector<Finding>
      refused;  ///< files, table functions, bad names and AT clauses; sorted by place
};

/// Walks the queries of a statement with the scopes of their names: which names in FROM are tables,
/// and what every column is made of.
References CollectReferences(const ParsedStatement& statement);

}  // namespace thalweg::sql
