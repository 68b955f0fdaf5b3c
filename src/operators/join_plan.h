#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "component/operator.h"
#include "data/element.h"

namespace thalweg::operators {

/// A join bound to its inputs.
struct JoinPlan {
  struct Input {
    data::SchemaRef schema;
    int time = -1;
    std::int64_t ns_per_unit = 1;
    std::vector<int> columns;  ///< by column of the output: where it lies in this input, or -1
  };
  std::vector<std::string> on;
  std::vector<Input> inputs;
  data::SchemaRef output;
  std::int64_t distance = 0;  ///< tolerance or within
  // Of joins as of a time:
  std::optional<std::int64_t> tolerance;
  bool inner = false;
};

/// Rows of one input as rows of the output: the columns of other inputs are NULL, but for the keys.
data::Batch AsOutput(const JoinPlan& plan, std::size_t input, const data::Batch& rows);
data::Batch KeyColumns(const arrow::RecordBatch& rows, const std::vector<std::string>& on);

std::unique_ptr<component::Operator> MakeFrameJoin(std::shared_ptr<const JoinPlan> plan);
std::unique_ptr<component::Operator> MakeAsofJoin(std::shared_ptr<const JoinPlan> plan);
std::unique_ptr<component::Operator> MakeIntervalJoin(std::shared_ptr<const JoinPlan> plan);

}  // namespace thalweg::operators
