#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "catalog/records.h"
#include "component/engine.h"

namespace thalweg::runs {

/// What a node of a running stream does.
struct LiveFigures {
  double busy = 0;     ///< how many threads it keeps busy
  double blocked = 0;  ///< the share of the time in which what reads it had no room
  Bytes queued;        ///< in front of it
  Bytes state;         ///< of its last snapshot
  std::optional<Instant> watermark;
};

/// A change in the life of one node of a run, for people who watch.
struct NodeEvent {
  std::string node, kind;
  catalog::NodeState state = catalog::NodeState::kPending;
  std::string detail;  ///< why, or what came out: "reused from run 1", "3 checks passed"
  std::int64_t rows = -1, rejected = 0;
  Bytes bytes, peak_memory, spilled;
  std::chrono::nanoseconds wall{0};
  component::JobProgress progress;  ///< while running
  std::optional<LiveFigures> live;  ///< of streams, while running
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
