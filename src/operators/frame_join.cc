#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/columns.h"
#include "operators/join_plan.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/row_store.h"
#include "operators/state_rows.h"

namespace thalweg::operators {
namespace {

/// Joins what lies in one frame; rows outside of frames are one that lasts until all inputs have
/// ended.
class FrameJoin : public QueuedOperator {
 public:
  explicit FrameJoin(std::shared_ptr<const JoinPlan> plan) : plan_(std::move(plan)) {
    for (std::size_t i = 0; i < plan_->inputs.size(); ++i) {
      keys_.push_back(
          KeyTable::Make(*plan_->inputs[i].schema, plan_->on).value());  // checked at plan time
      stores_.emplace_back(fmt::format("rows_{}", i), plan_->inputs[i].schema);
    }
    ids_.resize(stores_.size());
  }

  Status Snapshot(component::SnapshotWriter& writer) override {
    for (RowStore& store : stores_) TW_RETURN_IF_ERROR(store.Snapshot(writer));
    return WriteState(writer, "progress", {arrow::field("_ended", arrow::int64())}, {kNoGroup},
                      kPut, {MakeWide(arrow::int64(), {static_cast<std::int64_t>(ended_)})});
  }
  Status Restore(component::SnapshotReader& reader) override {
    const Status progress =
        ReadState(reader, "progress", context().groups, [&](const StateBatch& state) -> Status {
          for (std::int64_t row = 0; row < state.rows->num_rows(); ++row) {
            const auto ended = state.rows->column_data(0)->GetValues<std::int64_t>(1)[row];
            ended_ = std::max(ended_, static_cast<std::size_t>(ended));
          }
          return {};
        });
    TW_RETURN_IF_ERROR(progress);
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      const Status read = stores_[i].Restore(reader, context().groups,
                                             [&](std::int64_t id, const RowRef&) -> Status {
                                               ids_[i].push_back(id);
                                               return {};
                                             });
      TW_RETURN_IF_ERROR(read);
    }
    return {};
  }

 protected:
  Status OnBatch(int port, const data::Batch& batch) override {
    const auto i = static_cast<std::size_t>(port);
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_[i].Map(*batch, slots.data());
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const int group = keys_[i].KeyGroup(slots[static_cast<std::size_t>(row)]);
      ids_[i].push_back(stores_[i].Add({batch, row}, group));
    }
    return {};
  }
  Status OnWatermark(data::EventTime time) override {
    const bool empty =
        std::all_of(ids_.begin(), ids_.end(), [](const auto& ids) { return ids.empty(); });
    return empty ? QueuedOperator::OnWatermark(time) : Status();
  }
  Status OnFrameBegin(int, std::uint64_t) override { return {}; }
  Status OnFrameEnd(int, std::uint64_t id) override {
    Emit(data::FrameBegin{id});
    TW_RETURN_IF_ERROR(JoinAll());
    Emit(data::FrameEnd{id});
    return {};
  }
  // What is still here is joined when the first input ends only if the others have ended too.
  Status OnEnd(int) override { return ++ended_ == stores_.size() ? JoinAll() : Status(); }

 private:
  struct Row {
    std::uint32_t key;
    std::int64_t time;
    std::size_t input;
    RowRef row;
  };
  Status JoinAll();
  Result<std::vector<Row>> TakeRows();

  const std::shared_ptr<const JoinPlan> plan_;
  std::vector<KeyTable> keys_;
  std::vector<RowStore> stores_;
  std::vector<std::vector<std::int64_t>> ids_;
  std::size_t ended_ = 0;
};

Result<std::vector<FrameJoin::Row>> FrameJoin::TakeRows() {
  std::vector<Row> rows;
  TW_ASSIGN_OR_RETURN(KeyTable all, KeyTable::Make(*plan_->inputs[0].schema, plan_->on));
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    const JoinPlan::Input& input = plan_->inputs[i];
    TW_ASSIGN_OR_RETURN(const data::Batch batch, stores_[i].Gather(ids_[i]));
    for (const std::int64_t id : ids_[i]) stores_[i].Remove(id);
    ids_[i].clear();
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    all.MapKeys(*KeyColumns(*batch, plan_->on), slots.data());
    std::vector<std::int64_t> scratch;
    const arrow::ArrayData& time = *batch->column_data(input.time);
    const std::int64_t* times = WideValues(time, &scratch);
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (time.IsNull(row)) {
        EmitSide("rejects", AsOutput(*plan_, i, batch->Slice(row, 1)));
        continue;
      }
      rows.push_back({slots[static_cast<std::size_t>(row)],
                      ToNanoseconds(times[row], input.ns_per_unit),
                      i,
                      {batch, row}});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.key, a.time, a.input) < std::tie(b.key, b.time, b.input);
  });
  return rows;
}

Status FrameJoin::JoinAll() {
  TW_ASSIGN_OR_RETURN(const std::vector<Row> rows, TakeRows());
  // A result is a run of rows; runs are ordered by the time of their first row.
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool joins = !runs.empty() && rows[runs.back().first].key == rows[i].key &&
                       rows[i].time - rows[runs.back().first].time <= plan_->distance;
    if (!joins) runs.emplace_back(i, i);
    runs.back().second = i + 1;
  }
  std::stable_sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) {
    return rows[a.first].time < rows[b.first].time;
  });
  if (runs.empty()) return {};
  Arrays columns;
  for (int c = 0; c < plan_->output->num_fields(); ++c) {
    // Column by column: of each run, the first row whose input has the column with a value.
    const data::SchemaRef schema = arrow::schema({plan_->output->field(c)});
    std::vector<data::Batch> narrow(plan_->inputs.size());
    std::vector<RowRef> picked;
    for (const auto& [begin, end] : runs) {
      RowRef found;
      for (std::size_t i = begin; i < end && found.batch == nullptr; ++i) {
        const int column = plan_->inputs[rows[i].input].columns[static_cast<std::size_t>(c)];
        const RowRef& row = rows[i].row;
        if (column < 0 || row.batch->column(column)->IsNull(row.row)) continue;
        data::Batch& batch = narrow[rows[i].input];
        if (batch == nullptr)
          batch = MakeRows(schema, row.batch->num_rows(), {row.batch->column(column)});
        found = {batch, row.row};
      }
      picked.push_back(found);
    }
    TW_ASSIGN_OR_RETURN(const data::Batch column, GatherRows(schema, picked));
    columns.push_back(column->column(0));
  }
  Emit(MakeRows(plan_->output, static_cast<std::int64_t>(runs.size()), std::move(columns)));
  return {};
}

}  // namespace

std::unique_ptr<component::Operator> MakeFrameJoin(std::shared_ptr<const JoinPlan> plan) {
  return std::make_unique<FrameJoin>(std::move(plan));
}

}  // namespace thalweg::operators
