#include "formats/json_ondemand.h"

#include <cstring>

#include "formats/number_text.h"

namespace thalweg::formats {

namespace od = simdjson::ondemand;
using simdjson::error_code;

error_code ReadBoolean(od::value& value, bool* out) {
  return value.get_bool().get(*out);
}

error_code ReadNull(od::value& value) {
  if (TrimToken(value.raw_json_token()) != "null") return simdjson::N_ATOM_ERROR;
  bool null = false;
  return value.is_null().get(null);
}

error_code ReadString(od::value& value, std::string_view* text) {
  // The parser has seen that it is closed, UTF-8 and without control characters: what is left to
  // look at are escapes.
  const std::string_view token = value.raw_json_token();
  const char* const begin = token.data() + 1;
  const auto* const quote = static_cast<const char*>(std::memchr(begin, '"', token.size() - 1));
  if (quote != nullptr) {
    const auto size = static_cast<std::size_t>(quote - begin);
    if (std::memchr(begin, '\\', size) == nullptr) {
      *text = {begin, size};
      return simdjson::SUCCESS;
    }
  }
  return value.get_string().get(*text);
}

error_code ReadNumber(od::value& value, std::string_view* token) {
  *token = TrimToken(value.raw_json_token());
  return IsJsonNumber(*token) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
}

error_code CheckObject(od::object object, int depth) {
  if (depth > kDeepestJson) return simdjson::DEPTH_ERROR;
  for (auto item : object) {
    od::field field;
    if (const error_code error = std::move(item).get(field)) return error;
    std::string_view key;
    if (const error_code error = field.unescaped_key().get(key)) return error;
    if (const error_code error = CheckValue(field.value(), depth + 1)) return error;
  }
  return simdjson::SUCCESS;
}

error_code CheckArray(od::array array, int depth) {
  if (depth > kDeepestJson) return simdjson::DEPTH_ERROR;
  for (auto item : array) {
    od::value value;
    if (const error_code error = std::move(item).get(value)) return error;
    if (const error_code error = CheckValue(value, depth + 1)) return error;
  }
  return simdjson::SUCCESS;
}

error_code CheckValue(od::value value, int depth) {
  od::json_type type;
  if (const error_code error = value.type().get(type)) return error;
  switch (type) {
    case od::json_type::object: {
      od::object object;
      const error_code error = value.get_object().get(object);
      return error ? error : CheckObject(object, depth);
    }
    case od::json_type::array: {
      od::array array;
      const error_code error = value.get_array().get(array);
      return error ? error : CheckArray(array, depth);
    }
    case od::json_type::string: {
      std::string_view text;
      return ReadString(value, &text);
    }
    case od::json_type::number: {
      std::string_view token;
      return ReadNumber(value, &token);
    }
    case od::json_type::boolean: {
      bool boolean = false;
      return ReadBoolean(value, &boolean);
    }
    case od::json_type::null:
      break;
  }
  return ReadNull(value);
}

error_code RawJson(od::value value, int depth, std::string_view* raw) {
  od::json_type type;
  if (const error_code error = value.type().get(type)) return error;
  if (type == od::json_type::object) {
    od::object object;
    if (const error_code error = value.get_object().get(object)) return error;
    if (const error_code error = object.raw_json().get(*raw)) return error;
    *raw = TrimToken(*raw);
    if (const error_code error = object.reset().error()) return error;
    return CheckObject(object, depth);
  }
  if (type == od::json_type::array) {
    od::array array;
    if (const error_code error = value.get_array().get(array)) return error;
    if (const error_code error = array.raw_json().get(*raw)) return error;
    *raw = TrimToken(*raw);
    if (const error_code error = array.reset().error()) return error;
    return CheckArray(array, depth);
  }
  *raw = TrimToken(value.raw_json_token());
  return CheckValue(value, depth);
}

error_code CheckWord(od::document& document, od::json_type type) {
  std::string_view token;
  if (const error_code error = document.raw_json_token().get(token)) return error;
  token = TrimToken(token);
  if (type == od::json_type::number)
    return IsJsonNumber(token) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
  const bool word = type == od::json_type::boolean || type == od::json_type::null;
  return !word || token == "true" || token == "false" || token == "null" ? simdjson::SUCCESS
                                                                         : simdjson::N_ATOM_ERROR;
}

bool ClosesBeforeEnd(std::string_view text) {
  std::int64_t open = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++open;
    } else if ((c == '}' || c == ']') && --open == 0) {
      return !TrimToken(text.substr(i + 1)).empty();
    }
  }
  return false;
}

bool IsAtEnd(od::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

std::string Explain(error_code error) {
  switch (error) {
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "an object or a list is not closed";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    case simdjson::STRING_ERROR:
      return "a string holds an escape that does not exist";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number is not written as JSON wants it";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "a word that is not true, false or null";
    case simdjson::DEPTH_ERROR:
      return "more than 512 levels deep";
    case simdjson::TRAILING_CONTENT:
      return "something follows the value";
    case simdjson::EMPTY:
      return "empty";
    default:
      return "not JSON";
  }
}

}  // namespace thalweg::formats
