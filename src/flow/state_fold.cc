#include "flow/state_fold.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/array_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "flow/state_files.h"
#include "operators/columns.h"
#include "operators/key_table.h"

namespace thalweg::flow {

namespace {

/// `_key_group` and `_op` stand in front of a table's own columns.
constexpr int kLeading = 2, kOp = 1;

class Folder {
 public:
  Status Add(const data::Batch& batch) {
    if (schema_ == nullptr) TW_RETURN_IF_ERROR(Begin(*batch->schema()));
    TW_ASSIGN_OR_RETURN(const data::Batch keys, KeysOf(batch));
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_->MapKeys(*keys, slots.data());
    rows_.resize(keys_->size());
    const auto rows = batch->RemoveColumn(kOp);
    if (!rows.ok()) return Status::Internal(rows.status().ToString());
    const auto& ops = static_cast<const arrow::StringArray&>(*batch->column(kOp));
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      operators::RowRef& kept = rows_[slots[static_cast<std::size_t>(row)]];
      kept = ops.GetView(row) == "D" ? operators::RowRef() : operators::RowRef{*rows, row};
    }
    return {};
  }

  /// All rows; none when there are none.
  Result<data::Batch> Rows() {
    std::erase_if(rows_, [](const auto& row) { return row.batch == nullptr; });
    if (rows_.empty()) return data::Batch();
    return operators::GatherRows(schema_, rows_);
  }

 private:
  Status Begin(const arrow::Schema& schema) {
    const auto rows = schema.RemoveField(kOp);
    if (!rows.ok()) return Status::Internal(rows.status().ToString());
    schema_ = *rows;
    arrow::FieldVector fields(schema.fields().begin() + kLeading,
                              schema.fields().begin() + kLeading + KeyColumnsOf(schema));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      names.push_back(std::to_string(i));  // two columns may have one name
      fields[i] = fields[i]->WithName(names.back());
    }
    key_schema_ = arrow::schema(std::move(fields));
    TW_ASSIGN_OR_RETURN(auto keys, operators::KeyTable::Make(*key_schema_, names));
    keys_ = std::make_unique<operators::KeyTable>(std::move(keys));
    return {};
  }

  Result<data::Batch> KeysOf(const data::Batch& batch) const {
    operators::Arrays columns(batch->columns().begin() + kLeading,
                              batch->columns().begin() + kLeading + key_schema_->num_fields());
    return arrow::RecordBatch::Make(key_schema_, batch->num_rows(), std::move(columns));
  }

  data::SchemaRef schema_;
  std::shared_ptr<arrow::Schema> key_schema_;
  std::unique_ptr<operators::KeyTable> keys_;
  std::vector<operators::RowRef> rows_;  // by key; no batch: removed
};

}  // namespace

int KeyColumnsOf(const arrow::Schema& schema) {
  constexpr std::array<std::string_view, 3> kLast = {"_row", "_pane", "_first"};
  constexpr std::array<std::string_view, 3> kBehind = {"_next", "_mode", "_watermark"};
  for (int c = kLeading; c < schema.num_fields(); ++c) {
    const std::string& name = schema.field(c)->name();
    if (std::find(kLast.begin(), kLast.end(), name) != kLast.end()) return c - kLeading + 1;
    if (std::find(kBehind.begin(), kBehind.end(), name) != kBehind.end()) return c - kLeading;
  }
  return 0;
}

Status ReadFolded(FileSystem& files, const std::string& home,
                  const std::vector<data::DataFile>& chain, const std::string& table,
                  const std::function<Status(const data::Batch&)>& each) {
  std::map<int, std::vector<data::DataFile>> instances;
  for (const data::DataFile& file : chain) {
    TW_ASSIGN_OR_RETURN(const StateFileName name, ParseStateFileName(file.path));
    instances[name.instance].push_back(file);
  }
  for (const auto& [instance, own] : instances) {
    Folder folder;
    TW_RETURN_IF_ERROR(StateReader(files, home, own).Read(table, [&](const data::Batch& batch) {
      return batch->num_rows() == 0 ? Status() : folder.Add(batch);
    }));
    TW_ASSIGN_OR_RETURN(const data::Batch rows, folder.Rows());
    if (rows) TW_RETURN_IF_ERROR(each(rows));
  }
  return {};
}

}  // namespace thalweg::flow
