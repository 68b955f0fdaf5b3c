#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thalweg {
inline namespace base {

/// What some programs write in front of a text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// One step through a UTF-8 text. A byte that begins no valid sequence is a step of its own with
/// `valid` false and the byte as its value; overlong forms and surrogates are not valid.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = true;
};
/// `at` must lie inside the text.
CodePoint DecodeUtf8(std::string_view text, std::size_t at);

bool IsValidUtf8(std::string_view text);
/// Steps of the text; an invalid byte counts as one.
std::size_t CountCodePoints(std::string_view text);

/// The text as a terminal may show it in one line: control, bidirectional and invisible characters,
/// line ends and invalid bytes become \u{202e} or \x{ff}; a tab becomes one space.
std::string EscapeForDisplay(std::string_view text);
/// The same for one code point.
std::string EscapeForDisplay(CodePoint point, std::string_view bytes);
/// Terminal cells that a shown code point takes: 0 for combining marks, 2 for East Asian wide ones
/// and emoji.
int DisplayWidth(char32_t value);

}  // namespace base
}  // namespace thalweg
