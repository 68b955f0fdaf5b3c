#include "operators/queued_operator.h"

#include <variant>

#include <arrow/record_batch.h>

namespace thalweg::operators {

using component::Progress;

Status QueuedOperator::Open(const component::OperatorContext& context) {
  context_ = context;
  return {};
}

Result<Progress> QueuedOperator::On(component::Port port, data::Element element,
                                    component::Output& output) {
  if (auto* batch = std::get_if<data::Batch>(&element)) {
    if ((*batch)->num_rows() > 0) TW_RETURN_IF_ERROR(OnBatch(port.index, *batch));
  } else if (auto* watermark = std::get_if<data::Watermark>(&element)) {
    TW_RETURN_IF_ERROR(OnWatermark(watermark->time));
  } else if (auto* begin = std::get_if<data::FrameBegin>(&element)) {
    TW_RETURN_IF_ERROR(OnFrameBegin(port.index, begin->id));
  } else if (auto* end = std::get_if<data::FrameEnd>(&element)) {
    TW_RETURN_IF_ERROR(OnFrameEnd(port.index, end->id));
  } else if (std::holds_alternative<data::End>(element)) {
    TW_RETURN_IF_ERROR(OnEnd(port.index));
  } else {
    return Status::Internal("a barrier reached an operator");
  }
  return Drain(output);
}

Result<Progress> QueuedOperator::Continue(component::Output& output) {
  return Drain(output);
}

Result<Progress> QueuedOperator::OnTimer(const component::Timer&, component::Output&) {
  return Progress::kReady;
}

Status QueuedOperator::Snapshot(component::SnapshotWriter&) {
  return {};
}

Status QueuedOperator::Restore(component::SnapshotReader&) {
  return {};
}

Status QueuedOperator::OnWatermark(data::EventTime time) {
  Emit(data::Watermark{time});
  return {};
}

Status QueuedOperator::OnFrameBegin(int, std::uint64_t id) {
  Emit(data::FrameBegin{id});
  return {};
}

Status QueuedOperator::OnFrameEnd(int, std::uint64_t id) {
  Emit(data::FrameEnd{id});
  return {};
}

Status QueuedOperator::OnEnd(int) {
  return {};
}

void QueuedOperator::Emit(data::Batch batch) {
  if (batch->num_rows() > 0) queue_.push_back({{}, std::move(batch)});
}

void QueuedOperator::EmitSide(std::string side, data::Batch batch) {
  if (batch->num_rows() > 0) queue_.push_back({std::move(side), std::move(batch)});
}

Progress QueuedOperator::Drain(component::Output& output) {
  while (!queue_.empty()) {
    if (output.Full()) return Progress::kBlocked;
    Queued queued = std::move(queue_.front());
    queue_.pop_front();
    if (queued.side.empty()) {
      output.Emit(std::move(queued.element));
    } else {
      output.EmitSide(queued.side, std::get<data::Batch>(std::move(queued.element)));
    }
  }
  return Progress::kReady;
}

}  // namespace thalweg::operators
