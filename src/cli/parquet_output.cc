#include "cli/parquet_output.h"

#include <string>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "data/arrow_status.h"
#include "data/parquet_schema.h"
#include "data/types.h"

namespace thalweg::cli {
namespace {

constexpr std::string_view kWhat = "cannot write Parquet";
constexpr std::int64_t kRowsPerGroup = 122'880;

/// Standard output as Arrow's stream.
class ConsoleStream : public arrow::io::OutputStream {
 public:
  explicit ConsoleStream(Console& console) : console_(console) {}
  arrow::Status Write(const void* data, std::int64_t bytes) override {
    if (!abandoned_)
      console_.Out({static_cast<const char*>(data), static_cast<std::size_t>(bytes)});
    position_ += bytes;
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  void Abandon() { abandoned_ = true; }

 private:
  Console& console_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  bool abandoned_ = false;
};

class StreamedParquet : public ParquetOutput {
 public:
  StreamedParquet(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<ConsoleStream> stream,
                  std::unique_ptr<parquet::arrow::FileWriter> writer)
      : schema_(std::move(schema)), stream_(std::move(stream)), writer_(std::move(writer)) {}

  // Parquet's writer completes the file when it is destroyed; half a result must not look whole.
  ~StreamedParquet() override { stream_->Abandon(); }

  Status Write(const arrow::RecordBatch& batch) override {
    return data::Guarded(kWhat, [&] {
      return data::FromArrowStatus(writer_->WriteRecordBatch(*data::Relabelled(batch, schema_)),
                                   kWhat);
    });
  }
  Status Finish() override {
    return data::Guarded(kWhat, [&] { return data::FromArrowStatus(writer_->Close(), kWhat); });
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<ConsoleStream> stream_;
  const std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

Result<std::unique_ptr<ParquetOutput>> ParquetOutput::Open(const data::SchemaRef& schema,
                                                           Console& console) {
  return data::Guarded(kWhat, [&]() -> Result<std::unique_ptr<ParquetOutput>> {
    TW_ASSIGN_OR_RETURN(const data::Columns columns, data::FromArrow(*schema));
    TW_RETURN_IF_ERROR(data::StoredColumns(columns).status());
    TW_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Schema> file_schema, data::WithExtensions(*schema));
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(parquet::Compression::ZSTD)
                                ->created_by("thalweg")
                                ->version(parquet::ParquetVersion::PARQUET_2_6)
                                ->max_row_group_length(kRowsPerGroup)
                                ->build();
    auto stream = std::make_shared<ConsoleStream>(console);
    auto writer = parquet::arrow::FileWriter::Open(*file_schema, arrow::default_memory_pool(),
                                                   stream, properties);
    if (!writer.ok()) return data::FromArrowStatus(writer.status(), kWhat);
    return std::make_unique<StreamedParquet>(std::move(file_schema), std::move(stream),
                                             *std::move(writer));
  });
}

}  // namespace thalweg::cli
