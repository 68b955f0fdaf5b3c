#include <algorithm>
#include <array>

#include <zlib.h>

#include "formats/compression.h"

namespace thalweg::formats {
namespace {

constexpr std::string_view kGzip = "gzip";
constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with the header of gzip
constexpr std::size_t kGzipStep = 64 << 10;

/// zlib counts in 32 bits.
uInt Limited(std::size_t count) {
  return static_cast<uInt>(std::min<std::size_t>(count, 1 << 30));
}

// zlib's interface is not const.
Bytef* In(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // NOLINT
}

class GzipDecompressor : public Decompressor {
 public:
  GzipDecompressor() { ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~GzipDecompressor() override {
    if (ready_) inflateEnd(&stream_);
  }

  Status Push(std::string_view* input, std::size_t most, std::string* out) override {
    if (!ready_) return Status(Code::kOutOfMemory, "no memory for gzip");
    const std::size_t before = out->size();
    while (out->size() - before < most) {
      if (between_ && !SkipPadding(input)) return Status::Ok();
      const std::size_t room = std::min(kGzipStep, most - (out->size() - before));
      const std::size_t had = input->size();
      TW_ASSIGN_OR_RETURN(const std::size_t made, Inflate(input, room, out));
      if (made == 0 && input->size() == had && !between_) return Status::Ok();
    }
    return Status::Ok();
  }

  Status Finish() override {
    if (between_ && any_member_) return Status::Ok();
    return CorruptStream(kGzip, position_,
                         position_ == 0 ? "it is empty" : "it ends in the middle");
  }

 private:
  /// Between members. Zeros fill up blocks of some devices. False: nothing follows yet.
  bool SkipPadding(std::string_view* input) {
    if (any_member_) {
      while (!input->empty() && input->front() == '\0') Advance(input, 1);
    }
    if (input->empty()) return false;
    between_ = false;
    any_member_ = true;
    return true;
  }

  Result<std::size_t> Inflate(std::string_view* input, std::size_t room, std::string* out) {
    const std::size_t before = out->size();
    out->resize(before + room);
    stream_.next_in = In(*input);
    stream_.avail_in = Limited(input->size());
    stream_.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream_.avail_out = Limited(room);
    const uInt offered = stream_.avail_in;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t made = room - stream_.avail_out;
    out->resize(before + made);
    Advance(input, offered - stream_.avail_in);
    if (code == Z_STREAM_END) {
      between_ = true;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return CorruptStream(kGzip, position_,
                           stream_.msg != nullptr ? stream_.msg : "it cannot be read");
    }
    return made;
  }

  void Advance(std::string_view* input, std::size_t count) {
    input->remove_prefix(count);
    position_ += static_cast<std::int64_t>(count);
  }

  z_stream stream_{};
  bool ready_ = false;
  bool between_ = true;
  bool any_member_ = false;
  std::int64_t position_ = 0;
};

class GzipCompressor : public Compressor {
 public:
  ~GzipCompressor() override {
    if (ready_) deflateEnd(&stream_);
  }
  Status Begin() {
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8,
                          Z_DEFAULT_STRATEGY) == Z_OK;
    return ready_ ? Status::Ok() : Status(Code::kOutOfMemory, "no memory for gzip");
  }
  Status Push(std::string_view input, std::string* out) override {
    while (!input.empty()) {
      const std::string_view piece = input.substr(0, Limited(input.size()));
      Deflate(piece, Z_NO_FLUSH, out);
      input.remove_prefix(piece.size());
    }
    return Status::Ok();
  }
  Status Finish(std::string* out) override {
    Deflate({}, Z_FINISH, out);
    return Status::Ok();
  }

 private:
  void Deflate(std::string_view input, int flush, std::string* out) {
    std::array<char, kGzipStep> buffer;
    stream_.next_in = In(input);
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      // Fails only for a stream that is not set up.
      deflate(&stream_, flush);
      out->append(buffer.data(), buffer.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> MakeGzipDecompressor() {
  return std::make_unique<GzipDecompressor>();
}

Result<std::unique_ptr<Compressor>> MakeGzipCompressor() {
  auto compressor = std::make_unique<GzipCompressor>();
  TW_RETURN_IF_ERROR(compressor->Begin());
  return Result<std::unique_ptr<Compressor>>(std::move(compressor));
}

}  // namespace thalweg::formats
