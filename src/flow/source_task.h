#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/event_time.h"
#include "flow/graph.h"
#include "flow/outputs.h"
#include "flow/task.h"

namespace thalweg::flow {

/// What a position of a split holds in an epoch: {"at": the reader's own, "watermark": ns}.
component::Position PackPosition(const component::Position& at, std::int64_t watermark);
Result<std::pair<component::Position, std::int64_t>> UnpackPosition(
    const component::Position& position);

/// Reads all splits of one source, in turns.
class SourceTask : public Task {
 public:
  SourceTask(int id, int step, std::string node, Overseer* overseer, SourceStep source,
             Scheduler* scheduler, Bytes batch_bytes, std::int64_t checkpoint_after, TapPoint* tap);
  ~SourceTask() override;
  Outputs& outputs() { return outputs_; }
  void AfterCommit() override { AckCommitted(); }

 protected:
  Result<Did> Work() override;
  Status OnTimer(const component::Timer& timer) override;

 private:
  struct Waiting;  // what a wake-up from outside reaches, also when the task is gone
  struct Split {
    component::Split split;
    std::unique_ptr<component::Reader> reader;  ///< null: failed, and is not open again yet
    component::Position at;                     ///< where a reader that failed stood
    std::shared_ptr<Waiting> waiting;
    std::optional<SplitTime> time;
    std::size_t index = 0;
    std::chrono::steady_clock::time_point last_row;
    int failures = 0;
    bool ended = false, idle = false;
    bool retrying = false;
    bool idle_timer = false;  ///< one is set
  };
  Status Begin();
  Status OpenNewSplits();
  Status OpenAgain(Split& split);
  Result<bool> PollOne();  // false: nothing to poll now
  Status TakeRows(Split& split, data::Batch rows);
  Status TakeRejects(const std::vector<component::Reject>& rejects);
  Status Retry(Split& split, const Status& error);
  void SendWatermark();
  void SendBarrier(std::uint64_t epoch);
  std::map<std::string, component::Position> Positions() const;
  void AckCommitted();

  SourceStep source_;
  Scheduler* const scheduler_;
  const Bytes batch_bytes_;
  const std::int64_t checkpoint_after_;
  Outputs outputs_;
  bool begun_ = false;
  std::optional<TimeColumn> time_column_;
  std::optional<LeastWatermark> watermarks_;
  std::int64_t sent_watermark_ = INT64_MIN;
  bool sent_idle_ = false;
  std::vector<std::unique_ptr<Split>> splits_;
  std::size_t turn_ = 0;
  std::uint64_t barrier_;      ///< the last that was sent
  std::int64_t elements_ = 0;  ///< sent since
  bool look_again_ = false;    ///< for new splits
  std::int64_t rejected_ = 0;
  /// By the epoch with whose commit they are durable.
  std::map<std::uint64_t, std::map<std::string, component::Position>> unacked_;
};

}  // namespace thalweg::flow
