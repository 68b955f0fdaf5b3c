#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/diagnostic.h"
#include "data/arrow_file.h"
#include "data/arrow_status.h"
#include "data/parquet_file.h"
#include "data/parquet_schema.h"

namespace thalweg::data {
namespace {

// What Arrow cannot make of a file's bytes is the file's fault; what the file seam reported stays
// what it is.
Status ReadFailure(const arrow::Status& status, const std::string& path) {
  const bool keeps_its_code = CarriesOurStatus(status) || status.IsNotImplemented() ||
                              status.IsOutOfMemory() || status.IsCancelled();
  if (status.ok() || keeps_its_code) return FromArrowStatus(status, "cannot read " + path);
  return Status(Code::kCorrupt,
                fmt::format("not a readable Parquet file path={}: {}", path, status.message()))
      .WithHint("write the file anew, or leave it out");
}

Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(
    FileSystem& files, const std::string& path, const parquet::ArrowReaderProperties& properties) {
  TW_ASSIGN_OR_RETURN(std::shared_ptr<ArrowInputFile> file, ArrowInputFile::Open(files, path));
  parquet::arrow::FileReaderBuilder builder;
  TW_RETURN_IF_ERROR(ReadFailure(builder.Open(std::move(file)), path));
  builder.properties(properties);
  auto reader = builder.Build();
  if (!reader.ok()) return ReadFailure(reader.status(), path);
  return *std::move(reader);
}

void AddLeaves(const parquet::arrow::SchemaField& node, std::vector<int>& leaves) {
  if (node.column_index >= 0) leaves.push_back(node.column_index);
  for (const parquet::arrow::SchemaField& child : node.children) AddLeaves(child, leaves);
}

// The position of each wanted column among the file's top-level fields.
Result<std::vector<int>> Positions(const arrow::Schema& schema,
                                   const std::vector<std::string>& wanted,
                                   const std::string& path) {
  std::vector<int> positions;
  for (const std::string& name : wanted) {
    const int position = schema.GetFieldIndex(name);
    if (position < 0) {
      const std::string near = Nearest(name, schema.field_names());
      return Status::NotFound(
                 fmt::format("the file has no such column column=\"{}\" path={}", name, path))
          .WithSlug("unknown-column")
          .WithHint(near.empty()
                        ? "its columns: " + fmt::format("{}", fmt::join(schema.field_names(), ", "))
                        : fmt::format("did you mean \"{}\"?", near));
    }
    positions.push_back(position);
  }
  return positions;
}

class FileParquetReader : public ParquetReader {
 public:
  FileParquetReader(std::string path, std::unique_ptr<parquet::arrow::FileReader> file,
                    std::unique_ptr<arrow::RecordBatchReader> batches, std::vector<int> order,
                    std::shared_ptr<arrow::Schema> schema)
      : path_(std::move(path)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        order_(std::move(order)),
        schema_(std::move(schema)) {}

  SchemaRef schema() const override { return schema_; }

  Result<Batch> Next() override {
    return Guarded("cannot read " + path_, [&]() -> Result<Batch> {
      Batch batch;
      TW_RETURN_IF_ERROR(ReadFailure(batches_->ReadNext(&batch), path_));
      if (batch == nullptr) return batch;
      auto ordered = batch->SelectColumns(order_);
      if (!ordered.ok()) return ReadFailure(ordered.status(), path_);
      return Relabelled(**ordered, schema_);
    });
  }

 private:
  const std::string path_;
  const std::unique_ptr<parquet::arrow::FileReader> file_;  // outlives batches_
  const std::unique_ptr<arrow::RecordBatchReader> batches_;
  const std::vector<int> order_;  // of the batches' columns in ours
  const std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<ParquetInfo> ReadParquetInfo(FileSystem& files, const std::string& path) {
  return Guarded("cannot read " + path, [&]() -> Result<ParquetInfo> {
    TW_ASSIGN_OR_RETURN(const FileInfo on_disk, files.Stat(path));
    TW_ASSIGN_OR_RETURN(const auto reader, OpenReader(files, path, ParquetReaderProperties()));
    const std::shared_ptr<parquet::FileMetaData> footer = reader->parquet_reader()->metadata();
    ParquetInfo info;
    Result<Columns> columns = ColumnsOfFooter(*footer);
    if (!columns.ok()) return columns.status().Annotate(path);
    info.columns = std::move(*columns);
    info.rows = footer->num_rows();
    info.size = on_disk.size;
    return info;
  });
}

Result<std::unique_ptr<ParquetReader>> ParquetReader::Open(FileSystem& files,
                                                           const std::string& path,
                                                           std::vector<std::string> columns,
                                                           std::int64_t batch_rows) {
  return Guarded("cannot read " + path, [&]() -> Result<std::unique_ptr<ParquetReader>> {
    parquet::ArrowReaderProperties properties = ParquetReaderProperties();
    properties.set_batch_size(batch_rows);
    TW_ASSIGN_OR_RETURN(auto reader, OpenReader(files, path, properties));

    std::shared_ptr<arrow::Schema> file_schema;
    TW_RETURN_IF_ERROR(ReadFailure(reader->GetSchema(&file_schema), path));
    if (columns.empty()) columns = file_schema->field_names();
    TW_ASSIGN_OR_RETURN(const std::vector<int> wanted, Positions(*file_schema, columns, path));

    // Arrow wants leaves, and gives the chosen fields in the file's order.
    std::vector<int> in_file_order = wanted;
    std::sort(in_file_order.begin(), in_file_order.end());
    std::vector<int> leaves, order;
    for (const int field : in_file_order)
      AddLeaves(reader->manifest().schema_fields[static_cast<std::size_t>(field)], leaves);
    arrow::FieldVector fields;
    for (const int field : wanted) {
      const auto at = std::lower_bound(in_file_order.begin(), in_file_order.end(), field);
      order.push_back(static_cast<int>(at - in_file_order.begin()));
      fields.push_back(file_schema->field(field));
    }
    std::vector<int> groups(static_cast<std::size_t>(reader->num_row_groups()));
    std::iota(groups.begin(), groups.end(), 0);
    auto batches = reader->GetRecordBatchReader(groups, leaves);
    if (!batches.ok()) return ReadFailure(batches.status(), path);
    TW_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Schema> schema,
                        WithoutExtensions(*arrow::schema(std::move(fields))));
    return std::make_unique<FileParquetReader>(path, std::move(reader), *std::move(batches),
                                               std::move(order), std::move(schema));
  });
}

}  // namespace thalweg::data
