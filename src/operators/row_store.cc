#include "operators/row_store.h"

#include <algorithm>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/state_rows.h"

namespace thalweg::operators {

std::int64_t RowStore::Add(RowRef row, int key_group) {
  const std::int64_t id = (static_cast<std::int64_t>(key_group) << kGroupShift) |
                          next_[static_cast<std::size_t>(key_group)]++;
  rows_.emplace(id, std::move(row));
  added_.insert(id);
  return id;
}

void RowStore::Remove(std::int64_t id) {
  if (rows_.erase(id) == 0) return;
  if (added_.erase(id) == 0) removed_.push_back(id);
}

Result<data::Batch> RowStore::Gather(const std::vector<std::int64_t>& ids) const {
  std::vector<RowRef> rows;
  rows.reserve(ids.size());
  for (const std::int64_t id : ids) rows.push_back(at(id));
  return GatherRows(schema_, rows);
}

Status RowStore::Write(component::SnapshotWriter& writer, char op,
                       std::vector<std::int64_t> ids) const {
  if (ids.empty()) return {};
  std::sort(ids.begin(), ids.end());
  std::vector<RowRef> rows;
  std::vector<std::int16_t> key_groups;
  for (const std::int64_t id : ids) {
    rows.push_back(op == kPut ? at(id) : RowRef());
    key_groups.push_back(GroupOf(id));
  }
  TW_ASSIGN_OR_RETURN(const data::Batch batch, GatherRows(schema_, rows));
  Fields fields{arrow::field("_row", arrow::int64())};
  Arrays columns{MakeWide(arrow::int64(), std::move(ids))};
  for (int c = 0; c < batch->num_columns(); ++c) {
    fields.push_back(schema_->field(c)->WithNullable(true));
    columns.push_back(batch->column(c));
  }
  return WriteState(writer, table_, fields, key_groups, op, std::move(columns));
}

Status RowStore::Snapshot(component::SnapshotWriter& writer) {
  std::vector<std::int64_t> put;
  if (writer.mode() == component::SnapshotWriter::Mode::kBase) {
    for (const auto& [id, row] : rows_) put.push_back(id);
  } else {
    put.assign(added_.begin(), added_.end());
    TW_RETURN_IF_ERROR(Write(writer, kRemove, std::move(removed_)));
  }
  added_.clear();
  removed_.clear();
  return Write(writer, kPut, std::move(put));
}

Status RowStore::Restore(component::SnapshotReader& reader, component::KeyGroups owned,
                         const std::function<Status(std::int64_t id, const RowRef& row)>& each) {
  const Status read = ReadState(reader, table_, owned, [&](const StateBatch& state) -> Status {
    const auto* ids = state.rows->column_data(0)->GetValues<std::int64_t>(1);
    Arrays columns;
    for (int c = 1; c < state.rows->num_columns(); ++c) columns.push_back(state.rows->column(c));
    const data::Batch batch = MakeRows(schema_, state.rows->num_rows(), std::move(columns));
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (state.ops[static_cast<std::size_t>(row)] == kRemove) {
        rows_.erase(ids[row]);
      } else {
        rows_[ids[row]] = {batch, row};
      }
      auto& next = next_[static_cast<std::size_t>(GroupOf(ids[row]))];
      next = std::max(next, (ids[row] & ((std::int64_t{1} << kGroupShift) - 1)) + 1);
    }
    return {};
  });
  TW_RETURN_IF_ERROR(read);
  std::vector<std::int64_t> ids;
  for (const auto& [id, row] : rows_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const std::int64_t id : ids) TW_RETURN_IF_ERROR(each(id, at(id)));
  return {};
}

}  // namespace thalweg::operators
