#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "operators/event_time.h"
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {

/// Tumbling and hopping windows, and aggregation without windows. Time is cut into panes (the
/// greatest common divisor of size and step); a row is added to one pane, a window is the sum of
/// its panes. So overlapping windows cost one update per row too.
class PaneAggregate : public WindowedAggregate {
 public:
  PaneAggregate(Plan plan, KeyTable keys, Accumulators accumulators);
  Status Snapshot(component::SnapshotWriter& writer) override;
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status Add(const data::Batch& batch, const std::uint32_t* rows, const std::uint32_t* slots,
             const std::int64_t* times, std::size_t count) override;
  bool InOnePart(std::int64_t least, std::int64_t greatest) const override;
  Status AddToPart(std::int64_t time, const data::Batch& batch, const std::uint32_t* slots,
                   std::size_t count) override;
  Status CloseUntil(std::int64_t time) override;
  bool CanUpdate(std::int64_t time) const override;
  Status OnBatch(int port, const data::Batch& batch) override;
  Status OnFrameBegin(int port, std::uint64_t id) override;
  Status OnFrameEnd(int port, std::uint64_t id) override;

 private:
  struct Pane {
    GroupStates states;
    /// Rows per group at the last snapshot: a group has changed when its number of rows has.
    std::vector<std::int64_t> rows_saved;
  };
  using Panes = std::map<std::int64_t, Pane>;  // by begin

  Pane& At(std::int64_t begin);
  Status AddToPane(std::int64_t begin, const data::Batch& batch, const std::uint32_t* rows,
                   const std::uint32_t* slots, const std::int64_t* times, std::size_t count);
  Status AddToPanes(const data::Batch& batch, const std::uint32_t* rows, const std::uint32_t* slots,
                    const std::int64_t* times, std::size_t count);
  std::vector<std::uint32_t> LiveGroups(const GroupStates& states) const;
  /// First and last begin of a window that holds the pane.
  std::int64_t FirstWindow(std::int64_t pane) const;
  std::int64_t LastWindow(std::int64_t pane) const { return FloorTo(pane, every_); }
  std::int64_t KeptUntil(std::int64_t pane) const;

  Status EmitWindow(std::int64_t start);
  /// Emits again the closed windows that late rows have changed.
  Status EmitUpdates();
  Status EmitAll();
  void Drop(Panes::iterator pane);
  void ForgetKeys();
  Fields StateFields() const;
  Status SavePane(component::SnapshotWriter& writer, std::int64_t begin, Pane* pane);

  std::int64_t size_ = 0, every_ = 0, pane_ = 0;  // 0: no windows
  Panes panes_;
  std::int64_t closed_until_ = kNever;
  std::size_t last_live_ = 0;  // groups of the pane that was dropped last
  std::map<std::int64_t, std::set<std::uint32_t>>
      updated_;      // groups that late rows changed, by pane
  GroupStates sum_;  // scratch: the panes of one window
  std::vector<GroupStates> spare_;
  /// Removed since the last snapshot: key columns and pane, already in snapshot form.
  struct Removed {
    std::vector<std::int16_t> key_groups;
    Arrays columns;
  };
  std::vector<Removed> removed_;
};

}  // namespace thalweg::operators
