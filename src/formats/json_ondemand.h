#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

namespace thalweg::formats {

// What simdjson's on-demand reader leaves open. It looks at a value only when somebody asks for it,
// so a value that is skipped or kept as text must be looked at here. Private to the JSON code of
// this room: the header is a heavy one.

/// Deeper values are refused: the readers below call themselves.
inline constexpr int kDeepestJson = 512;

/// A token of on-demand without the blanks behind it.
inline std::string_view TrimToken(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' ||
                            token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

/// Reads the value to its end. Its error says what is wrong with it.
simdjson::error_code CheckValue(simdjson::ondemand::value value, int depth);
simdjson::error_code CheckObject(simdjson::ondemand::object object, int depth);
simdjson::error_code CheckArray(simdjson::ondemand::array array, int depth);

/// The text of any value, checked. Valid as long as the parsed text.
simdjson::error_code RawJson(simdjson::ondemand::value value, int depth, std::string_view* raw);

/// true or false, checked: "tru" is an error.
simdjson::error_code ReadBoolean(simdjson::ondemand::value& value, bool* out);
/// Checks that a value of type null is the word.
simdjson::error_code ReadNull(simdjson::ondemand::value& value);
/// The text of a string, checked: where it stands when it has no escapes, else in the parser's
/// buffer. Valid until the next parse.
simdjson::error_code ReadString(simdjson::ondemand::value& value, std::string_view* text);
/// The digits as they stand.
simdjson::error_code ReadNumber(simdjson::ondemand::value& value, std::string_view* token);

/// The type of a document is that of its first letter. An error when a number or a word that begins
/// so is none.
simdjson::error_code CheckWord(simdjson::ondemand::document& document,
                               simdjson::ondemand::json_type type);
/// Whether the first object or list of `text` is closed and something follows it. Brackets are
/// counted and not paired.
bool ClosesBeforeEnd(std::string_view text);

/// Whether nothing follows the value that was read.
bool IsAtEnd(simdjson::ondemand::document& document);

/// In plain words: "an object or a list is not closed".
std::string Explain(simdjson::error_code error);

}  // namespace thalweg::formats
