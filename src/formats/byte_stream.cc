#include "formats/byte_stream.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace thalweg::formats {
namespace {

constexpr std::size_t kSkipStep = std::size_t{1} << 20;

Status TooShort() {
  return Status(Code::kCorrupt, Fault::kUser, "the file is shorter than it was")
      .WithHint("a file that is being read must only grow: run again from the beginning");
}

/// Reads and drops: for streams that cannot jump.
Status SkipByReading(ByteStream& stream, std::int64_t count) {
  std::string dropped;
  while (count > 0) {
    dropped.clear();
    const auto step = static_cast<std::size_t>(std::min<std::int64_t>(count, kSkipStep));
    TW_ASSIGN_OR_RETURN(const bool more, stream.Read(step, &dropped));
    if (!more) return TooShort();
    count -= static_cast<std::int64_t>(dropped.size());
  }
  return Status::Ok();
}

class FileStream : public ByteStream {
 public:
  explicit FileStream(std::unique_ptr<ReadableFile> file) : file_(std::move(file)) {}

  Result<bool> Read(std::size_t want, std::string* out) override {
    const std::size_t before = out->size();
    out->resize(before + want);
    TW_ASSIGN_OR_RETURN(const std::size_t got,
                        file_->ReadAt(offset_, std::span(out->data() + before, want)));
    out->resize(before + got);
    offset_ += static_cast<std::int64_t>(got);
    return got > 0;
  }
  Status Skip(std::int64_t count) override {
    TW_ASSIGN_OR_RETURN(const Bytes size, file_->Size());
    if (offset_ + count > size.value) return TooShort();
    offset_ += count;
    return Status::Ok();
  }

 private:
  std::unique_ptr<ReadableFile> file_;
  std::int64_t offset_ = 0;
};

/// Gives out exactly what was asked for, or less: what is skipped must be counted to the byte.
class ConvertedStream : public ByteStream {
 public:
  ConvertedStream(std::unique_ptr<ByteStream> inner, std::string path, Compression compression,
                  TextEncoding encoding)
      : inner_(std::move(inner)),
        path_(std::move(path)),
        decompressor_(Decompressor::Make(compression)),
        transcoder_(Transcoder::Make(encoding)) {}

  Result<bool> Read(std::size_t want, std::string* out) override {
    while (text_.size() - text_begin_ < want && !finished_) {
      const Status status = Fill(want);
      if (!status.ok()) return status.Annotate(path_);
    }
    const std::size_t count = std::min(want, text_.size() - text_begin_);
    out->append(text_, text_begin_, count);
    text_begin_ += count;
    return count > 0;
  }
  Status Skip(std::int64_t count) override { return SkipByReading(*this, count); }

 private:
  /// Brings in some more text.
  Status Fill(std::size_t want) {
    text_.erase(0, text_begin_);
    text_begin_ = 0;
    std::string_view input = std::string_view(bytes_).substr(bytes_begin_);
    plain_.clear();
    TW_RETURN_IF_ERROR(decompressor_->Push(&input, want, &plain_));
    bytes_begin_ = bytes_.size() - input.size();
    transcoder_->Push(plain_, &text_);
    if (plain_.size() >= want || !input.empty()) return Status::Ok();
    bytes_.clear();
    bytes_begin_ = 0;
    TW_ASSIGN_OR_RETURN(const bool more, inner_->Read(kReadStep, &bytes_));
    if (more) return Status::Ok();
    TW_RETURN_IF_ERROR(decompressor_->Finish());
    transcoder_->Finish(&text_);
    finished_ = true;
    return Status::Ok();
  }

  static constexpr std::size_t kReadStep = 256 << 10;

  std::unique_ptr<ByteStream> inner_;
  std::string path_;
  std::unique_ptr<Decompressor> decompressor_;
  std::unique_ptr<Transcoder> transcoder_;
  std::string bytes_, plain_, text_;
  std::size_t bytes_begin_ = 0, text_begin_ = 0;
  bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> OpenText(FileSystem& files, const std::string& path,
                                             Compression compression, TextEncoding encoding) {
  TW_ASSIGN_OR_RETURN(auto file, files.OpenForRead(path));
  std::unique_ptr<ByteStream> stream = std::make_unique<FileStream>(std::move(file));
  if (compression != Compression::kNone || encoding != TextEncoding::kUtf8) {
    stream = std::make_unique<ConvertedStream>(std::move(stream), path, compression, encoding);
  }
  return stream;
}

}  // namespace thalweg::formats
