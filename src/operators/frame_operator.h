#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "operators/queued_operator.h"
#include "operators/row_store.h"

namespace thalweg::operators {

/// Gathers the rows of each frame; rows outside of frames are one frame that lasts until the end of
/// input. Watermarks are held back by rows that are.
class FrameOperator : public QueuedOperator {
 public:
  Status Snapshot(component::SnapshotWriter& writer) override { return rows_.Snapshot(writer); }
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  explicit FrameOperator(data::SchemaRef schema) : rows_("rows", std::move(schema)) {}

  /// The rows of one frame, in the order in which they came; `framed`: between FrameBegin and
  /// FrameEnd of `id`.
  virtual Status EmitRows(const data::Batch& rows, bool framed, std::uint64_t id) = 0;
  /// The key group of each row.
  virtual std::vector<int> KeyGroups(const data::Batch& batch) = 0;

  Status OnBatch(int port, const data::Batch& batch) override;
  Status OnWatermark(data::EventTime time) override;
  Status OnFrameBegin(int port, std::uint64_t id) override;
  Status OnFrameEnd(int port, std::uint64_t id) override;
  Status OnEnd(int port) override;

 private:
  Status Flush(bool framed, std::uint64_t id);
  RowStore rows_;
  std::vector<std::int64_t> ids_;
};

}  // namespace thalweg::operators
