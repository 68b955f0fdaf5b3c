#include "formats/blob_text.h"

namespace thalweg::formats {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool AppendBlobFromText(std::string_view text, std::string* out) {
  const std::size_t before = out->size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte != '\\' && byte < 0x80) {
      out->push_back(text[at]);
      continue;
    }
    const bool escape = byte == '\\' && at + 3 < text.size() && text[at + 1] == 'x';
    const int high = escape ? HexDigit(text[at + 2]) : -1;
    const int low = escape ? HexDigit(text[at + 3]) : -1;
    if (high < 0 || low < 0) {
      out->resize(before);
      return false;
    }
    out->push_back(static_cast<char>(high * 16 + low));
    at += 3;
  }
  return true;
}

void AppendBlobAsText(std::string_view bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      out->push_back(c);
    } else {
      out->append("\\x");
      out->push_back(kDigits[byte >> 4]);
      out->push_back(kDigits[byte & 15]);
    }
  }
}

}  // namespace thalweg::formats
