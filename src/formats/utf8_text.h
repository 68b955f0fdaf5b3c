#pragma once

#include <string>
#include <string_view>

namespace thalweg::formats {

/// At the speed of memory; base/utf8.h says where and why not.
bool IsUtf8(std::string_view text);

/// The text as valid UTF-8, at most `limit` bytes of it: bytes that are none become U+FFFD.
std::string ToValidUtf8(std::string_view text, std::size_t limit);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace thalweg::formats
