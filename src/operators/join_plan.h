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
};

std::unique_ptr<component::Operator> MakeFrameJoin(std::shared_ptr<const JoinPlan> plan);
std::unique_ptr<component::Operator> MakeIntervalJoin(std::shared_ptr<const JoinPlan> plan);

}  // namespace thalweg::operators
