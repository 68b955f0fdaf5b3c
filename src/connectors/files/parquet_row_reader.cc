#include "connectors/files/parquet_row_reader.h"

#include <algorithm>
#include <charconv>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include "data/parquet_file.h"

namespace thalweg::connectors {
namespace {

constexpr std::int64_t kBatchRows = 16 << 10;

class ParquetRowReader : public component::Reader {
 public:
  ParquetRowReader(std::string path, data::SchemaRef schema, std::vector<int> source_of,
                   std::unique_ptr<data::ParquetReader> reader)
      : path_(std::move(path)),
        schema_(std::move(schema)),
        source_of_(std::move(source_of)),
        reader_(std::move(reader)) {}

  Status SkipTo(std::int64_t row) {
    while (row_ < row) {
      TW_RETURN_IF_ERROR(Load());
      if (!batch_) {
        return Status(Code::kCorrupt, Fault::kUser,
                      fmt::format("the file has fewer rows than it had path={}", path_))
            .WithHint("run again from the beginning");
      }
      Take(std::min(row - row_, batch_->num_rows()));
    }
    return Status::Ok();
  }

  Result<component::Polled> Poll(Bytes budget, const component::Wake&) override {
    TW_RETURN_IF_ERROR(Load());
    if (!batch_) return component::Polled{};
    const std::int64_t rows =
        std::clamp<std::int64_t>(budget.value / bytes_per_row_, 1, batch_->num_rows());
    const auto part = Take(rows);
    arrow::ArrayVector arrays;
    for (std::size_t i = 0; i < source_of_.size(); ++i) {
      if (source_of_[i] >= 0) {
        arrays.push_back(part->column(source_of_[i]));
        continue;
      }
      TW_ASSIGN_OR_RETURN(auto array, Fill(i, rows));
      arrays.push_back(std::move(array));
    }
    component::Polled polled;
    polled.state = component::Polled::State::kRows;
    polled.rows = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_), rows,
                                           std::move(arrays));
    return polled;
  }

  component::Position At() const override {
    return {row_ == 0 ? std::string() : std::to_string(row_)};
  }
  Status Ack(const component::Position&) override { return Status::Ok(); }

  /// Marks a column of the schema that holds the path.
  static constexpr int kFileName = -2;
  static constexpr int kMissing = -1;

 private:
  /// Makes batch_ hold the next rows; null at the end.
  Status Load() {
    while (!at_end_ && (!batch_ || batch_->num_rows() == 0)) {
      TW_ASSIGN_OR_RETURN(batch_, reader_->Next());
      at_end_ = batch_ == nullptr;
      if (!batch_ || batch_->num_rows() == 0) continue;
      const auto bytes = arrow::util::ReferencedBufferSize(*batch_);
      bytes_per_row_ = std::max<std::int64_t>(1, bytes.ok() ? *bytes / batch_->num_rows() : 1);
    }
    return Status::Ok();
  }

  data::Batch Take(std::int64_t rows) {
    auto part = batch_->Slice(0, rows);
    batch_ = batch_->Slice(rows);
    row_ += rows;
    return part;
  }

  Result<std::shared_ptr<arrow::Array>> Fill(std::size_t column, std::int64_t rows) const {
    const auto& type = schema_->field(static_cast<int>(column))->type();
    auto array = source_of_[column] == kFileName
                     ? arrow::MakeArrayFromScalar(arrow::StringScalar(path_), rows)
                     : arrow::MakeArrayOfNull(type, rows);
    if (!array.ok())
      return data::FromArrowStatus(array.status(), "cannot fill a column of " + path_);
    return *std::move(array);
  }

  std::string path_;
  data::SchemaRef schema_;
  std::vector<int> source_of_;  ///< by column: number in the file's batches, kMissing or kFileName
  std::unique_ptr<data::ParquetReader> reader_;
  data::Batch batch_;
  std::int64_t row_ = 0, bytes_per_row_ = 1;
  bool at_end_ = false;
};

Result<std::int64_t> ParseRow(const component::Position& from) {
  std::int64_t row = 0;
  const std::string& text = from.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
  if (text.empty()) return std::int64_t{0};
  if (error == std::errc() && end == text.data() + text.size() && row >= 0) return row;
  return Status(Code::kCorrupt, Fault::kBug,
                "a position in a Parquet file cannot be read position=" + text);
}

}  // namespace

Result<std::unique_ptr<component::Reader>> OpenParquetRows(FileSystem& files,
                                                           const std::string& path,
                                                           const data::Columns& columns,
                                                           const std::string& file_name_column,
                                                           const component::Position& from) {
  TW_ASSIGN_OR_RETURN(const std::int64_t row, ParseRow(from));
  TW_ASSIGN_OR_RETURN(const data::ParquetInfo info, data::ReadParquetInfo(files, path));
  data::Columns wanted = columns;
  std::vector<std::string> present;
  std::vector<int> source_of;
  for (const data::Column& column : columns) {
    const bool here = std::any_of(info.columns.begin(), info.columns.end(),
                                  [&](const data::Column& one) { return one.name == column.name; });
    source_of.push_back(here ? static_cast<int>(present.size()) : ParquetRowReader::kMissing);
    if (here) present.push_back(column.name);
  }
  if (!file_name_column.empty()) {
    wanted.push_back({0, file_name_column, "varchar"});
    source_of.push_back(ParquetRowReader::kFileName);
  }
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(wanted));
  TW_ASSIGN_OR_RETURN(auto reader, data::ParquetReader::Open(files, path, present, kBatchRows));
  for (std::size_t i = 0; i < source_of.size(); ++i) {
    if (source_of[i] < 0) continue;
    const auto& in_file = reader->schema()->field(source_of[i])->type();
    const auto& expected = schema->field(static_cast<int>(i))->type();
    if (in_file->Equals(*expected)) continue;
    return Status::Unsupported(
               fmt::format(
                   "a column needs an engine to be read path={} column=\"{}\" layout={} type={}",
                   path, wanted[i].name, in_file->ToString(), wanted[i].type))
        .WithHint("leave out \"file_name\", so that the engine reads the files");
  }
  auto rows =
      std::make_unique<ParquetRowReader>(path, schema, std::move(source_of), std::move(reader));
  TW_RETURN_IF_ERROR(rows->SkipTo(row));
  return Result<std::unique_ptr<component::Reader>>(std::move(rows));
}

}  // namespace thalweg::connectors
