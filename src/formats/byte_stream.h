#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "formats/compression.h"
#include "formats/text_encoding.h"

namespace thalweg::formats {

/// Bytes from the first to the last, once. One thread.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Appends at least one and about `want` bytes; false at the end, where nothing is appended.
  virtual Result<bool> Read(std::size_t want, std::string* out) = 0;
  /// Leaves out the next `count` bytes. kCorrupt when there are fewer.
  virtual Status Skip(std::int64_t count) = 0;
};

/// The text of a file as plain UTF-8: decompressed and transcoded as it is read. Memory does not
/// grow with the file. Errors name the path.
Result<std::unique_ptr<ByteStream>> OpenText(FileSystem& files, const std::string& path,
                                             Compression compression, TextEncoding encoding);

}  // namespace thalweg::formats
