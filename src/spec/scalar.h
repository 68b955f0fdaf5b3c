#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "component/value.h"

namespace thalweg::spec {

/// What text without quotes means in the core schema of YAML 1.2: nothing, true or false, a number
/// that JSON knows too, or else text ("010", "0x1F", ".5" and "no" are text).
component::Value PlainScalar(std::string text, Span span);
bool IsJsonNumber(std::string_view text);

/// A code point in UTF-8. False for NUL and for what is no character.
bool AppendUtf8(char32_t point, std::string* out);
/// `digits` hexadecimal digits at text[at]; none when there are fewer.
std::optional<char32_t> ParseHex(std::string_view text, std::size_t at, std::size_t digits);

/// The text of a scalar with where its bytes come from.
struct ScalarText {
  std::string text;
  std::vector<component::Value::Segment> segments;
};

/// Decodes what stands between quotes, source[begin, end): escapes or doubled quotes, folded lines.
/// It must be well formed.
ScalarText DecodeSingleQuoted(std::string_view source, std::size_t begin, std::size_t end);
/// None when an escape is no character.
std::optional<ScalarText> DecodeDoubleQuoted(std::string_view source, std::size_t begin,
                                             std::size_t end);

/// Where the bytes of `text` come from when it was made from the lines source[begin, end) of a
/// block or plain scalar. None when the two do not match; then only the scalar as a whole has a
/// place.
std::optional<std::vector<component::Value::Segment>> MapLines(std::string_view text,
                                                               std::string_view source,
                                                               std::size_t begin, std::size_t end,
                                                               bool keeps_trailing_blanks);

}  // namespace thalweg::spec
