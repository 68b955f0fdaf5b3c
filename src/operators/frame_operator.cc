#include "operators/frame_operator.h"

#include <arrow/record_batch.h>

namespace thalweg::operators {

Status FrameOperator::OnBatch(int, const data::Batch& batch) {
  const std::vector<int> key_groups = KeyGroups(batch);
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    ids_.push_back(rows_.Add({batch, row}, key_groups[static_cast<std::size_t>(row)]));
  }
  return {};
}

Status FrameOperator::OnWatermark(data::EventTime time) {
  return ids_.empty() ? QueuedOperator::OnWatermark(time) : Status();
}

Status FrameOperator::Flush(bool framed, std::uint64_t id) {
  if (ids_.empty()) return {};
  TW_ASSIGN_OR_RETURN(const data::Batch rows, rows_.Gather(ids_));
  for (const std::int64_t row : ids_) rows_.Remove(row);
  ids_.clear();
  return EmitRows(rows, framed, id);
}

Status FrameOperator::OnFrameBegin(int, std::uint64_t) {
  return Flush(false, 0);
}
Status FrameOperator::OnFrameEnd(int, std::uint64_t id) {
  return Flush(true, id);
}
Status FrameOperator::OnEnd(int) {
  return Flush(false, 0);
}

Status FrameOperator::Restore(component::SnapshotReader& reader) {
  return rows_.Restore(reader, context().groups, [&](std::int64_t id, const RowRef&) -> Status {
    ids_.push_back(id);
    return {};
  });
}

}  // namespace thalweg::operators
