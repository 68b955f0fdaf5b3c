#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::formats {

enum class Compression { kNone, kGzip, kZstd };

/// From "none", "gzip", "zstd", or "auto": by the ending of the path (.gz, .gzip, .zst, .zstd).
/// Endings of other compressions (.bz2, .xz, .zip …) are kUnsupported with "auto".
Result<Compression> CompressionOf(std::string_view name, std::string_view path);
/// "a/b.csv.gz" -> "a/b.csv": the path whose ending tells the format.
std::string_view WithoutCompressionEnding(std::string_view path);

/// Gives back a compressed stream: all members or frames in it, one after another. What is held in
/// memory does not depend on how far the bytes expand. One thread.
class Decompressor {
 public:
  static std::unique_ptr<Decompressor> Make(Compression compression);
  virtual ~Decompressor() = default;

  /// Takes bytes from the front of `input` and appends what they expand to, at most `most` bytes of
  /// it. Stops when the input is used up or the output is full: call again with the rest (an empty
  /// input gives out what is held back). kCorrupt, with the position in the compressed bytes, when
  /// they are no such stream.
  virtual Status Push(std::string_view* input, std::size_t most, std::string* out) = 0;
  /// After the last byte of input, when Push gives nothing more. kCorrupt: the stream is torn.
  virtual Status Finish() = 0;
};

/// Compresses a stream. The bytes depend only on the input and how it is cut, not on time or
/// machine. One thread.
class Compressor {
 public:
  static Result<std::unique_ptr<Compressor>> Make(Compression compression);
  virtual ~Compressor() = default;
  virtual Status Push(std::string_view input, std::string* out) = 0;
  virtual Status Finish(std::string* out) = 0;
};

// The parts, for the factories above.
std::unique_ptr<Decompressor> MakeGzipDecompressor();
std::unique_ptr<Decompressor> MakeZstdDecompressor();
Result<std::unique_ptr<Compressor>> MakeGzipCompressor();
Result<std::unique_ptr<Compressor>> MakeZstdCompressor();

/// A compressed stream that is not one: `position` in the compressed bytes.
Status CorruptStream(std::string_view format, std::int64_t position, std::string_view why);

}  // namespace thalweg::formats
