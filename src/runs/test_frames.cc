#include "runs/test_frames.h"

#include <optional>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "data/arrow_status.h"
#include "operators/columns.h"
#include "operators/queued_operator.h"

namespace thalweg::runs {

namespace {

/// The number of the frame; below zero in its last row.
constexpr const char* kFrame = "_frame";

data::SchemaRef WithoutFrames(const data::SchemaRef& schema) {
  return schema->RemoveField(schema->num_fields() - 1).ValueOrDie();
}

/// Holds a frame back, and the watermark with it, until its last row is there: the flow may have
/// cut it. A test is never broken off, so there is no state.
class Frames : public operators::QueuedOperator {
 public:
  explicit Frames(data::SchemaRef rows) : rows_(std::move(rows)) {}

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    const int last = batch->num_columns() - 1;
    const auto* frames = batch->column_data(last)->GetValues<std::int64_t>(1);
    operators::Arrays columns = batch->columns();
    columns.pop_back();
    const data::Batch rows = operators::MakeRows(rows_, batch->num_rows(), std::move(columns));
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (frames[row] == 0) {
        Emit(rows->Slice(row, 1));
        continue;
      }
      held_.push_back({rows, row});
      if (frames[row] < 0) TW_RETURN_IF_ERROR(EmitFrame(static_cast<std::uint64_t>(-frames[row])));
    }
    return {};
  }
  Status OnWatermark(data::EventTime time) override {
    if (held_.empty()) return QueuedOperator::OnWatermark(time);
    watermark_ = time;
    return {};
  }

 private:
  Status EmitFrame(std::uint64_t id) {
    TW_ASSIGN_OR_RETURN(data::Batch rows, operators::GatherRows(rows_, std::exchange(held_, {})));
    Emit(data::FrameBegin{id});
    Emit(std::move(rows));
    Emit(data::FrameEnd{id});
    const auto watermark = std::exchange(watermark_, {});
    return watermark ? QueuedOperator::OnWatermark(*watermark) : Status();
  }

  const data::SchemaRef rows_;
  std::vector<operators::RowRef> held_;
  std::optional<data::EventTime> watermark_;
};

class FramesSpec : public component::OperatorSpec {
 public:
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator&) const override {
    component::Bound bound;
    bound.output = inputs[0];
    bound.output.schema = WithoutFrames(inputs[0].schema);
    bound.partition_by = {{}};
    return bound;
  }
  std::optional<std::string> Lower(component::Dialect,
                                   std::span<const data::EdgeType>) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override {
    return std::make_unique<Frames>(WithoutFrames(inputs[0].schema));
  }
};

}  // namespace

data::Columns WithFrames(data::Columns columns) {
  columns.push_back({0, kFrame, "bigint"});
  return columns;
}

Result<data::SchemaRef> WithFrames(const data::SchemaRef& schema) {
  auto with = schema->AddField(schema->num_fields(), arrow::field(kFrame, arrow::int64()));
  if (!with.ok()) return data::FromArrowStatus(with.status(), "add a column");
  return data::SchemaRef(*std::move(with));
}

Result<std::vector<data::Batch>> InFrame(std::int64_t frame, const data::SchemaRef& schema,
                                         std::vector<data::Batch> rows) {
  std::erase_if(rows, [](const data::Batch& batch) { return batch->num_rows() == 0; });
  for (data::Batch& batch : rows) {
    std::vector<std::int64_t> frames(static_cast<std::size_t>(batch->num_rows()), frame);
    if (&batch == &rows.back()) frames.back() = -frame;
    operators::Arrays columns = batch->columns();
    columns.push_back(operators::MakeWide(arrow::int64(), std::move(frames)));
    batch = operators::MakeRows(schema, batch->num_rows(), std::move(columns));
  }
  return rows;
}

std::shared_ptr<const component::OperatorSpec> MakeFramesSpec() {
  return std::make_shared<FramesSpec>();
}

}  // namespace thalweg::runs
