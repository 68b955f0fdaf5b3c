#pragma once

#include <deque>
#include <vector>

#include "operators/row_store.h"
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {

/// Windows as Kapacitor's window node has them, for each key apart: aligned to the key's first row,
/// emitted when a row reaches the emission time or the watermark passes it, with the rows of
/// [emission - period, emission). Windows without rows are skipped. Period and step may come from
/// columns: a change moves the next emission by its difference unless that would lie before the row
/// that brought it.
class KapacitorAggregate : public WindowedAggregate {
 public:
  KapacitorAggregate(Plan plan, KeyTable keys, Accumulators accumulators);
  Status Snapshot(component::SnapshotWriter& writer) override;
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status OnBatch(int port, const data::Batch& batch) override;
  Status Add(const data::Batch& batch, const std::uint32_t* rows, const std::uint32_t* slots,
             const std::int64_t* times, std::size_t count) override;
  Status CloseUntil(std::int64_t time) override;

 private:
  struct Row {
    std::int64_t time;
    std::int64_t id;  // in rows_
  };
  struct Key {
    bool started = false, emitted = false, changed = false;
    std::int64_t next = 0, period = 0, every = 0;
    std::deque<Row> rows;  // as they came
  };
  /// Applies what the option columns of a row say.
  void Change(Key* key, std::int64_t time, std::int64_t period, std::int64_t every) const;
  /// Emits all windows of the key whose emission time is at or before `time`.
  Status EmitKey(std::uint32_t slot, std::int64_t time);
  Status EmitOne(std::uint32_t slot);
  void Forget(Key* key);
  void Flush();

  const std::int64_t period_, every_;
  const std::int64_t most_windows_;  // a row may ask to be in
  const bool fill_;
  int period_column_ = -1, every_column_ = -1;
  std::int64_t period_unit_ = 1, every_unit_ = 1;
  std::vector<Key> by_key_;
  RowStore rows_;
  // Result rows of this call: one group each.
  GroupStates results_;
  std::vector<std::uint32_t> result_slots_;
  std::vector<std::int64_t> starts_, ends_;
};

}  // namespace thalweg::operators
