#include "engines/duckdb/result_columns.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "data/quoting.h"
#include "data/type_tree.h"

namespace thalweg::engines {
namespace {

using data::QuoteIdentifier;
using data::TypeKind;
using data::TypeTree;

Status Misfit(const data::Column& described, const data::Column& stored) {
  const Status misfit =
      Status(Code::kInvalid, Fault::kUser,
             fmt::format("column {}: a value does not fit {}", described.name, stored.type))
          .WithSlug("out-of-range");
  if (stored.type != "bigint") return misfit;
  return misfit.WithHint(
      fmt::format("write CAST({} AS decimal(38,0))", QuoteIdentifier(described.name)));
}

bool HasArrowForm(const TypeTree& type) {
  switch (type.kind) {
    case TypeKind::kUhugeint:
    case TypeKind::kBignum:
    case TypeKind::kBit:
    case TypeKind::kTimetz:
    case TypeKind::kVariant:
    case TypeKind::kGeometry:
      return false;
    default:
      return std::ranges::all_of(type.children, HasArrowForm);
  }
}

bool HasArrowForm(const data::Column& column) {
  const Result<TypeTree> type = data::ParseType(column.type);
  return type.ok() && HasArrowForm(*type);
}

/// Columns by number: names of a query may stand twice.
std::string Numbered(std::size_t i) {
  return fmt::format("c{}", i);
}

void AddNumberedSource(const SqlText& statement, std::size_t columns, SqlText& sql) {
  sql.Add(" FROM (");
  sql.Append(statement);
  std::string names;
  for (std::size_t i = 0; i < columns; ++i) names += (i == 0 ? "" : ", ") + Numbered(i);
  // A line end, in case the statement ends in a comment.
  sql.Add("\n) AS result(" + names + ")");
}

}  // namespace

SqlText WithStoredColumns(const SqlText& statement, const data::Columns& described,
                          const data::Columns& stored) {
  if (described == stored) return statement;
  SqlText sql;
  sql.Add("SELECT ");
  for (std::size_t i = 0; i < described.size(); ++i) {
    if (i > 0) sql.Add(", ");
    if (described[i].type == stored[i].type) {
      sql.Add(Numbered(i));
    } else {
      sql.AddColumn(fmt::format("CAST({} AS {})", Numbered(i), stored[i].type),
                    Misfit(described[i], stored[i]));
    }
    sql.Add(" AS " + QuoteIdentifier(stored[i].name));
  }
  AddNumberedSource(statement, described.size(), sql);
  return sql;
}

std::optional<SqlText> WithArrowColumns(const SqlText& statement, const data::Columns& described) {
  if (std::ranges::all_of(described, [](const data::Column& c) { return HasArrowForm(c); })) {
    return std::nullopt;
  }
  SqlText sql;
  sql.Add("SELECT ");
  for (std::size_t i = 0; i < described.size(); ++i) {
    const std::string value =
        HasArrowForm(described[i]) ? Numbered(i) : fmt::format("CAST({} AS varchar)", Numbered(i));
    sql.Add(
        fmt::format("{}{} AS {}", i == 0 ? "" : ", ", value, QuoteIdentifier(described[i].name)));
  }
  AddNumberedSource(statement, described.size(), sql);
  return sql;
}

}  // namespace thalweg::engines
