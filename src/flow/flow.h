#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "flow/counters.h"
#include "flow/epoch_parts.h"
#include "flow/graph.h"
#include "flow/tap.h"

namespace thalweg::flow {

struct FlowOptions {
  const Clock* clock = nullptr;
  int threads = 2;
  Bytes channel_limit = Bytes::MiB(4);  ///< queued in front of a task, per input
  Bytes batch_bytes = Bytes::KiB(512);  ///< asked of readers at once
  std::chrono::nanoseconds checkpoint_every = std::chrono::seconds(1);  ///< 0: only the last epoch
  std::uint64_t first_epoch = 1;
  /// Makes the epoch durable, and visible. On a thread of its own, one epoch at a time, in order.
  /// An error ends the flow.
  std::function<Status(EpochParts)> commit;
  /// Called once when the flow ends, before its threads are joined: whoever waits outside (a target
  /// in Write) must be told.
  std::function<void()> ending;
  /// A stop ends the flow with one last epoch, unless it takes longer than this.
  std::chrono::nanoseconds stop_within = std::chrono::seconds(10);
  /// Tests: a checkpoint after every so many elements that a source sends; 0: by time.
  std::int64_t checkpoint_after_elements = 0;
};

/// Runs one graph: tasks on a fixed pool of threads (sinks have one each), channels bounded in
/// bytes between them, barriers that cut epochs.
class Flow {
 public:
  static Result<std::unique_ptr<Flow>> Make(Graph graph, FlowOptions options);
  virtual ~Flow() = default;

  /// Until every input has ended (OK), a task or a commit fails (its Status, naming the node), or
  /// `stop` is requested (kCancelled, after a last epoch). Once.
  virtual Status Run(std::stop_token stop) = 0;

  // From any thread.
  /// One per step, as in the graph.
  virtual std::vector<StepFigures> Figures() const = 0;
  /// Copies of what a step emits, as many as the tap takes. Never slows the flow.
  virtual void Attach(int step, std::shared_ptr<Tap> tap) = 0;
  virtual void Detach(int step, const std::shared_ptr<Tap>& tap) = 0;
  /// A manual clock has moved.
  virtual void Poke() = 0;
  /// The last epoch that was committed; first_epoch - 1: none.
  virtual std::uint64_t committed() const = 0;
};

}  // namespace thalweg::flow
