#include "runs/bind_checks.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "data/quoting.h"
#include "runs/graph.h"
#include "runs/lower_checks.h"
#include "spec/parameter_value.h"

namespace thalweg::runs {

namespace {

using data::QuoteIdentifier;
using data::QuoteLiteral;

/// Tries the pieces of one check after the other. What is wrong with the user's text is reported;
/// the Status is for everything else.
class Binding {
 public:
  Binding(component::Engine& engine, const spec::Node& node, const spec::CheckSpec& check,
          const data::Columns& columns, std::span<const component::Parameter> parameters,
          Diagnostics& diagnostics)
      : engine_(engine),
        node_(node),
        check_(check),
        columns_(columns),
        parameters_(parameters),
        diagnostics_(diagnostics) {}

  Status operator()(const spec::CheckSpec::Sql& kind) {
    TW_ASSIGN_OR_RETURN(const auto value, Describe(Form::kColumn, kind.condition));
    if (!value.ok()) return Report(value.status(), kind.condition);
    const std::string& type = value->columns.front().type;
    if (type != "boolean") {
      Error("type-mismatch", kind.condition,
            fmt::format("a check is true or false for each row, and this is {}", type),
            "write a condition, such as  amount > 0");
      return {};
    }
    TW_ASSIGN_OR_RETURN(const auto row_by_row, Describe(Form::kCondition, kind.condition));
    if (row_by_row.ok()) return {};
    return Report(row_by_row.status()
                      .WithSlug("not-row-by-row")
                      .WithHint("a check looks at one row at a time: compute what needs many rows "
                                "in a SQL node, and check that node"),
                  kind.condition);
  }

  Status operator()(const spec::CheckSpec::Range& kind) {
    for (const auto& [bound, comparison] : {std::pair(&kind.min, ">="), {&kind.max, "<="}}) {
      if (!*bound) continue;
      TW_ASSIGN_OR_RETURN(const auto type, TypeOfBound(**bound));
      if (type.empty()) continue;
      TW_ASSIGN_OR_RETURN(
          const auto compared,
          Describe(Form::kCondition, **bound,
                   fmt::format("{} {} ", QuoteIdentifier(kind.column), comparison)));
      if (!compared.ok()) TW_RETURN_IF_ERROR(Report(compared.status(), **bound));
    }
    return {};
  }

  Status operator()(const spec::CheckSpec::Rows& kind) {
    for (const auto* bound : {&kind.min, &kind.max}) {
      if (!*bound) continue;
      TW_ASSIGN_OR_RETURN(const auto type, TypeOfBound(**bound));
      if (type.empty() || spec::IsNumericType(type)) continue;
      Error("type-mismatch", **bound, fmt::format("rows are counted, and this is {}", type),
            "write a number, or a $parameter that is one");
    }
    return {};
  }

  /// Numbers were compared with the column's type when the check was lowered. All else is cast by
  /// the engine, which evaluates the arguments of a table function when it binds.
  Status operator()(const spec::CheckSpec::Accepted& kind) {
    std::string type;
    for (const auto& column : columns_) {
      if (column.name == kind.column) type = column.type;
    }
    if (type == "varchar" || spec::IsNumericType(type)) return {};
    for (const auto& value : kind.values) {
      const auto cast = engine_.Describe(
          {fmt::format("SELECT 1 AS one FROM range(CASE WHEN CAST({} AS {}) IS NULL THEN 1 ELSE 0 "
                       "END)",
                       QuoteLiteral(value.text), type),
           {},
           {},
           {}});
      if (cast.ok()) continue;
      if (cast.status().fault() != Fault::kUser) return cast.status();
      const Status fits = spec::CheckParameterValue(type, value.text);
      Error("bad-value", {value.text, value.value},
            fmt::format("no row can have \"{}\", for the column is {}", value.text, type),
            fits.ok() ? cast.status().message()
                      : fmt::format("a value of type {} is wanted, {}", type, fits.hint()));
    }
    return {};
  }

  template <typename Kind>
  Status operator()(const Kind&) {
    return {};
  }

 private:
  enum class Form {
    kValue,      ///< SELECT (text)
    kColumn,     ///< SELECT (text) FROM the rows
    kCondition,  ///< SELECT ... FROM the rows WHERE left (text)
  };

