#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "component/engine.h"
#include "runs/lower_checks.h"

namespace thalweg::runs {

struct CheckResult {
  std::string name;
  spec::Severity severity = spec::Severity::kFail;
  bool passed = true;
  std::int64_t violations = 0;  ///< rows (or 1 for a check of the whole table)
  std::string found;            ///< of a failed one: "3 rows", "3 rows, fewer than 5"
  std::string sample;           ///< of a violation, one line; may be empty
};

/// "not_null(id): 3 rows, such as {...}".
std::string ToString(const CheckResult& failed);

/// Identity of the checks of a node, for remembering their results by version.
std::string ChecksKey(const spec::Node& node, const spec::Pipeline& pipeline);

/// Runs them over one table. `other` is the foreign_key's table for each check (or none).
Result<std::vector<CheckResult>> RunChecks(
    component::Engine& engine, const std::vector<CheckStatement>& checks,
    const component::TableInput& staged,
    const std::vector<std::optional<component::TableInput>>& other,
    const std::vector<component::Parameter>& parameters, std::stop_token stop);

/// JSON, one object per check; severity as in the file.
std::string EncodeChecks(const std::vector<CheckResult>& results);
Result<std::vector<CheckResult>> DecodeChecks(const std::string& json);

}  // namespace thalweg::runs
