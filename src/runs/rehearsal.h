#pragma once

#include <functional>

#include "base/status.h"
#include "flow/flow.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// How a run differs that is only a test: other nodes, and another clock for its stream.
struct Rehearsal {
  std::function<Status(spec::Pipeline* pipeline)> edit;  ///< after the file was loaded
  std::function<void(flow::FlowOptions* options)> stream;
};

}  // namespace thalweg::runs
