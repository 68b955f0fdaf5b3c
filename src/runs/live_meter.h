#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "flow/counters.h"
#include "runs/observer.h"
#include "runs/stream_graph.h"

namespace thalweg::runs {

/// Turns the figures of a flow's steps, which only grow, into what each node does now.
class LiveMeter {
 public:
  /// By node of the plan. Shares are of the time since the call before; the first call has none.
  std::vector<LiveFigures> Look(const std::vector<flow::StepFigures>& figures,
                                const std::vector<StreamStep>& steps, std::size_t nodes,
                                std::chrono::steady_clock::time_point now);

 private:
  struct Before {
    std::int64_t busy_ns = 0, blocked_ns = 0;
  };
  std::vector<Before> before_;  // by step
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace thalweg::runs
