#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "component/engine.h"
#include "data/types.h"
#include "duckdb/database.h"
#include "sql/query_shape.h"

namespace thalweg::sql {

/// Bytes [begin, end) of a statement's text.
struct TextRange {
  std::size_t begin = 0, end = 0;
  bool operator==(const TextRange&) const = default;
};

/// Which state of a table is meant: AT (VERSION => 3 | 'run:12' | 'tick:7') or AT (TIMESTAMP =>
/// ...).
struct AtClause {
  enum class Unit { kVersion, kRun, kTick, kTimestamp };
  Unit unit = Unit::kVersion;
  std::string value;  ///< a number, or an instant as FormatInstant writes it
  bool operator==(const AtClause&) const = default;
};

/// A table that a statement reads, as written; not a CTE of its own.
struct TableRef {
  std::string pipeline;  ///< empty: this pipeline's. Lower case; "thalweg": a system table
  std::string table;     ///< lower case
  std::optional<AtClause> at;
  /// Name and AT clause. An alias follows it, or precedes it (z: t); only with AT it may lie
  /// inside, because the grammar has it so: t AS z AT (VERSION => 3).
  TextRange range;
  std::string alias;  ///< what the user calls it; empty: the table's name
  bool alias_in_range = false;
  bool operator==(const TableRef&) const = default;
};

struct Finding {
  std::string slug;
  std::string message;
  std::string help;
  TextRange range;
  bool operator==(const Finding&) const = default;
};

/// An output column and what it is made of, as far as the statement alone says it.
struct OutputColumn {
  std::string name;  ///< empty: only binding can tell (*, expressions without an alias)
  /// "table.column" ("pipeline.table.column"), "table.*", or "column" when the table is not known;
  /// sorted.
  std::vector<std::string> sources;
  bool operator==(const OutputColumn&) const = default;
};

/// Of each kind of finding at most so many are kept for one statement.
inline constexpr std::size_t kMaxFindings = 100;

/// What the statement's own tree says. Plain data; Encode/Decode keep it in a cache by text.
struct Analysis {
  std::vector<TableRef> tables;         ///< in order of appearance, repeats kept
  std::vector<std::string> parameters;  ///< names used, lower case, sorted
  /// Written as sources are; sorted, unique. "table.*" when all of a table is read, "*" when all of
  /// something that only binding can tell.
  std::vector<std::string> columns_read;
  std::vector<OutputColumn> outputs;
  Hash128 fingerprint;  ///< of the tree without white space, comments, positions
  /// Why the same inputs may give other rows: now(), random(), LIMIT without a total order ...
  std::vector<Finding> not_repeatable;
  std::vector<Finding> warnings;  ///< portable profile: what Spark cannot do or does otherwise
  QueryShape shape;               ///< for ResolveLineage
  bool operator==(const Analysis&) const = default;
};

/// What is wrong with a statement: always at least one finding; the first is the cause.
struct Rejection {
  std::vector<Finding> findings;
};

/// Reads statements with DuckDB's own parser. A statement that is not one SELECT, reads files or
/// calls table functions other than range, generate_series and unnest, calls functions that reach
/// outside, writes, attaches, installs, sets, or that the parser refuses, is rejected with its
/// place. All limits are rejections too: 1 MiB of text, SyntaxTree::kMaxDepth. Thread-safe (a
/// connection per call); statements are parsed in batches.
class Analyzer {
 public:
  /// `database` outlives the analyzer. It needs no confinement: nothing of the statements is
  /// executed.
  static Result<std::unique_ptr<Analyzer>> Open(duckdb::Database& database);
  virtual ~Analyzer() = default;
  using Outcome = std::variant<Analysis, Rejection>;
  virtual Result<std::vector<Outcome>> Analyze(std::span<const std::string> statements) = 0;
  /// A scalar expression over columns (filter, checks): wrapped in a SELECT; positions are those of
  /// the expression.
  Result<Outcome> AnalyzeExpression(const std::string& expression);
};

/// AnalyzeExpression in two steps, for many expressions at once and for caches of analyses: the
/// statement to analyse, and what its outcome says of the expression.
std::string ExpressionStatement(const std::string& expression);
Analyzer::Outcome ExpressionOutcome(const std::string& expression, Analyzer::Outcome outcome);

/// Raised whenever Analysis, fingerprints or the profile change; part of recipe keys and of the
/// cache's key.
inline constexpr int kProfileVersion = 1;

std::string Encode(const Analysis& analysis);  ///< JSON, the same bytes for the same analysis
/// kCorrupt when the text is not what Encode of this version wrote: analyse again.
Result<Analysis> Decode(const std::string& text);

/// Builds an engine statement: a slot for tables[i]; `inputs[i]` is what it reads. Of the
/// parameters, those that the statement uses. The statement's text has blanks for comments, Unicode
/// spaces and closing semicolons, so that it can be put into parentheses; offsets are those of
/// `text`.
component::Statement MakeStatement(const std::string& text, const Analysis& analysis,
                                   std::vector<component::Input> inputs,
                                   std::vector<component::Parameter> parameters);

/// Outputs and columns read with stars expanded and every column given to its table. What cannot be
/// found (a column that no table has) is left as written; an output that only binding can take
/// apart (PIVOT, COLUMNS) lists all it may be made of.
struct Lineage {
  struct Column {
    std::string name;
    std::vector<std::string> sources;  ///< "table.column", sorted
    bool operator==(const Column&) const = default;
  };
  std::vector<Column> columns;
  std::vector<std::string> columns_read;  ///< sorted, unique
};
/// `input_columns[i]` belongs to analysis.tables[i]; `output` is what the engine described.
Lineage ResolveLineage(const Analysis& analysis, std::span<const data::Columns> input_columns,
                       const data::Columns& output);

}  // namespace thalweg::sql
