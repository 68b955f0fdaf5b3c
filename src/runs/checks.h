#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "component/engine.h"
#include "runs/graph.h"
#include "runs/workspace.h"

namespace thalweg::runs {

struct CheckResult {
  std::string name;
  spec::Severity severity = spec::Severity::kFail;
  bool passed = true;
  std::int64_t violations = 0;  ///< rows (or 1 for a check of the whole table)
  std::string sample;           ///< of a violation, one line; may be empty
};

/// A check as SQL over the staged table, which the statement calls `thalweg_staged`.
struct CheckStatement {
  const spec::CheckSpec* check = nullptr;
  /// Boolean per row, true or NULL for a good one; empty for checks of the whole table.
  std::string row_condition;
  /// Gives one row: (violations bigint, sample varchar).
  std::string sql;
  std::vector<std::string> parameters;
  bool reads_other = false;  ///< foreign_key: `thalweg_other` is the other table
};

/// Lowers the checks of a node; columns that `columns` lacks and parameters that do not exist are
/// reported.
std::vector<CheckStatement> LowerChecks(const spec::Node& node, const data::Columns& columns,
                                        Diagnostics& diagnostics);

/// Those of `all` that `sql` names as $name: an engine refuses parameters that a statement does not
/// use.
std::vector<component::Parameter> UsedParameters(const std::string& sql,
                                                 const std::vector<component::Parameter>& all);

/// Identity of the checks of a node, for remembering their results by version.
std::string ChecksKey(const spec::Node& node, const spec::Pipeline& pipeline);

/// Runs them over one table. `other` is the foreign_key's table for each check (or none).
Result<std::vector<CheckResult>> RunChecks(
    component::Engine& engine, const std::vector<CheckStatement>& checks,
    const component::TableInput& staged,
    const std::vector<std::optional<component::TableInput>>& other,
    const std::vector<component::Parameter>& parameters, std::stop_token stop);

std::string EncodeChecks(const std::vector<CheckResult>& results);
Result<std::vector<CheckResult>> DecodeChecks(const std::string& json);

}  // namespace thalweg::runs
