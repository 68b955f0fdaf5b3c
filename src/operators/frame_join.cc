#include <algorithm>
#include <limits>
#include <map>
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
#include "operators/event_time.h"
#include "operators/join_plan.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/row_store.h"
#include "operators/state_rows.h"

namespace thalweg::operators {
namespace {

/// Kept rows have one more column: the frame that they lie in, NULL outside of frames.
constexpr const char* kFrame = "_frame";

/// Joins what lies in one frame. Frames of the same number on several inputs are one; it is
/// complete when the watermark has passed all of its rows, for then no input has more of it,
/// whoever came first. Rows outside of frames are one that lasts until all inputs have ended.
class FrameJoin : public QueuedOperator {
 public:
  explicit FrameJoin(std::shared_ptr<const JoinPlan> plan) : plan_(std::move(plan)) {
    for (std::size_t i = 0; i < plan_->inputs.size(); ++i) {
      const data::SchemaRef& schema = plan_->inputs[i].schema;
      keys_.push_back(KeyTable::Make(*schema, plan_->on).value());  // checked at plan time
      stores_.emplace_back(
          fmt::format("rows_{}", i),
          schema->AddField(schema->num_fields(), arrow::field(kFrame, arrow::int64()))
              .ValueOrDie());
    }
    open_.resize(stores_.size());
  }

  Status Snapshot(component::SnapshotWriter& writer) override {
    for (RowStore& store : stores_) TW_RETURN_IF_ERROR(store.Snapshot(writer));
    return {};
  }
  // Which inputs have ended is no state: the flow says it again.
  Status Restore(component::SnapshotReader& reader) override {
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      const Status read = stores_[i].Restore(
          reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
            const arrow::ArrayData& frame = *row.batch->column_data(row.batch->num_columns() - 1);
            FrameId of;
            if (frame.IsValid(row.row))
              of = static_cast<std::uint64_t>(frame.GetValues<std::int64_t>(1)[row.row]);
            Keep(of, i, *row.batch, row.row, id);
            return {};
          });
      TW_RETURN_IF_ERROR(read);
    }
    return {};
  }

 protected:
  Status OnBatch(int port, const data::Batch& batch) override {
    const auto i = static_cast<std::size_t>(port);
    const FrameId frame = open_[i];
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_[i].Map(*batch, slots.data());
    Arrays columns = batch->columns();
    columns.push_back(MakeWide(
        arrow::int64(),
        std::vector<std::int64_t>(slots.size(), static_cast<std::int64_t>(frame.value_or(0))),
        std::vector<std::uint8_t>(slots.size(), frame.has_value())));
    const data::Batch marked = MakeRows(stores_[i].schema(), batch->num_rows(), std::move(columns));
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const int group = keys_[i].KeyGroup(slots[static_cast<std::size_t>(row)]);
      Keep(frame, i, *batch, row, stores_[i].Add({marked, row}, group));
    }
    return {};
  }
  Status OnWatermark(data::EventTime time) override {
    TW_RETURN_IF_ERROR(JoinFramesBefore(time.ns));
    // What is still kept comes out with the times that it has.
    for (const auto& [id, frame] : frames_) time.ns = std::min(time.ns, frame.first);
    if (time.ns <= watermark_) return {};
    watermark_ = time.ns;
    return QueuedOperator::OnWatermark(time);
  }
  Status OnFrameBegin(int port, std::uint64_t id) override {
    open_[static_cast<std::size_t>(port)] = id;
    return {};
  }
  Status OnFrameEnd(int port, std::uint64_t) override {
    open_[static_cast<std::size_t>(port)].reset();
    return {};
  }
  // What is still here is joined when the first input ends only if the others have ended too.
  Status OnEnd(int) override {
    if (++ended_ < stores_.size()) return {};
    TW_RETURN_IF_ERROR(JoinFramesBefore(kForever));
    if (frames_.empty()) return {};
    const Frame rest = std::move(frames_.begin()->second);
    frames_.clear();
    return JoinRows(rest);
  }

 private:
  using FrameId = std::optional<std::uint64_t>;
  struct Frame {
    std::vector<std::vector<std::int64_t>> ids;    // by input
    std::int64_t first = kForever, last = kNever;  // event times of its rows
  };
  struct Row {
    std::uint32_t key;
    std::int64_t time;
    std::size_t input;
    RowRef row;
  };
  void Keep(FrameId of, std::size_t input, const arrow::RecordBatch& batch, std::int64_t row,
            std::int64_t id);
  /// All frames whose rows lie before `time`, in the order of their last rows.
  Status JoinFramesBefore(std::int64_t time);
  Status JoinRows(const Frame& frame);
  Result<std::vector<Row>> TakeRows(const Frame& frame);

  const std::shared_ptr<const JoinPlan> plan_;
  std::vector<KeyTable> keys_;
  std::vector<RowStore> stores_;
  std::vector<FrameId> open_;  // by input; between two epochs none is
  std::map<FrameId, Frame> frames_;
  std::int64_t watermark_ = kNever;  // the last that was sent
  std::size_t ended_ = 0;
};

void FrameJoin::Keep(FrameId of, std::size_t input, const arrow::RecordBatch& batch,
                     std::int64_t row, std::int64_t id) {
  Frame& frame = frames_[of];
  frame.ids.resize(stores_.size());
  frame.ids[input].push_back(id);
  const JoinPlan::Input& from = plan_->inputs[input];
  const arrow::ArrayData& column = *batch.column_data(from.time);
  if (column.IsNull(row)) return;
  const std::int64_t time = ToNanoseconds(column.GetValues<std::int64_t>(1)[row], from.ns_per_unit);
  frame.first = std::min(frame.first, time);
  frame.last = std::max(frame.last, time);
}

Status FrameJoin::JoinFramesBefore(std::int64_t time) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> complete;
  for (const auto& [id, frame] : frames_) {
    if (id && (frame.last < time || time == kForever)) complete.emplace_back(frame.last, *id);
  }
  std::sort(complete.begin(), complete.end());
  for (const auto& [last, id] : complete) {
    const Frame frame = std::move(frames_.extract(id).mapped());
    Emit(data::FrameBegin{id});
    TW_RETURN_IF_ERROR(JoinRows(frame));
    Emit(data::FrameEnd{id});
  }
  return {};
}

Result<std::vector<FrameJoin::Row>> FrameJoin::TakeRows(const Frame& frame) {
  std::vector<Row> rows;
  TW_ASSIGN_OR_RETURN(KeyTable all, KeyTable::Make(*plan_->inputs[0].schema, plan_->on));
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    const JoinPlan::Input& input = plan_->inputs[i];
    TW_ASSIGN_OR_RETURN(const data::Batch batch, stores_[i].Gather(frame.ids[i]));
    for (const std::int64_t id : frame.ids[i]) stores_[i].Remove(id);
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

Status FrameJoin::JoinRows(const Frame& frame) {
  TW_ASSIGN_OR_RETURN(const std::vector<Row> rows, TakeRows(frame));
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
