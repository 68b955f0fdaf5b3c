#include <algorithm>
#include <array>

#include <zstd.h>

#include "formats/compression.h"

namespace thalweg::formats {
namespace {

constexpr std::string_view kZstd = "zstd";
constexpr std::size_t kZstdStep = 64 << 10;

class ZstdDecompressor : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDStream()) {}
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }

  Status Push(std::string_view* input, std::size_t most, std::string* out) override {
    if (stream_ == nullptr) return Status(Code::kOutOfMemory, "no memory for zstd");
    const std::size_t before = out->size();
    while (out->size() - before < most) {
      if (between_ && input->empty()) return Status::Ok();
      const std::size_t room = std::min(kZstdStep, most - (out->size() - before));
      const std::size_t had = input->size();
      TW_ASSIGN_OR_RETURN(const std::size_t made, Expand(input, room, out));
      if (made == 0 && input->size() == had) return Status::Ok();
    }
    return Status::Ok();
  }

  Status Finish() override {
    if (between_ && position_ > 0) return Status::Ok();
    return CorruptStream(kZstd, position_,
                         position_ == 0 ? "it is empty" : "it ends in the middle");
  }

 private:
  Result<std::size_t> Expand(std::string_view* input, std::size_t room, std::string* out) {
    const std::size_t begin = out->size();
    out->resize(begin + room);
    ZSTD_inBuffer in{input->data(), input->size(), 0};
    ZSTD_outBuffer buffer{out->data() + begin, room, 0};
    const std::size_t code = ZSTD_decompressStream(stream_, &buffer, &in);
    out->resize(begin + buffer.pos);
    input->remove_prefix(in.pos);
    position_ += static_cast<std::int64_t>(in.pos);
    if (ZSTD_isError(code)) {
      ZSTD_DCtx_reset(stream_, ZSTD_reset_session_only);
      return CorruptStream(kZstd, position_, ZSTD_getErrorName(code));
    }
    // 0: a frame is complete and given out; the next byte begins another one.
    between_ = code == 0;
    return buffer.pos;
  }

  ZSTD_DStream* stream_;
  bool between_ = true;
  std::int64_t position_ = 0;
};

class ZstdCompressor : public Compressor {
 public:
  ZstdCompressor() : stream_(ZSTD_createCStream()) {}
  ~ZstdCompressor() override { ZSTD_freeCStream(stream_); }

  Status Begin() {
    if (stream_ == nullptr) return Status(Code::kOutOfMemory, "no memory for zstd");
    ZSTD_CCtx_setParameter(stream_, ZSTD_c_checksumFlag, 1);
    return Status::Ok();
  }
  Status Push(std::string_view input, std::string* out) override {
    return Compress(input, ZSTD_e_continue, out);
  }
  Status Finish(std::string* out) override { return Compress({}, ZSTD_e_end, out); }

 private:
  Status Compress(std::string_view input, ZSTD_EndDirective directive, std::string* out) {
    std::array<char, kZstdStep> buffer;
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
      left = ZSTD_compressStream2(stream_, &piece, &in, directive);
      if (ZSTD_isError(left)) {
        return Status::Internal(std::string("zstd cannot compress: ") + ZSTD_getErrorName(left));
      }
      out->append(buffer.data(), piece.pos);
    } while (directive == ZSTD_e_end ? left > 0 : in.pos < in.size);
    return Status::Ok();
  }

  ZSTD_CStream* stream_;
};

}  // namespace

std::unique_ptr<Decompressor> MakeZstdDecompressor() {
  return std::make_unique<ZstdDecompressor>();
}

Result<std::unique_ptr<Compressor>> MakeZstdCompressor() {
  auto compressor = std::make_unique<ZstdCompressor>();
  TW_RETURN_IF_ERROR(compressor->Begin());
  return Result<std::unique_ptr<Compressor>>(std::move(compressor));
}

}  // namespace thalweg::formats
