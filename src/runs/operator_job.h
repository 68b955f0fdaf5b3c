#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "runs/bind_operator.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// An operator node over tables.
struct OperatorJob {
  const spec::Node* node = nullptr;
  std::shared_ptr<const OperatorPlan> plan;
  std::vector<component::Input> inputs;               ///< by port
  std::string directory;                              ///< absolute, exists, empty
  std::vector<component::Parameter> parameters = {};  ///< of the pipeline
};

struct OperatorResult {
  component::JobResult table;
  std::map<std::string, std::vector<data::DataFile>> sides;  ///< those with rows
  std::int64_t side_rows = 0;
};

/// Runs the operator over whole tables into Parquet files. The engine reads and sorts: by event
/// time, then by all other columns, so that the same tables give the same rows. Stateless operators
/// get rows as they lie. Memory is bounded by what the operator keeps.
Result<OperatorResult> RunOperatorJob(
    Workspace& workspace, OperatorJob job, std::stop_token stop,
    const std::function<void(const component::JobProgress&)>& progress);

/// The same as one statement of the engine; kUnsupported when the operator cannot be said in SQL.
Result<component::Statement> LoweredStatement(Workspace& workspace, const OperatorJob& job);

}  // namespace thalweg::runs
