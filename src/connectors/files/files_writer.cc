#include "connectors/files/files_writer.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <fmt/format.h>

namespace thalweg::connectors {
namespace {

class FilesWriter : public component::Writer {
 public:
  FilesWriter(FileSystem& files, FilesWriterPlan plan) : files_(files), plan_(std::move(plan)) {}
  ~FilesWriter() override { Abort(); }

  Status Begin() {
    if (plan_.body.directory) {
      // Left over from an attempt that failed under the same epoch.
      TW_RETURN_IF_ERROR(RemoveTree(files_, plan_.temp));
      TW_RETURN_IF_ERROR(files_.MakeDirectory(plan_.temp));
    }
    open_ = true;
    return OpenPart();
  }

  Status Write(const data::Batch& batch) override {
    if (!plan_.body.max_rows_per_file) return sink_->Write(*batch);
    for (std::int64_t row = 0; row < batch->num_rows();) {
      if (rows_in_part_ == *plan_.body.max_rows_per_file) {
        TW_RETURN_IF_ERROR(ClosePart());
        TW_RETURN_IF_ERROR(OpenPart());
      }
      const std::int64_t room = *plan_.body.max_rows_per_file - rows_in_part_;
      const std::int64_t rows = std::min(room, batch->num_rows() - row);
      TW_RETURN_IF_ERROR(sink_->Write(*batch->Slice(row, rows)));
      rows_in_part_ += rows;
      row += rows;
    }
    return Status::Ok();
  }

  Result<component::Receipt> Prepare(EpochId) override {
    TW_RETURN_IF_ERROR(ClosePart());
    if (plan_.body.directory) TW_RETURN_IF_ERROR(files_.SyncDirectory(plan_.temp));
    TW_RETURN_IF_ERROR(files_.SyncDirectory(ParentPath(plan_.path)));
    open_ = false;
    FileReceipt receipt{
        .path = plan_.path, .temp = plan_.temp, .directory = plan_.body.directory, .parts = parts_};
    return component::Receipt{plan_.identity, receipt.ToJson()};
  }

  void Abort() override {
    sink_.reset();
    if (!open_) return;
    open_ = false;
    // What cannot be removed now is found by Recover.
    static_cast<void>(plan_.body.directory ? RemoveTree(files_, plan_.temp)
                                           : files_.Remove(plan_.temp));
  }

 private:
  std::string CurrentName() const {
    return plan_.body.directory ? PartName(plan_.body, parts_.size()) : std::string();
  }

  Status OpenPart() {
    const std::string name = CurrentName();
    TW_ASSIGN_OR_RETURN(
        sink_, FileSink::Open(files_, JoinPath(plan_.temp, name), name.empty() ? plan_.path : name,
                              plan_.schema, plan_.body));
    rows_in_part_ = 0;
    return Status::Ok();
  }

  Status ClosePart() {
    TW_ASSIGN_OR_RETURN(FileProof proof, sink_->Finish());
    sink_.reset();
    parts_.emplace_back(CurrentName(), std::move(proof));
    return Status::Ok();
  }

  FileSystem& files_;
  const FilesWriterPlan plan_;
  std::unique_ptr<FileSink> sink_;
  std::int64_t rows_in_part_ = 0;
  std::vector<std::pair<std::string, FileProof>> parts_;
  bool open_ = false;
};

std::string_view EndingOfCodec(const FilesTargetBody& body) {
  if (body.file_format == FileFormat::kParquet) return "";
  return body.codec == "gzip" ? ".gz" : body.codec == "zstd" ? ".zst" : "";
}

}  // namespace

std::string PartEnding(const FilesTargetBody& body) {
  return fmt::format(".{}{}", ToString(body.file_format), EndingOfCodec(body));
}

std::string PartName(const FilesTargetBody& body, std::size_t number) {
  return fmt::format("part-{:05}{}", number, PartEnding(body));
}

Result<std::unique_ptr<component::Writer>> OpenFilesWriter(FileSystem& files,
                                                           FilesWriterPlan plan) {
  auto writer = std::make_unique<FilesWriter>(files, std::move(plan));
  TW_RETURN_IF_ERROR(writer->Begin());
  return Result<std::unique_ptr<component::Writer>>(std::move(writer));
}

}  // namespace thalweg::connectors
