#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "catalog/records.h"
#include "component/engine.h"

namespace thalweg::runs {

/// A change in the life of one node of a run, for people who watch.
struct NodeEvent {
  std::string node, kind;
  catalog::NodeState state = catalog::NodeState::kPending;
  std::string detail;  ///< why, or what came out: "reused from run 1", "3 checks passed"
  std::int64_t rows = -1, rejected = 0;
  Bytes bytes, peak_memory, spilled;
  std::chrono::nanoseconds wall{0};
  component::JobProgress progress;  ///< while running
};

/// Told what happens while a run executes. Calls come from several threads, one at a time.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void OnRun(
      const catalog::RunRecord& run) = 0;  ///< when it has its number, and at its end
  virtual void OnNode(const NodeEvent& event) = 0;
  virtual void OnMessage(const std::string& text) = 0;  ///< recovery and the like
};

}  // namespace thalweg::runs
