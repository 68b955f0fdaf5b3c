#include "formats/utf8_text.h"

#include <simdjson.h>

#include "base/utf8.h"

namespace thalweg::formats {

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string ToValidUtf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit && IsUtf8(text)) return std::string(text);
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    const std::string_view bytes =
        point.valid ? text.substr(at, point.bytes) : kReplacementCharacter;
    if (valid.size() + bytes.size() > limit) break;
    valid.append(bytes);
    at += point.bytes;
  }
  return valid;
}

}  // namespace thalweg::formats
