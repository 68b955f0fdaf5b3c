#include "connectors/tail/tail_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "connectors/streams/decoded_rows.h"
#include "formats/arrow_stream_decoder.h"

namespace thalweg::connectors {
namespace {

constexpr std::size_t kTailStep = std::size_t{512} << 10;
/// The header of a CSV file must lie in so many of its first bytes.
constexpr std::size_t kBeginning = std::size_t{1} << 20;

}  // namespace

std::optional<FileKey> KeyOfPath(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileKey{info.st_dev, info.st_ino};
}

Result<std::unique_ptr<TailFile>> TailFile::Open(const formats::StreamDecoding& decoding,
                                                 const std::string& open_path, TailPlace place) {
  UniqueFd fd(::open(open_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) return std::unique_ptr<TailFile>();
    return Status::FromErrno(errno, "cannot open path=" + open_path).WithFault(Fault::kUser);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return Status::FromErrno(errno, "cannot look at " + open_path);
  if (!S_ISREG(info.st_mode)) return std::unique_ptr<TailFile>();
  place.key = {info.st_dev, info.st_ino};
  if (place.at.offset > info.st_size) {
    Log(LogLevel::kWarn, "a file is shorter than it was, it is read from its beginning path={}",
        place.path);
    place.at = {};
    place.schema_begin = place.schema_end = 0;
  }
  std::unique_ptr<TailFile> file(new TailFile(decoding, std::move(fd), std::move(place)));
  TW_RETURN_IF_ERROR(file->Begin().Annotate(file->path()));
  return file;
}

Status TailFile::Begin() {
  std::string beginning;
  if (place_.at.offset > 0 && decoding_.format == formats::StreamFormat::kArrow) {
    TW_ASSIGN_OR_RETURN(
        beginning, ReadAt(place_.schema_begin, static_cast<std::size_t>(std::max<std::int64_t>(
                                                   0, place_.schema_end - place_.schema_begin))));
  } else if (place_.at.offset > 0 && decoding_.format == formats::StreamFormat::kCsv) {
    const auto most = static_cast<std::size_t>(place_.at.offset);
    TW_ASSIGN_OR_RETURN(beginning, ReadAt(0, std::min(kBeginning, most)));
  }
  TW_ASSIGN_OR_RETURN(decoder_, formats::MakeDecoder(decoding_, place_.at, beginning));
  read_ = place_.at.offset;
  return Status::Ok();
}

Result<std::string> TailFile::ReadAt(std::int64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  TW_ASSIGN_OR_RETURN(const std::size_t filled, ReadInto(offset, bytes));
  bytes.resize(filled);
  return bytes;
}

Result<std::size_t> TailFile::ReadInto(std::int64_t offset, std::span<char> out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::pread(fd_.get(), out.data() + filled, out.size() - filled,
                                offset + static_cast<std::int64_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::FromErrno(errno, "cannot read path=" + place_.path).Retryable();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<TailFile::State> TailFile::Next(Bytes budget, component::Polled* polled) {
  while (true) {
    auto decoded = decoder_->Decode(budget);
    if (!decoded.ok()) return decoded.status().Annotate(place_.path);
    const auto next = decoded->next;
    if (decoded->rows || !decoded->bad.empty()) {
      *polled = ToPolledRows(*std::move(decoded), decoder_->schema(), place_.path);
      return State::kRows;
    }
    if (next == formats::Decoded::Next::kEnd) return State::kFinished;
    if (next == formats::Decoded::Next::kMore) continue;
    TW_ASSIGN_OR_RETURN(const bool more, Feed());
    if (!more) return State::kAtEnd;
  }
}

/// False: nothing to feed now.
Result<bool> TailFile::Feed() {
  // Kept from step to step: a fresh one would be cleared, page by page, each time.
  step_.resize(kTailStep);
  TW_ASSIGN_OR_RETURN(const std::size_t filled, ReadInto(read_, step_));
  const std::string_view bytes(step_.data(), filled);
  if (!bytes.empty()) {
    read_ += static_cast<std::int64_t>(bytes.size());
    decoder_->Push(bytes, false);
    return true;
  }
  std::string().swap(step_);
  struct stat info {};
  if (::fstat(fd_.get(), &info) == 0 && info.st_size < read_) {
    Log(LogLevel::kWarn, "a file was cut, it is read from its beginning path={}", place_.path);
    place_.at = {};
    TW_RETURN_IF_ERROR(Begin());
    return true;
  }
  if (!finishing_ || finished_) return finished_;
  finished_ = true;
  decoder_->Push({}, true);
  return true;
}

TailPlace TailFile::place() const {
  TailPlace place = place_;
  place.at = decoder_->At();
  if (decoding_.format == formats::StreamFormat::kArrow) {
    const auto schema = static_cast<const formats::ArrowStreamDecoder&>(*decoder_).schema_place();
    // What was given as the start's schema lies in front of what the decoder saw.
    const bool own = schema.second > schema.first || schema.first > place_.at.offset;
    if (own) place.schema_begin = schema.first, place.schema_end = schema.second;
  }
  return place;
}

}  // namespace thalweg::connectors
