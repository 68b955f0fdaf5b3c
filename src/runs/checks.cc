#include "runs/checks.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kStaged = "thalweg_staged";
constexpr std::string_view kOther = "thalweg_other";

std::string Identifier(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string Literal(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string List(const std::vector<std::string>& columns) {
  std::string list;
  for (const auto& column : columns) list += (list.empty() ? "" : ", ") + Identifier(column);
  return list;
}

/// Rows for which `condition` is false, and one of them as text.
std::string ViolationsOf(const std::string& condition) {
  return fmt::format(
      "SELECT count(*)::BIGINT AS violations, min(to_json({0})::VARCHAR) AS sample FROM {0} WHERE "
      "NOT COALESCE(({1}), true)",
      kStaged, condition);
}

/// Lowers one kind of check after the other; what is wrong goes to the diagnostics.
class Lowering {
 public:
  Lowering(const spec::Node& node, const spec::CheckSpec& check, const data::Columns& columns,
           Diagnostics& diagnostics)
      : node_(node), check_(check), columns_(columns), diagnostics_(diagnostics) {}

  CheckStatement operator()(const spec::CheckSpec::NotNull& kind) const {
    std::string condition;
    for (const auto& column : kind.columns) {
      Require(column);
      condition += (condition.empty() ? "" : " AND ") + Identifier(column) + " IS NOT NULL";
    }
    return OnRows(condition);
  }

  CheckStatement operator()(const spec::CheckSpec::Unique& kind) const {
    for (const auto& column : kind.columns) Require(column);
    const std::string list = List(kind.columns);
    return Whole(
        fmt::format("SELECT COALESCE(sum(n - 1), 0)::BIGINT AS violations, min(k) AS sample FROM "
                    "(SELECT count(*) AS n, to_json(struct_pack({0}))::VARCHAR AS k FROM {1} GROUP "
                    "BY {2} HAVING count(*) > 1)",
                    Packed(kind.columns), kStaged, list));
  }

  CheckStatement operator()(const spec::CheckSpec::Accepted& kind) const {
    Require(kind.column);
    std::string values;
    for (const auto& value : kind.values)
      values += (values.empty() ? "" : ", ") + Literal(value.text);
    return OnRows(fmt::format("{}::VARCHAR IN ({})", Identifier(kind.column), values));
  }

  CheckStatement operator()(const spec::CheckSpec::Range& kind) const {
    Require(kind.column);
    std::string condition;
    if (kind.min) condition = fmt::format("{} >= ({})", Identifier(kind.column), kind.min->text);
    if (kind.max)
      condition += fmt::format("{}{} <= ({})", condition.empty() ? "" : " AND ",
                               Identifier(kind.column), kind.max->text);
    return OnRows(condition);
  }

  CheckStatement operator()(const spec::CheckSpec::Rows& kind) const {
    std::string condition = "true";
    if (kind.min) condition += fmt::format(" AND count(*) >= ({})", kind.min->text);
    if (kind.max) condition += fmt::format(" AND count(*) <= ({})", kind.max->text);
    return Whole(
        fmt::format("SELECT CASE WHEN {} THEN 0 ELSE 1 END::BIGINT AS violations, count(*) || ' "
                    "rows' AS sample FROM {}",
                    condition, kStaged));
  }

  CheckStatement operator()(const spec::CheckSpec::ForeignKey& kind) const {
    std::string match, present;
    for (std::size_t i = 0; i < kind.columns.size(); ++i) {
      Require(kind.columns[i]);
      const std::string& to = i < kind.to.size() ? kind.to[i] : kind.columns[i];
      match += fmt::format("{}{}.{} = {}.{}", i ? " AND " : "", kOther, Identifier(to), kStaged,
                           Identifier(kind.columns[i]));
      present += fmt::format("{}{}.{} IS NOT NULL", i ? " AND " : "", kStaged,
                             Identifier(kind.columns[i]));
    }
    CheckStatement statement =
        Whole(fmt::format("SELECT count(*)::BIGINT AS violations, min(to_json({0})::VARCHAR) AS "
                          "sample FROM {0} WHERE {1} AND NOT EXISTS (SELECT 1 FROM {2} WHERE {3})",
                          kStaged, present, kOther, match));
    statement.reads_other = true;
    return statement;
  }

  CheckStatement operator()(const spec::CheckSpec::Sql& kind) const {
    return OnRows(kind.condition.text);
  }

 private:
  CheckStatement OnRows(const std::string& condition) const {
    return {.check = &check_, .row_condition = condition, .sql = ViolationsOf(condition)};
  }

  CheckStatement Whole(std::string sql) const {
    if (check_.severity == spec::Severity::kQuarantine) {
      diagnostics_.Error(
          "check-not-per-row",
          fmt::format(
              "node \"{}\": check {} looks at the table as a whole, so it cannot move rows aside",
              node_.name, check_.name),
          check_.span, "", "use severity: fail or warn");
    }
    return {.check = &check_, .sql = std::move(sql)};
  }

  std::string Packed(const std::vector<std::string>& columns) const {
    std::string packed;
    for (const auto& column : columns)
      packed += fmt::format("{}{} := {}", packed.empty() ? "" : ", ", Identifier(column),
                            Identifier(column));
    return packed;
  }

  void Require(const std::string& column) const {
    if (columns_.empty()) return;  // unknown as yet
    std::vector<std::string> names;
    for (const auto& known : columns_) names.push_back(known.name);
    if (std::find(names.begin(), names.end(), column) != names.end()) return;
    const std::string near = Nearest(column, names);
    diagnostics_.Error(
        "unknown-column",
        fmt::format("node \"{}\": check {} names a column that the node does not have: \"{}\"",
                    node_.name, check_.name, column),
        check_.span, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  }

  const spec::Node& node_;
  const spec::CheckSpec& check_;
  const data::Columns& columns_;
  Diagnostics& diagnostics_;
};

/// Every place in `text` where `name` stands as a word of its own.
void AddSlots(const std::string& text, std::string_view name, std::size_t input,
              std::vector<component::TableSlot>* slots) {
  for (std::string_view keyword : {"FROM ", "from "}) {
    for (std::size_t at = 0;
         (at = text.find(std::string(keyword) + std::string(name), at)) != std::string::npos;) {
      const std::size_t begin = at + keyword.size();
      slots->push_back({begin, begin + name.size(), std::string(name), input});
      at = begin + name.size();
    }
  }
}

}  // namespace

std::vector<CheckStatement> LowerChecks(const spec::Node& node, const data::Columns& columns,
                                        Diagnostics& diagnostics) {
  std::vector<CheckStatement> statements;
  for (const auto& check : node.checks)
    statements.push_back(std::visit(Lowering(node, check, columns, diagnostics), check.kind));
  return statements;
}

std::vector<component::Parameter> UsedParameters(const std::string& sql,
                                                 const std::vector<component::Parameter>& all) {
  std::vector<component::Parameter> used;
  for (const auto& parameter : all) {
    const std::string mark = "$" + parameter.name;
    for (std::size_t at = 0; (at = sql.find(mark, at)) != std::string::npos; at += mark.size()) {
      const char next = at + mark.size() < sql.size() ? sql[at + mark.size()] : ' ';
      if (std::isalnum(static_cast<unsigned char>(next)) || next == '_') continue;
      used.push_back(parameter);
      break;
    }
  }
  return used;
}

std::string ChecksKey(const spec::Node& node, const spec::Pipeline& pipeline) {
  FieldHasher hasher;
  Diagnostics ignored;
  for (const auto& statement : LowerChecks(node, {}, ignored)) {
    hasher.Add(statement.sql).Add(static_cast<std::int64_t>(statement.check->severity));
    if (const auto* key = std::get_if<spec::CheckSpec::ForeignKey>(&statement.check->kind))
      hasher.Add(key->table.name);
    for (const auto& parameter : pipeline.params) {
      if (statement.sql.find("$" + parameter.name) != std::string::npos)
        hasher.Add(parameter.name).Add(parameter.value.value_or("NULL"));
    }
  }
  return hasher.Finish().ToHex();
}

Result<std::vector<CheckResult>> RunChecks(
    component::Engine& engine, const std::vector<CheckStatement>& checks,
    const component::TableInput& staged,
    const std::vector<std::optional<component::TableInput>>& other,
    const std::vector<component::Parameter>& parameters, std::stop_token stop) {
  std::vector<CheckResult> results;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    component::Statement statement{
        checks[i].sql, {}, {staged}, UsedParameters(checks[i].sql, parameters)};
    AddSlots(statement.text, kStaged, 0, &statement.slots);
    if (other[i]) {
      statement.inputs.push_back(*other[i]);
      AddSlots(statement.text, kOther, 1, &statement.slots);
    }
    std::sort(statement.slots.begin(), statement.slots.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    auto stream = engine.Query(statement, stop);
    if (!stream.ok())
      return stream.status().Annotate(fmt::format("check {}", checks[i].check->name));
    TW_ASSIGN_OR_RETURN(const data::Batch batch, (*stream)->Next());
    if (!batch || batch->num_rows() != 1)
      return Status::Internal("a check did not give one row: " + checks[i].check->name);

    CheckResult result{.name = checks[i].check->name, .severity = checks[i].check->severity};
    const auto& counts = static_cast<const arrow::Int64Array&>(*batch->column(0));
    result.violations = counts.Value(0);
    result.passed = result.violations == 0;
    if (!result.passed && !batch->column(1)->IsNull(0)) {
      const auto scalar = batch->column(1)->GetScalar(0);
      if (scalar.ok()) result.sample = (*scalar)->ToString().substr(0, 400);
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::string EncodeChecks(const std::vector<CheckResult>& results) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& result : results) {
    json.push_back({{"name", result.name},
                    {"severity", static_cast<int>(result.severity)},
                    {"passed", result.passed},
                    {"violations", result.violations},
                    {"sample", result.sample}});
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<CheckResult>> DecodeChecks(const std::string& json) {
  std::vector<CheckResult> results;
  if (json.empty()) return results;
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_array()) return Status(Code::kCorrupt, "stored check results cannot be read");
  for (const auto& entry : document) {
    results.push_back({entry.value("name", ""),
                       static_cast<spec::Severity>(entry.value("severity", 1)),
                       entry.value("passed", false), entry.value("violations", std::int64_t{0}),
                       entry.value("sample", "")});
  }
  return results;
}

}  // namespace thalweg::runs
