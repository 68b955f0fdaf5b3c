#include "runs/lower_checks.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/ascii.h"
#include "data/quoting.h"
#include "spec/parameter_value.h"
#include "sql/parameter_name.h"
#include "sql/scanner.h"

namespace thalweg::runs {

namespace {

using data::QuoteIdentifier;
using data::QuoteLiteral;

const data::Column* Find(const data::Columns& columns, const std::string& name) {
  const auto it = std::find_if(columns.begin(), columns.end(),
                               [&](const data::Column& column) { return column.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

/// The text of a number without zeros that say nothing: 1.0 is the whole number 1.
std::string Shortest(std::string number) {
  const std::size_t point = number.find('.');
  if (point == std::string::npos || point == 0 ||
      number.find_first_not_of("0123456789", point + 1) != std::string::npos)
    return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

/// Lowers one kind of check after the other; what is wrong goes to the diagnostics.
class Lowering {
 public:
  Lowering(const spec::Node& node, const spec::CheckSpec& check, const data::Columns& columns,
           Diagnostics& diagnostics)
      : node_(node), check_(check), columns_(columns), diagnostics_(diagnostics) {
    statement_.check = &check;
  }

  CheckStatement operator()(const spec::CheckSpec::NotNull& kind) {
    std::string condition;
    for (const auto& column : kind.columns) {
      Require(column);
      condition += (condition.empty() ? "" : " AND ") + QuoteIdentifier(column) + " IS NOT NULL";
    }
    return OnRows(condition);
  }

  CheckStatement operator()(const spec::CheckSpec::Unique& kind) {
    std::string list, packed;
    for (const auto& column : kind.columns) {
      Require(column);
      const std::string name = QuoteIdentifier(column);
      list += (list.empty() ? "" : ", ") + name;
      packed += fmt::format("{}{} := {}", packed.empty() ? "" : ", ", name, name);
    }
    Add(
        fmt::format("SELECT COALESCE(sum(n - 1), 0)::BIGINT AS violations, min(k) AS sample FROM "
                    "(SELECT count(*) AS n, to_json(struct_pack({}))::VARCHAR AS k FROM ",
                    packed));
    AddTable(kCheckedTable, 0);
    Add(fmt::format(" GROUP BY {} HAVING count(*) > 1)", list));
    return Whole();
  }

  CheckStatement operator()(const spec::CheckSpec::Accepted& kind) {
    Require(kind.column);
    const data::Column* column = Find(columns_, kind.column);
    std::string values;
    for (const auto& value : kind.values) {
      values += values.empty() ? "" : ", ";
      values += column == nullptr ? QuoteLiteral(value.text) : ValueOf(*column, value);
    }
    return OnRows(fmt::format("{} IN ({})", QuoteIdentifier(kind.column), values));
  }

  CheckStatement operator()(const spec::CheckSpec::Range& kind) {
    Require(kind.column);
    const std::string column = QuoteIdentifier(kind.column);
    std::string condition;
    if (kind.min) condition = column + " >= " + Enclosed(kind.min->text);
    if (kind.max)
      condition += (kind.min ? " AND " : "") + column + " <= " + Enclosed(kind.max->text);
    return OnRows(condition);
  }

  CheckStatement operator()(const spec::CheckSpec::Rows& kind) {
    std::string good = "true", because;
    const auto bound = [&](const std::optional<component::SqlText>& text, std::string_view within,
                           std::string_view beyond, std::string_view words) {
      if (!text) return;
      const std::string value = Enclosed(text->text);
      good += fmt::format(" AND count(*) {} {}", within, value);
      because += fmt::format(" WHEN count(*) {} {} THEN ', {} ' || {}::VARCHAR", beyond, value,
                             words, value);
    };
    bound(kind.min, ">=", "<", "fewer than");
    bound(kind.max, "<=", ">", "more than");
    Add(
        fmt::format("SELECT CASE WHEN {} THEN 0 ELSE 1 END::BIGINT AS violations, count(*) || CASE "
                    "count(*) WHEN 1 THEN ' row' ELSE ' rows' END || CASE{} ELSE ', and a bound is "
                    "NULL' END AS sample FROM ",
                    good, because));
    AddTable(kCheckedTable, 0);
    return Whole();
  }

  CheckStatement operator()(const spec::CheckSpec::ForeignKey& kind) {
    std::string match, present;
    for (std::size_t i = 0; i < kind.columns.size(); ++i) {
      Require(kind.columns[i]);
      const std::string& to = i < kind.to.size() ? kind.to[i] : kind.columns[i];
      const std::string column =
          fmt::format("{}.{}", kCheckedTable, QuoteIdentifier(kind.columns[i]));
      match +=
          fmt::format("{}{}.{} = {}", i ? " AND " : "", kOtherTable, QuoteIdentifier(to), column);
      present += fmt::format("{}{} IS NOT NULL", i ? " AND " : "", column);
    }
    AddCount();
    Add(fmt::format(" WHERE {} AND NOT EXISTS (SELECT 1 FROM ", present));
    AddTable(kOtherTable, 1);
    Add(fmt::format(" WHERE {})", match));
    return Whole();
  }

  CheckStatement operator()(const spec::CheckSpec::Sql& kind) {
    return OnRows(Enclosed(kind.condition.text));
  }

 private:
  void Add(std::string_view text) { statement_.sql += text; }

  void AddTable(std::string_view name, std::size_t input) {
    const std::size_t begin = statement_.sql.size();
    statement_.sql += name;
    statement_.slots.push_back({begin, statement_.sql.size(), std::string(name), input});
  }

  /// Counts rows of the checked table and shows one; a WHERE clause follows.
  void AddCount() {
    Add(fmt::format(
        "SELECT count(*)::BIGINT AS violations, min(to_json({})::VARCHAR) AS sample FROM ",
        kCheckedTable));
    AddTable(kCheckedTable, 0);
  }

  CheckStatement OnRows(const std::string& condition) {
    statement_.row_condition = condition;
    AddCount();
    Add(fmt::format(" WHERE NOT COALESCE(({}), true)", condition));
    return std::move(statement_);
  }

  CheckStatement Whole() {
    if (check_.severity == spec::Severity::kQuarantine) {
      diagnostics_.Error(
          "check-not-per-row",
          fmt::format(
              "node \"{}\": check {} looks at the table as a whole, so it cannot move rows aside",
              node_.name, check_.name),
          check_.span, "", "use severity: fail or warn");
    }
    return std::move(statement_);
  }

  /// A value of `accepted` as one of the column's type.
  std::string ValueOf(const data::Column& column, const component::Scalar& value) const {
    std::string text = value.text;
    if (spec::IsNumericType(column.type)) {
      text = Shortest(text);
      if (!spec::CheckParameterValue(column.type, text).ok()) {
        diagnostics_.Error("bad-value",
                           fmt::format("node \"{}\": check {}: no row can have \"{}\", for the "
                                       "column is {}",
                                       node_.name, check_.name, value.text, column.type),
                           value.value.span(), "", "take it out, or give the column another type");
      }
    }
    if (column.type == "varchar") return QuoteLiteral(text);
    return fmt::format("CAST({} AS {})", QuoteLiteral(text), column.type);
  }

  void Require(const std::string& column) const {
    if (!columns_.empty())
      RequireColumn(column, columns_, check_, node_.name, "the node", diagnostics_);
  }

  const spec::Node& node_;
  const spec::CheckSpec& check_;
  const data::Columns& columns_;
  Diagnostics& diagnostics_;
  CheckStatement statement_;
};

}  // namespace

bool RequireColumn(const std::string& column, const data::Columns& columns,
                   const spec::CheckSpec& check, const std::string& node, const std::string& owner,
                   Diagnostics& diagnostics) {
  if (Find(columns, column) != nullptr) return true;
  std::vector<std::string> names;
  for (const auto& known : columns) names.push_back(known.name);
  const std::string near = Nearest(column, names);
  diagnostics.Error(
      "unknown-column",
      fmt::format("node \"{}\": check {} names a column that {} does not have: \"{}\"", node,
                  check.name, owner, column),
      check.span, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  return false;
}

CheckStatement LowerCheck(const spec::Node& node, const spec::CheckSpec& check,
                          const data::Columns& columns, Diagnostics& diagnostics) {
  return std::visit(Lowering(node, check, columns, diagnostics), check.kind);
}

std::vector<CheckStatement> LowerChecks(const spec::Node& node, const data::Columns& columns,
                                        Diagnostics& diagnostics) {
  std::vector<CheckStatement> statements;
  for (const auto& check : node.checks)
    statements.push_back(LowerCheck(node, check, columns, diagnostics));
  return statements;
}

std::string Enclosed(const std::string& expression) {
  return "(" + sql::ExecutableText(expression) + ")";
}

component::Statement StatementOf(const CheckStatement& check, std::vector<component::Input> inputs,
                                 std::span<const component::Parameter> parameters) {
  return {check.sql, check.slots, std::move(inputs), UsedParameters(check.sql, parameters)};
}

std::vector<component::Parameter> UsedParameters(const std::string& sql,
                                                 std::span<const component::Parameter> all) {
  const sql::Tokens tokens(sql);
  std::set<std::string> names;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == sql::TokenKind::kParameter)
      names.insert(sql::ParameterName(tokens.Text(i)));
  }
  std::vector<component::Parameter> used;
  std::copy_if(all.begin(), all.end(), std::back_inserter(used),
               [&](const auto& parameter) { return names.contains(ToLower(parameter.name)); });
  return used;
}

}  // namespace thalweg::runs
