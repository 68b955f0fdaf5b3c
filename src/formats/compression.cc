#include "formats/compression.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace thalweg::formats {
namespace {

constexpr std::array<std::pair<std::string_view, Compression>, 4> kEndings = {{
    {".gz", Compression::kGzip},
    {".gzip", Compression::kGzip},
    {".zst", Compression::kZstd},
    {".zstd", Compression::kZstd},
}};
constexpr std::string_view kOtherEndings[] = {".bz2", ".xz", ".lz4", ".zip", ".br", ".7z", ".tgz"};

class PlainDecompressor : public Decompressor {
 public:
  Status Push(std::string_view* input, std::size_t most, std::string* out) override {
    const std::size_t count = std::min(most, input->size());
    out->append(input->substr(0, count));
    input->remove_prefix(count);
    return Status::Ok();
  }
  Status Finish() override { return Status::Ok(); }
};

class PlainCompressor : public Compressor {
 public:
  Status Push(std::string_view input, std::string* out) override {
    out->append(input);
    return Status::Ok();
  }
  Status Finish(std::string*) override { return Status::Ok(); }
};

}  // namespace

Result<Compression> CompressionOf(std::string_view name, std::string_view path) {
  if (name == "none") return Compression::kNone;
  if (name == "gzip") return Compression::kGzip;
  if (name == "zstd") return Compression::kZstd;
  if (name != "auto") {
    return Status::Invalid(fmt::format("this compression is not known compression=\"{}\"", name))
        .WithHint("write auto, none, gzip or zstd");
  }
  for (const auto& [ending, compression] : kEndings) {
    if (path.ends_with(ending)) return compression;
  }
  for (const std::string_view ending : kOtherEndings) {
    if (path.ends_with(ending)) {
      return Status::Unsupported(
                 fmt::format("files of this compression cannot be read path={}", path))
          .WithHint("compress it with gzip or zstd; or say compression: none if it is plain text");
    }
  }
  return Compression::kNone;
}

std::string_view WithoutCompressionEnding(std::string_view path) {
  for (const auto& [ending, compression] : kEndings) {
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  }
  return path;
}

std::unique_ptr<Decompressor> Decompressor::Make(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return MakeGzipDecompressor();
    case Compression::kZstd:
      return MakeZstdDecompressor();
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainDecompressor>();
}

Result<std::unique_ptr<Compressor>> Compressor::Make(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return MakeGzipCompressor();
    case Compression::kZstd:
      return MakeZstdCompressor();
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainCompressor>();
}

Status CorruptStream(std::string_view format, std::int64_t position, std::string_view why) {
  return Status(Code::kCorrupt, Fault::kUser,
                fmt::format("the {} data is damaged byte={}: {}", format, position, why))
      .WithSlug("bad-compression")
      .WithHint("get the file again; or see whether \"compression\" fits it");
}

}  // namespace thalweg::formats
