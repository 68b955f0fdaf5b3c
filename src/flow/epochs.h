#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "flow/epoch_parts.h"
#include "flow/task.h"

namespace thalweg::flow {

/// Collects what the tasks of a flow add to each epoch. One epoch is open at a time; a task that
/// ends adds its last part to the open epoch, if it has not done so yet, else to the next one. When
/// all have ended one last epoch follows. Not thread-safe.
class Epochs {
 public:
  explicit Epochs(std::uint64_t first) : next_(first) {}
  /// `counted`: tasks that end (those of tables do not).
  void Begin(int tasks, int counted) { tasks_ = tasks, counted_ = counted; }

  std::uint64_t Request();
  void Ack(int task, int step, int instance, std::uint64_t epoch, TaskPart part);
  void Ended(int task, int step, int instance, TaskPart part);
  /// The epoch that is complete now, once.
  std::optional<EpochParts> TakeComplete();

  bool in_flight() const { return open_.has_value(); }
  bool all_ended() const { return static_cast<int>(ended_.size()) == counted_; }

 private:
  void Merge(EpochParts* into, int step, int instance, TaskPart part);

  int tasks_ = 0, counted_ = 0;
  std::uint64_t next_;
  std::optional<EpochParts> open_;
  std::set<int> acked_, ended_;
  EpochParts late_;  ///< of tasks that ended after their Ack of the open epoch
  bool last_taken_ = false;
};

}  // namespace thalweg::flow
