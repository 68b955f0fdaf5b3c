#include "formats/arrow_ipc_encoder.h"

#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "data/types.h"

namespace thalweg::formats {
namespace {

constexpr char kCannotWrite[] = "cannot write Arrow IPC";

/// Collects what Arrow writes.
class Collector : public arrow::io::OutputStream {
 public:
  arrow::Status Write(const void* bytes, std::int64_t size) override {
    text_.append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    position_ += size;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  std::string Take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

struct ArrowIpcEncoder::Stream {
  Collector collector;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
};

ArrowIpcEncoder::ArrowIpcEncoder(const data::SchemaRef& schema)
    : schema_(schema), stream_(std::make_unique<Stream>()) {}

ArrowIpcEncoder::~ArrowIpcEncoder() = default;

Status ArrowIpcEncoder::Begin() {
  if (stream_->writer) return Status::Ok();
  auto writer = arrow::ipc::MakeStreamWriter(&stream_->collector,
                                             std::const_pointer_cast<arrow::Schema>(schema_));
  if (!writer.ok()) return data::FromArrowStatus(writer.status(), kCannotWrite);
  stream_->writer = std::move(writer).ValueUnsafe();
  return Status::Ok();
}

Status ArrowIpcEncoder::Encode(const arrow::RecordBatch& batch, std::string* out) {
  TW_RETURN_IF_ERROR(Begin());
  const arrow::Status status = stream_->writer->WriteRecordBatch(batch);
  out->append(stream_->collector.Take());
  return status.ok() ? Status::Ok() : data::FromArrowStatus(status, kCannotWrite);
}

Status ArrowIpcEncoder::Finish(std::string* out) {
  TW_RETURN_IF_ERROR(Begin());
  const arrow::Status status = stream_->writer->Close();
  out->append(stream_->collector.Take());
  return status.ok() ? Status::Ok() : data::FromArrowStatus(status, kCannotWrite);
}

}  // namespace thalweg::formats
