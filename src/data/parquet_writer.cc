#include <memory>
#include <string>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "data/arrow_file.h"
#include "data/arrow_status.h"
#include "data/parquet_file.h"
#include "data/parquet_schema.h"

namespace thalweg::data {
namespace {

Result<parquet::Compression::type> CodecOf(const std::string& name) {
  if (name == "none") return parquet::Compression::UNCOMPRESSED;
  if (name == "snappy") return parquet::Compression::SNAPPY;
  if (name == "gzip") return parquet::Compression::GZIP;
  if (name == "zstd") return parquet::Compression::ZSTD;
  return Status::Invalid(fmt::format("unknown Parquet codec name=\"{}\"", name))
      .WithHint("use none, snappy, gzip or zstd");
}

class FileParquetWriter : public ParquetWriter {
 public:
  FileParquetWriter(std::string path, SchemaRef schema, std::shared_ptr<arrow::Schema> file_schema,
                    std::shared_ptr<ArrowOutputFile> file,
                    std::unique_ptr<parquet::arrow::FileWriter> writer)
      : path_(std::move(path)),
        schema_(std::move(schema)),
        file_schema_(std::move(file_schema)),
        file_(std::move(file)),
        writer_(std::move(writer)) {}

  // Parquet's writer completes the file when it is destroyed; an unfinished one must not look
  // finished.
  ~FileParquetWriter() override { file_->Abandon(); }

  Status Write(const arrow::RecordBatch& batch) override {
    return Guarded("cannot write " + path_, [&] {
      TW_CHECK(batch.schema()->Equals(*schema_, /*check_metadata=*/false));
      const Batch rows = Relabelled(batch, file_schema_);
      rows_ += batch.num_rows();
      return FromArrowStatus(writer_->WriteRecordBatch(*rows), "cannot write " + path_);
    });
  }

  Result<DataFile> Finish() override {
    return Guarded("cannot write " + path_, [&]() -> Result<DataFile> {
      TW_RETURN_IF_ERROR(FromArrowStatus(writer_->Close(), "cannot write " + path_));
      DataFile file;
      file.path = path_;
      file.rows = rows_;
      file.size = Bytes(file_->Tell().ValueOr(0));
      TW_RETURN_IF_ERROR(file_->SyncAndClose());
      return file;
    });
  }

 private:
  const std::string path_;
  const SchemaRef schema_;
  const std::shared_ptr<arrow::Schema> file_schema_;
  const std::shared_ptr<ArrowOutputFile> file_;
  const std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Open(FileSystem& files,
                                                           const std::string& path,
                                                           SchemaRef schema, Options options) {
  const std::string what = "cannot write " + path;
  return Guarded(what, [&]() -> Result<std::unique_ptr<ParquetWriter>> {
    TW_ASSIGN_OR_RETURN(const Columns columns, FromArrow(*schema));
    TW_RETURN_IF_ERROR(StoredColumns(columns).status());
    TW_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Schema> file_schema, WithExtensions(*schema));
    TW_ASSIGN_OR_RETURN(const parquet::Compression::type codec, CodecOf(options.codec));
    parquet::WriterProperties::Builder builder;
    builder.compression(codec)
        ->created_by("thalweg")
        ->version(parquet::ParquetVersion::PARQUET_2_6)
        ->max_row_group_length(options.rows_per_group);
    if (options.plain) builder.disable_dictionary()->disable_statistics();
    const std::shared_ptr<parquet::WriterProperties> properties = builder.build();
    TW_ASSIGN_OR_RETURN(std::shared_ptr<ArrowOutputFile> file,
                        ArrowOutputFile::Create(files, path));
    auto writer = parquet::arrow::FileWriter::Open(*file_schema, arrow::default_memory_pool(), file,
                                                   properties);
    if (!writer.ok()) return FromArrowStatus(writer.status(), what);
    return std::make_unique<FileParquetWriter>(path, std::move(schema), std::move(file_schema),
                                               std::move(file), *std::move(writer));
  });
}

}  // namespace thalweg::data
