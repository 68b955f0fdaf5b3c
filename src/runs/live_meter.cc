#include "runs/live_meter.h"

#include <algorithm>

namespace thalweg::runs {

std::vector<LiveFigures> LiveMeter::Look(const std::vector<flow::StepFigures>& figures,
                                         const std::vector<StreamStep>& steps, std::size_t nodes,
                                         std::chrono::steady_clock::time_point now) {
  std::vector<LiveFigures> live(nodes);
  const auto passed = static_cast<double>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now - looked_).count());
  const bool first = before_.empty();
  before_.resize(figures.size());
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const flow::StepFigures& step = figures[i];
    LiveFigures& node = live[steps[i].node];
    if (!first && passed > 0) {
      node.busy += static_cast<double>(step.busy_ns - before_[i].busy_ns) / passed;
      node.blocked =
          std::max(node.blocked, static_cast<double>(step.blocked_ns - before_[i].blocked_ns) /
                                     passed / std::max(step.tasks, 1));
    }
    before_[i] = {step.busy_ns, step.blocked_ns};
    node.queued += Bytes(step.queued_bytes);
    node.state += Bytes(step.state_bytes);
    if (step.watermark != INT64_MIN && steps[i].role != StreamStep::Role::kStored &&
        steps[i].role != StreamStep::Role::kTable) {
      // A node that sets event time anew has its own behind that of its operator.
      node.watermark =
          Instant(std::chrono::floor<Instant::duration>(std::chrono::nanoseconds(step.watermark)));
    }
  }
  looked_ = now;
  return live;
}

}  // namespace thalweg::runs
