#pragma once

#include <string>
#include <utility>
#include <vector>

namespace thalweg::sql {

/// Where the columns of a statement come from: its SELECTs, what each reads, and what its columns
/// are made of. All that lineage needs, so that it can be resolved again when the columns of the
/// tables are known. Plain data; names are folded to lower case, except those of result columns.
struct QueryShape {
  /// A column as written: {"a"}, {"t", "a"}, {"t", "a", "field"}; {"#2"} for a positional
  /// reference.
  using Path = std::vector<std::string>;

  /// What an expression reads.
  struct Uses {
    std::vector<Path> paths;
    std::vector<int> subqueries;  ///< queries whose columns flow into the value
    bool all = false;             ///< COLUMNS(...) or a nested *: any column
    bool operator==(const Uses&) const = default;
  };

  /// One entry of a select list.
  struct Item {
    enum class Kind {
      kValue,  ///< one column
      kStar,   ///< *, t.*, with its EXCLUDE, REPLACE and RENAME
      kMany,   ///< an unknown number of columns: COLUMNS(...), unnest of a struct
    };
    struct Replacement {
      std::string name;
      Uses uses;
      bool operator==(const Replacement&) const = default;
    };
    Kind kind = Kind::kValue;
    std::string name;  ///< of the result column; empty: only binding can tell
    Uses uses;
    std::string star_of;  ///< the relation of t.*; empty: all
    std::vector<std::string> excluded;
    std::vector<Replacement> replaced;
    std::vector<std::pair<std::string, std::string>> renamed;
    bool operator==(const Item&) const = default;
  };

  /// An entry of FROM: a table of the analysis, or another query (subquery, CTE, table function).
  struct Relation {
    std::string name;  ///< what columns are qualified with; may be empty
    int table = -1;    ///< index into Analysis::tables, or
    int query = -1;    ///< index into queries, always a smaller one than its reader's
    std::vector<std::string> columns;  ///< new names for the first columns: t(a, b)
    std::vector<std::string> merged;   ///< columns joined by USING with those before
    bool natural = false;              ///< joined by all columns of the same name
    bool hidden = false;               ///< right side of SEMI or ANTI: only seen by ON
    bool operator==(const Relation&) const = default;
  };

  struct Query {
    enum class Combine { kSelect, kUnion, kUnionByName, kLeft };
    Combine combine = Combine::kSelect;
    int outer = -1;           ///< the query around it, whose columns it may use,
    int outer_relations = 0;  ///< those of its first so many relations
    bool in_from = false;     ///< a subquery in FROM: seldom uses columns from outside
    std::vector<Relation> relations;
    std::vector<Item> items;
    Uses reads;  ///< of all other clauses
    bool opaque =
        false;  ///< has columns beyond its items that only binding can tell (PIVOT, unnest)
    int left = -1, right = -1;  ///< branches of a set operation
    bool operator==(const Query&) const = default;
  };

  std::vector<Query> queries;  ///< inner before outer; the last one is the statement
  bool operator==(const QueryShape&) const = default;
};

}  // namespace thalweg::sql
