#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::formats {

enum class TextEncoding { kUtf8, kLatin1, kWindows1252, kUtf16, kUtf16Le, kUtf16Be };

/// "utf-8", "latin-1", "iso-8859-1", "windows-1252", "utf-16" (by its byte order mark, else little
/// endian), "utf-16le", "utf-16be"; case and dashes do not matter.
Result<TextEncoding> TextEncodingOf(std::string_view name);

/// Turns a text into UTF-8, piece by piece. Characters that do not exist become a byte that is no
/// UTF-8, so that the row that holds them is refused like any other that is not what it claims to
/// be. One thread.
class Transcoder {
 public:
  static std::unique_ptr<Transcoder> Make(TextEncoding encoding);
  virtual ~Transcoder() = default;
  virtual void Push(std::string_view bytes, std::string* out) = 0;
  /// What was left over at the end of the text.
  virtual void Finish(std::string* out) = 0;
};

}  // namespace thalweg::formats
