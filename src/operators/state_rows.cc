#include "operators/state_rows.h"

#include <algorithm>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

namespace thalweg::operators {

using component::SnapshotWriter;

Status WriteState(SnapshotWriter& writer, std::string_view table, const Fields& fields,
                  const std::vector<std::int16_t>& key_groups, char op, Arrays columns) {
  if (key_groups.empty()) return {};
  const auto rows = static_cast<std::int64_t>(key_groups.size());
  Fields all{arrow::field("_key_group", arrow::int16(), false)};
  Arrays arrays{MakeGroups(key_groups)};
  if (writer.mode() == SnapshotWriter::Mode::kDelta) {
    all.push_back(arrow::field("_op", arrow::utf8(), false));
    arrays.push_back(RepeatText(std::string_view(&op, 1), rows));
  } else {
    TW_CHECK(op == kPut);
  }
  all.insert(all.end(), fields.begin(), fields.end());
  arrays.insert(arrays.end(), columns.begin(), columns.end());
  return writer.Write(
      table, arrow::RecordBatch::Make(arrow::schema(std::move(all)), rows, std::move(arrays)));
}

Status ReadState(component::SnapshotReader& reader, std::string_view table,
                 component::KeyGroups owned, const std::function<Status(const StateBatch&)>& each) {
  return reader.Read(table, [&](const data::Batch& batch) -> Status {
    const auto& schema = *batch->schema();
    if (schema.num_fields() < 2 || schema.field(0)->name() != "_key_group" ||
        schema.field(1)->name() != "_op") {
      return Status(
          Code::kCorrupt,
          fmt::format("state table \"{}\" does not begin with _key_group and _op", table));
    }
    Fields fields;
    Arrays columns;
    for (int c = 2; c < schema.num_fields(); ++c) {
      fields.push_back(schema.field(c));
      columns.push_back(batch->column(c));
    }
    const data::SchemaRef own = arrow::schema(std::move(fields));
    const data::Batch rows = MakeRows(own, batch->num_rows(), std::move(columns));
    const auto* groups = batch->column_data(0)->GetValues<std::int16_t>(1);
    StateBatch state;
    std::vector<RowRef> kept;
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (groups[row] != kNoGroup && !owned.Contains(groups[row])) continue;
      kept.push_back({rows, row});
      state.key_groups.push_back(groups[row]);
      const std::string_view op = TextAt(*batch->column_data(1), row);
      state.ops.push_back(op.empty() ? kPut : op.front());
    }
    if (kept.empty()) return {};
    state.rows = rows;
    if (static_cast<std::int64_t>(kept.size()) < rows->num_rows()) {
      TW_ASSIGN_OR_RETURN(state.rows, GatherRows(own, kept));
    }
    return each(state);
  });
}

Status WriteWatermark(component::SnapshotWriter& writer, std::int64_t ns) {
  return WriteState(writer, "progress", {arrow::field("_watermark", arrow::int64())}, {kNoGroup},
                    kPut, {MakeWide(arrow::int64(), {ns})});
}

Status ReadWatermark(component::SnapshotReader& reader, component::KeyGroups owned,
                     std::int64_t* ns) {
  return ReadState(reader, "progress", owned, [&](const StateBatch& state) -> Status {
    const auto* written = state.rows->column_data(0)->GetValues<std::int64_t>(1);
    *ns = std::max(*ns, *std::max_element(written, written + state.rows->num_rows()));
    return {};
  });
}

}  // namespace thalweg::operators
