#include "formats/json_text.h"

#include "base/utf8.h"
#include "formats/json_ondemand.h"
#include "formats/utf8_text.h"

namespace thalweg::formats {
namespace {

/// Whether the byte must be escaped, or belongs to what may be no UTF-8.
bool IsPlain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void AppendEscaped(unsigned char byte, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out->append("\\\"");
      break;
    case '\\':
      out->append("\\\\");
      break;
    case '\n':
      out->append("\\n");
      break;
    case '\r':
      out->append("\\r");
      break;
    case '\t':
      out->append("\\t");
      break;
    default:
      out->append("\\u00");
      out->push_back(kDigits[byte >> 4]);
      out->push_back(kDigits[byte & 15]);
  }
}

}  // namespace

struct JsonChecker::Parser {
  simdjson::ondemand::parser parser;
  std::string padded;
};

JsonChecker::JsonChecker() : parser_(std::make_unique<Parser>()) {}
JsonChecker::~JsonChecker() = default;

bool JsonChecker::IsJson(std::string_view text) {
  std::string& padded = parser_->padded;
  // In a list of its own, so that a bare scalar needs no other path than the rest.
  padded.assign("[");
  padded.append(text);
  padded.append("]");
  const std::size_t size = padded.size();
  padded.append(simdjson::SIMDJSON_PADDING, '\0');
  simdjson::ondemand::document document;
  if (parser_->parser.iterate(padded.data(), size, padded.size()).get(document)) return false;
  simdjson::ondemand::array array;
  if (document.get_array().get(array)) return false;
  int values = 0;
  for (auto item : array) {
    simdjson::ondemand::value value;
    if (std::move(item).get(value) || CheckValue(value, 1)) return false;
    ++values;
  }
  return values == 1 && IsAtEnd(document);
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && IsPlain(static_cast<unsigned char>(text[end]))) ++end;
    out->append(text.substr(at, end - at));
    if (end == text.size()) break;
    const CodePoint point = DecodeUtf8(text, end);
    if (!point.valid) {
      out->append(kReplacementCharacter);
    } else if (point.bytes == 1) {
      AppendEscaped(static_cast<unsigned char>(text[end]), out);
    } else {
      out->append(text.substr(end, point.bytes));
    }
    at = end + point.bytes;
  }
  out->push_back('"');
}

}  // namespace thalweg::formats
