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

/// The text of a scalar with where its bytes come from. The YAML library finds where scalars begin
/// and end; what they mean is decoded here, once, byte by byte.
struct ScalarText {
  std::string text;
  std::vector<component::Value::Segment> segments;
};

/// Unquoted text source[begin, end), which may go over several lines: they are folded.
ScalarText DecodePlain(std::string_view source, std::size_t begin, std::size_t end);
/// What stands between quotes, source[begin, end): doubled quotes or escapes, folded lines. It must
/// be well formed.
ScalarText DecodeSingleQuoted(std::string_view source, std::size_t begin, std::size_t end);
/// None when an escape is no character.
std::optional<ScalarText> DecodeDoubleQuoted(std::string_view source, std::size_t begin,
                                             std::size_t end);

/// The lines below the header source[header] ('|' or '>'), as far as they are indented and begin
/// before `end`. `parent_indent`: blanks in front of the collection that holds the scalar; an
/// indentation given in the header adds to it.
ScalarText DecodeBlock(std::string_view source, std::size_t header, std::size_t end,
                       std::size_t parent_indent);

}  // namespace thalweg::spec
