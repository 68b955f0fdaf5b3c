#include "runs/stream_sinks.h"

#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

namespace thalweg::runs {

TableSink::TableSink(FileSystem& files, std::string directory, std::string prefix,
                     data::SchemaRef schema)
    : files_(files),
      directory_(std::move(directory)),
      prefix_(std::move(prefix)),
      schema_(std::move(schema)) {}

Status TableSink::Write(const data::Batch& batch) {
  if (writer_ == nullptr) {
    path_ = JoinPath(directory_, fmt::format("{}-{:08}.parquet", prefix_, ++sequence_));
    TW_ASSIGN_OR_RETURN(writer_, data::ParquetWriter::Open(files_, path_, schema_));
  }
  return writer_->Write(*batch);
}

Result<flow::Sealed> TableSink::Seal(std::uint64_t) {
  flow::Sealed sealed;
  if (writer_ == nullptr) return sealed;
  TW_ASSIGN_OR_RETURN(data::DataFile file, writer_->Finish());
  writer_.reset();
  sealed.rows = file.rows;
  sealed.files.push_back(std::move(file));
  return sealed;
}

void TableSink::Abort() {
  if (writer_ == nullptr) return;
  writer_.reset();
  // What stays behind belongs to the attempt, and is swept with it.
  const Status removed = files_.Remove(path_);
  (void)removed;
}

TargetSink::TargetSink(FileSystem& files, std::shared_ptr<component::Target> target, NodeId node)
    : files_(files), target_(std::move(target)), id_{std::move(node), 0} {}

Status TargetSink::Write(const data::Batch& batch) {
  if (writer_ == nullptr) {
    epoch_ = EpochId::New();
    TW_ASSIGN_OR_RETURN(writer_, target_->Open(id_, epoch_));
  }
  rows_ += batch->num_rows();
  return writer_->Write(batch);
}

Result<flow::Sealed> TargetSink::Seal(std::uint64_t) {
  flow::Sealed sealed;
  if (writer_ == nullptr) return sealed;
  TW_ASSIGN_OR_RETURN(component::Receipt receipt, writer_->Prepare(epoch_));
  writer_.reset();
  files_.Point("target.prepared");
  sealed.rows = std::exchange(rows_, 0);
  sealed.receipts.push_back(std::move(receipt));
  return sealed;
}

void TargetSink::Abort() {
  if (writer_ == nullptr) return;
  writer_->Abort();
  writer_.reset();
}

}  // namespace thalweg::runs
