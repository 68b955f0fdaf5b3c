#pragma once

#include <stop_token>

#include "runs/run_state.h"
#include "runs/stream_plan.h"

namespace thalweg::runs {

/// How a stream commits; from the environment in tests.
struct StreamOptions {
  std::chrono::nanoseconds checkpoint_every = std::chrono::seconds(1);
  std::int64_t checkpoint_after_elements = 0;
  Bytes batch_bytes = Bytes::KiB(512);
};

/// Runs the streaming nodes of a run whose batch nodes have ended: until every source has ended, a
/// node fails, or a stop is requested. Writes the results of its nodes into `state`.
/// Each checkpoint is one commit over all of them.
void RunStream(RunState& state, std::stop_token stop);

}  // namespace thalweg::runs
