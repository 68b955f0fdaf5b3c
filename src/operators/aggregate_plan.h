#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/element.h"
#include "operators/aggregate_call.h"
#include "operators/window.h"

namespace thalweg::operators {

enum class LatePolicy { kDrop, kSide, kUpdate };

/// An aggregation bound to its input; shared by the operator's instances.
struct AggregatePlan {
  std::vector<std::string> by;
  std::vector<AggregateCall> calls;
  std::optional<WindowOptions> window;
  LatePolicy late = LatePolicy::kDrop;
  std::int64_t update_for_ns = 0;
  data::SchemaRef input, output;
  std::optional<std::string> event_time;
  int time_column = -1;
  std::int64_t ns_per_unit = 1;
};

}  // namespace thalweg::operators
