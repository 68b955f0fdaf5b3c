#include "data/arrow_file.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

#include "data/arrow_status.h"

namespace thalweg::data {
namespace {
constexpr std::size_t kCollectBytes = std::size_t{1} << 20;
}

ArrowOutputFile::ArrowOutputFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

Result<std::shared_ptr<ArrowOutputFile>> ArrowOutputFile::Create(FileSystem& files,
                                                                 const std::string& path) {
  TW_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, files.Create(path));
  return std::make_shared<ArrowOutputFile>(std::move(file));
}

arrow::Status ArrowOutputFile::Write(const void* data, std::int64_t bytes) {
  if (abandoned_) return arrow::Status::OK();
  if (closed_) return arrow::Status::Invalid("the file is closed");
  position_ += bytes;
  const std::string_view text(static_cast<const char*>(data), static_cast<std::size_t>(bytes));
  if (collected_.size() + text.size() < kCollectBytes) {
    collected_ += text;
    return arrow::Status::OK();
  }
  Status written = WriteOut();
  if (written.ok()) written = file_->Append(text);
  return ToArrowStatus(written);
}

Status ArrowOutputFile::WriteOut() {
  if (abandoned_ || collected_.empty()) return Status::Ok();
  const Status written = file_->Append(collected_);
  collected_.clear();
  return written;
}

arrow::Status ArrowOutputFile::Flush() {
  return ToArrowStatus(WriteOut());
}

arrow::Result<std::int64_t> ArrowOutputFile::Tell() const {
  return position_;
}

arrow::Status ArrowOutputFile::Close() {
  if (closed_) return arrow::Status::OK();
  closed_ = true;
  Status closed = WriteOut();
  if (closed.ok()) closed = file_->Close();
  return ToArrowStatus(closed);
}

Status ArrowOutputFile::SyncAndClose() {
  TW_RETURN_IF_ERROR(WriteOut());
  TW_RETURN_IF_ERROR(file_->Sync());
  closed_ = true;
  return file_->Close();
}

void ArrowOutputFile::Abandon() {
  abandoned_ = true;
}

ArrowInputFile::ArrowInputFile(std::unique_ptr<ReadableFile> file, Bytes size)
    : file_(std::move(file)), size_(size) {}

Result<std::shared_ptr<ArrowInputFile>> ArrowInputFile::Open(FileSystem& files,
                                                             const std::string& path) {
  TW_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> file, files.OpenForRead(path));
  TW_ASSIGN_OR_RETURN(const Bytes size, file->Size());
  return std::make_shared<ArrowInputFile>(std::move(file), size);
}

arrow::Result<std::int64_t> ArrowInputFile::ReadAt(std::int64_t position, std::int64_t bytes,
                                                   void* out) {
  if (closed()) return arrow::Status::Invalid("the file is closed");
  if (position < 0 || bytes < 0) return arrow::Status::Invalid("a negative position or length");
  const std::span<char> space(static_cast<char*>(out), static_cast<std::size_t>(bytes));
  const Result<std::size_t> got = file_->ReadAt(position, space);
  if (!got.ok()) return ToArrowStatus(got.status());
  return static_cast<std::int64_t>(*got);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInputFile::ReadAt(std::int64_t position,
                                                                     std::int64_t bytes) {
  // A damaged file may ask for more than there is: never allocate for that.
  const std::int64_t rest = std::max<std::int64_t>(0, size_.value - position);
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::ResizableBuffer> buffer,
                        arrow::AllocateResizableBuffer(std::clamp<std::int64_t>(bytes, 0, rest)));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t got,
                        ReadAt(position, buffer->size(), buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(got));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<std::int64_t> ArrowInputFile::Read(std::int64_t bytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position_, bytes, out));
  position_ += got;
  return got;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInputFile::Read(std::int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, ReadAt(position_, bytes));
  position_ += buffer->size();
  return buffer;
}

arrow::Status ArrowInputFile::Seek(std::int64_t position) {
  if (position < 0) return arrow::Status::Invalid("a negative position");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status ArrowInputFile::Close() {
  file_.reset();
  return arrow::Status::OK();
}

}  // namespace thalweg::data