  /// Describes a statement around the text. Whether the user's text fits is the inner result.
  Result<Result<component::Description>> Describe(Form form, const component::SqlText& text,
                                                  std::string_view left = "") {
    component::Statement statement;
    std::string& sql = statement.text;
    const auto add_text = [&] {
      offset_ = sql.size() + 1;
      sql += Enclosed(text.text);
    };
    sql = "SELECT ";
    if (form == Form::kCondition) {
      sql += "1";
    } else {
      add_text();
    }
    sql += " AS value";
    if (form != Form::kValue) {
      sql += " FROM ";
      const std::size_t begin = sql.size();
      sql += kCheckedTable;
      statement.slots.push_back({begin, sql.size(), std::string(kCheckedTable), 0});
      statement.inputs.emplace_back(component::EmptyInput{columns_});
    }
    if (form == Form::kCondition) {
      sql += fmt::format(" WHERE {}", left);
      add_text();
    }
    statement.parameters = UsedParameters(sql, parameters_);
    auto described = engine_.Describe(statement);
    if (!described.ok() && described.status().fault() != Fault::kUser) return described.status();
    return described;
  }

  /// A bound is one value for all rows. Empty after reporting.
  Result<std::string> TypeOfBound(const component::SqlText& bound) {
    TW_ASSIGN_OR_RETURN(const auto value, Describe(Form::kValue, bound));
    if (value.ok()) return value->columns.front().type;
    Status error = value.status();
    if (error.slug() == "unknown-column") {
      const auto place = error.place();
      error = Status::Invalid("a bound is one value, and a name is none")
                  .WithSlug("not-a-value")
                  .WithHint(
                      "write a number, another literal (\"'b'\", \"DATE '2013-01-31'\") or a "
                      "$parameter; columns are compared with {sql: \"a <= b\"}");
      if (place) error = error.WithPlace(*place);
    }
    TW_RETURN_IF_ERROR(Report(error, bound));
    return std::string();
  }

  Status Report(const Status& error, const component::SqlText& text) {
    Diagnostic diagnostic = Locate(error, text, node_.name, offset_);
    diagnostic.message =
        fmt::format("node \"{}\": check {}: {}", node_.name, check_.name, error.message());
    diagnostics_.Add(std::move(diagnostic));
    return {};
  }

  void Error(std::string slug, const component::SqlText& text, std::string message,
             std::string help) {
    diagnostics_.Error(std::move(slug),
                       fmt::format("node \"{}\": check {}: {}", node_.name, check_.name, message),
                       text.value.span(), "", std::move(help));
  }

  component::Engine& engine_;
  const spec::Node& node_;
  const spec::CheckSpec& check_;
  const data::Columns& columns_;
  const std::span<const component::Parameter> parameters_;
  Diagnostics& diagnostics_;
  std::size_t offset_ = 0;  ///< of the user's text in the statement described last
};

}  // namespace

Status BindChecks(component::Engine& engine, const spec::Node& node, const data::Columns& columns,
                  std::span<const data::Columns> foreign,
                  std::span<const component::Parameter> parameters, Diagnostics& diagnostics) {
  if (columns.empty()) return {};
  auto next = foreign.begin();
  for (const spec::CheckSpec& check : node.checks) {
    const std::size_t before = diagnostics.errors();
    const CheckStatement lowered = LowerCheck(node, check, columns, diagnostics);
    std::vector<component::Input> inputs = {component::EmptyInput{columns}};
    if (const auto* key = std::get_if<spec::CheckSpec::ForeignKey>(&check.kind)) {
      const data::Columns& other = *next++;
      if (other.empty()) continue;
      for (const std::string& column : key->to) {
        RequireColumn(column, other, check, node.name, fmt::format("\"{}\"", key->table.name),
                      diagnostics);
      }
      inputs.emplace_back(component::EmptyInput{other});
    }
    if (diagnostics.errors() > before) continue;
    TW_RETURN_IF_ERROR(
        std::visit(Binding(engine, node, check, columns, parameters, diagnostics), check.kind));
    if (diagnostics.errors() > before) continue;
    const auto whole = engine.Describe(StatementOf(lowered, std::move(inputs), parameters));
    if (whole.ok()) continue;
    if (whole.status().fault() != Fault::kUser) return whole.status();
    diagnostics.Error(
        whole.status().slug(),
        fmt::format("node \"{}\": check {}: {}", node.name, check.name, whole.status().message()),
        check.span, "", whole.status().hint());
  }
  return {};
}

}  // namespace thalweg::runs
