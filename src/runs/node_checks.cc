#include "runs/node_checks.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "data/quoting.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kCheckFailed = "check-failed";

}  // namespace

bool QuarantinesByCheck(const spec::Node& node) {
  return std::any_of(node.checks.begin(), node.checks.end(), [](const spec::CheckSpec& check) {
    return check.severity == spec::Severity::kQuarantine;
  });
}

std::string Summary(const std::vector<CheckResult>& checks) {
  if (checks.empty()) return "";
  const auto passed = std::count_if(checks.begin(), checks.end(),
                                    [](const CheckResult& check) { return check.passed; });
  std::string text = fmt::format("{} of {} checks passed", passed, checks.size());
  for (const auto& check : checks) {
    if (!check.passed) text += fmt::format("; {}: {}", check.name, check.found);
  }
  return text;
}

bool SomeFailed(const std::vector<CheckResult>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const CheckResult& check) {
    return !check.passed && check.severity == spec::Severity::kFail;
  });
}

Status ChecksFailed(const std::vector<CheckResult>& checks, const std::string& node,
                    std::int64_t version) {
  std::string lines;
  int failed = 0;
  const CheckResult* only = nullptr;
  for (const auto& check : checks) {
    if (check.passed || check.severity != spec::Severity::kFail) continue;
    ++failed;
    only = &check;
    lines += "\n" + ToString(check);
  }
  std::string message = fmt::format("{} checks failed{}", failed, lines);
  if (failed == 1) {
    message = fmt::format("check {} failed: {}{}", only->name, only->found,
                          only->sample.empty() ? "" : ", such as " + only->sample);
  }
  return Status::Invalid(std::move(message))
      .WithSlug(std::string(kCheckFailed))
      .WithHint(fmt::format(
          "look at the rows that were kept: thalweg query \"FROM {} AT (VERSION => {})\"", node,
          version));
}

std::string FirstLineOf(const Status& error) {
  const std::string& message = error.message();
  return error.slug() == kCheckFailed ? message.substr(0, message.find('\n')) : message;
}

Result<std::vector<CheckResult>> CheckRows(RunState& state, const GraphNode& node,
                                           const component::TableInput& staged,
                                           std::stop_token stop) {
  TW_ASSIGN_OR_RETURN(component::Engine * engine, state.workspace.engine());
  Diagnostics diagnostics;
  const auto checks = LowerChecks(*node.spec, staged.manifest.columns, diagnostics);
  TW_RETURN_IF_ERROR(diagnostics.ToStatus());
  std::vector<std::optional<component::TableInput>> others(checks.size());
  auto table = node.foreign.begin();
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!std::holds_alternative<spec::CheckSpec::ForeignKey>(checks[i].check->kind)) continue;
    TW_ASSIGN_OR_RETURN(const auto version, VersionFor(state, *table++));
    TW_ASSIGN_OR_RETURN(others[i], TableOf(state.workspace, version));
  }
  return RunChecks(*engine, checks, staged, others, state.Parameters(), stop);
}

Result<std::optional<data::DataFile>> MoveViolations(RunState& state, const GraphNode& node,
                                                     Attempt& attempt,
                                                     const std::vector<CheckStatement>& checks,
                                                     const ExecuteJob& execute,
                                                     component::JobResult* staged) {
  std::string good, reason;
  for (const auto& check : checks) {
    if (check.check->severity != spec::Severity::kQuarantine || check.row_condition.empty())
      continue;
    const std::string holds = fmt::format("COALESCE(({}), true)", check.row_condition);
    good += (good.empty() ? "" : " AND ") + holds;
    reason += fmt::format(" WHEN NOT {} THEN {}", holds,
                          data::QuoteLiteral("check " + check.check->name));
  }
  if (good.empty()) return std::optional<data::DataFile>();

  const component::TableInput table{attempt.Stage(staged->columns, staged->files),
                                    state.workspace.home().path()};
  auto write = [&](const std::string& directory, const std::string& select,
                   const std::string& where) -> Result<component::JobResult> {
    constexpr std::string_view kName = "thalweg_staged";
    std::string text = select + " FROM ";
    const std::size_t at = text.size();
    text += fmt::format("{} WHERE {}", kName, where);
    component::Statement statement{text,
                                   {{at, at + kName.size(), std::string(kName), 0}},
                                   {table},
                                   UsedParameters(text, state.Parameters())};
    const std::string path = JoinPath(attempt.directory(), directory);
    TW_RETURN_IF_ERROR(state.workspace.files().MakeDirectory(path));
    return execute({.work = std::move(statement), .out_directory = path});
  };
  TW_ASSIGN_OR_RETURN(
      const auto bad,
      write("bad",
            fmt::format("SELECT '{}' AS source, NULL::BIGINT AS line, NULL::VARCHAR AS \"column\", "
                        "CASE{} END AS reason, to_json(thalweg_staged)::VARCHAR AS raw",
                        node.name(), reason),
            fmt::format("NOT ({})", good)));
  staged->cpu += bad.cpu;
  if (bad.rows_out == 0) {
    TW_RETURN_IF_ERROR(RemoveTree(state.workspace.files(), JoinPath(attempt.directory(), "bad")));
    return std::optional<data::DataFile>();
  }
  TW_ASSIGN_OR_RETURN(auto kept, write("good", "SELECT *", good));
  for (const auto& file : staged->files) {
    if (file.path.starts_with(attempt.directory()))
      TW_RETURN_IF_ERROR(state.workspace.files().Remove(file.path));
  }
  staged->files = std::move(kept.files);
  staged->columns = std::move(kept.columns);
  staged->rows_out = kept.rows_out;
  staged->rows_rejected += bad.rows_out;
  staged->cpu += kept.cpu;
  return std::optional<data::DataFile>(bad.files.front());
}

}  // namespace thalweg::runs
