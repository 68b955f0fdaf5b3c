#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "operators/accumulators.h"
#include "operators/aggregate_plan.h"
#include "operators/event_time.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/state_rows.h"

namespace thalweg::operators {

/// What all forms of aggregation share: keys, event times, late rows, and the making of result
/// rows.
class WindowedAggregate : public QueuedOperator {
 public:
  using Plan = std::shared_ptr<const AggregatePlan>;

 protected:
  WindowedAggregate(Plan plan, KeyTable keys, Accumulators accumulators);

  /// Adds rows that are not late. Row rows[i] (i where `rows` is null) has key slots[i] and event
  /// time times[i].
  virtual Status Add(const data::Batch& batch, const std::uint32_t* rows,
                     const std::uint32_t* slots, const std::int64_t* times, std::size_t count) = 0;
  /// Whether all these times fall into one part of the state, to which rows can be added without
  /// their times.
  virtual bool InOnePart(std::int64_t, std::int64_t) const { return false; }
  virtual Status AddToPart(std::int64_t, const data::Batch&, const std::uint32_t*, std::size_t) {
    return {};
  }
  /// Emits every window that ends at or before `time`.
  virtual Status CloseUntil(std::int64_t time) = 0;
  /// Whether a late row may still change what was emitted.
  virtual bool CanUpdate(std::int64_t) const { return false; }

  Status OnBatch(int port, const data::Batch& batch) override;
  Status OnWatermark(data::EventTime time) override;
  Status OnEnd(int port) override;

  /// Result rows of these groups of `states`, whose keys are `slots`. One window for all of them.
  void EmitGroups(const GroupStates& states, std::span<const std::uint32_t> groups,
                  std::span<const std::uint32_t> slots, std::int64_t start, std::int64_t end);
  /// One window each.
  void EmitWindows(const GroupStates& states, std::span<const std::uint32_t> groups,
                   std::span<const std::uint32_t> slots, const std::vector<std::int64_t>& starts,
                   const std::vector<std::int64_t>& ends);
  bool windowed() const { return plan_->window.has_value(); }

  Status SaveProgress(component::SnapshotWriter& writer, std::int64_t closed_until) const;
  Status LoadProgress(component::SnapshotReader& reader, std::int64_t* closed_until);

  const Plan plan_;
  KeyTable keys_;
  Accumulators accumulators_;
  std::int64_t watermark_ = kNever;

 private:
  Status AddSlice(const data::Batch& batch);
  /// Splits off what is late or has no time. True when rows were left out: `rows_` has the others.
  bool LeaveOut(const data::Batch& batch, const std::int64_t* times, const std::uint8_t* valid);

  std::vector<std::uint32_t> slots_, rows_, picked_slots_;
  std::vector<std::int64_t> times_, picked_times_, scratch_;
  std::vector<std::uint8_t> valid_;
};

}  // namespace thalweg::operators
