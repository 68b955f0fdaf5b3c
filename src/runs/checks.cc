#include "runs/checks.h"

#include <iterator>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/hash.h"
#include "runs/pipeline_parameters.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kSeverities[] = {"warn", "fail", "quarantine"};

std::string_view ToString(spec::Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}

/// Results of earlier versions of this program have the number.
spec::Severity SeverityIn(const nlohmann::json& entry) {
  const auto it = entry.find("severity");
  for (std::size_t i = 0; it != entry.end() && i < std::size(kSeverities); ++i) {
    if (*it == kSeverities[i] || *it == i) return static_cast<spec::Severity>(i);
  }
  return spec::Severity::kFail;
}

std::string RowsFound(std::int64_t rows) {
  return FormatCount(rows, "row");
}

}  // namespace

std::string ToString(const CheckResult& failed) {
  return fmt::format("{}: {}{}", failed.name, failed.found,
                     failed.sample.empty() ? "" : ", such as " + failed.sample);
}

std::string ChecksKey(const spec::Node& node, const spec::Pipeline& pipeline) {
  const std::vector<component::Parameter> parameters = ParametersOf(pipeline);
  FieldHasher hasher;
  Diagnostics ignored;
  for (const auto& statement : LowerChecks(node, {}, ignored)) {
    hasher.Add(statement.sql).Add(static_cast<std::int64_t>(statement.check->severity));
    if (const auto* key = std::get_if<spec::CheckSpec::ForeignKey>(&statement.check->kind))
      hasher.Add(key->table.name);
    for (const auto& parameter : UsedParameters(statement.sql, parameters))
      hasher.Add(parameter.name).Add(parameter.text.value_or("NULL"));
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
    std::vector<component::Input> inputs = {staged};
    if (other[i]) inputs.push_back(*other[i]);
    auto stream = engine.Query(StatementOf(checks[i], std::move(inputs), parameters), stop);
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
    if (!result.passed) result.found = RowsFound(result.violations);
    if (std::holds_alternative<spec::CheckSpec::Rows>(checks[i].check->kind) &&
        !result.sample.empty())
      result.found = std::exchange(result.sample, "");
    results.push_back(std::move(result));
  }
  return results;
}

std::string EncodeChecks(const std::vector<CheckResult>& results) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& result : results) {
    json.push_back({{"name", result.name},
                    {"severity", ToString(result.severity)},
                    {"passed", result.passed},
                    {"violations", result.violations},
                    {"found", result.found},
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
    CheckResult result{entry.value("name", ""),      SeverityIn(entry),
                       entry.value("passed", false), entry.value("violations", std::int64_t{0}),
                       entry.value("found", ""),     entry.value("sample", "")};
    if (!result.passed && result.found.empty()) result.found = RowsFound(result.violations);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace thalweg::runs
