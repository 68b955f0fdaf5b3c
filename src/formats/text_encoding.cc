#include "formats/text_encoding.h"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.h"

namespace thalweg::formats {
namespace {

constexpr char kNoUtf8 = '\xFF';

void AppendUtf8(char32_t point, std::string* out) {
  const auto put = [&](char32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

class Utf8Transcoder : public Transcoder {
 public:
  void Push(std::string_view bytes, std::string* out) override { out->append(bytes); }
  void Finish(std::string*) override {}
};

/// One byte a character. `upper` says what 0x80..0x9F are; 0: no character.
class ByteTranscoder : public Transcoder {
 public:
  explicit ByteTranscoder(const std::array<char16_t, 32>* upper) : upper_(upper) {}
  void Push(std::string_view bytes, std::string* out) override {
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      const bool special = upper_ != nullptr && byte >= 0x80 && byte < 0xA0;
      const char32_t point = special ? (*upper_)[byte - 0x80u] : byte;
      if (special && point == 0) {
        out->push_back(kNoUtf8);
      } else {
        AppendUtf8(point, out);
      }
    }
  }
  void Finish(std::string*) override {}

 private:
  const std::array<char16_t, 32>* upper_;
};

/// The Unicode consortium's mapping of code page 1252.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

class Utf16Transcoder : public Transcoder {
 public:
  /// None: the byte order mark decides.
  explicit Utf16Transcoder(std::optional<bool> big_endian) : big_endian_(big_endian) {}

  void Push(std::string_view bytes, std::string* out) override {
    for (const char c : bytes) {
      if (!first_) {
        first_ = static_cast<unsigned char>(c);
        continue;
      }
      const auto second = static_cast<unsigned char>(c);
      if (!big_endian_) big_endian_ = *first_ == 0xFE && second == 0xFF;
      const int unit = *big_endian_ ? *first_ << 8 | second : second << 8 | *first_;
      first_.reset();
      AppendUnit(static_cast<char32_t>(unit), out);
    }
  }
  void Finish(std::string* out) override {
    if (first_ || high_ != 0) out->push_back(kNoUtf8);
  }

 private:
  void AppendUnit(char32_t unit, std::string* out) {
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    if (high_ != 0) {
      const char32_t high = high_;
      high_ = 0;
      if (low) return AppendUtf8(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00), out);
      out->push_back(kNoUtf8);
    } else if (low) {
      out->push_back(kNoUtf8);
      return;
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else {
      AppendUtf8(unit, out);
    }
  }

  std::optional<bool> big_endian_;
  std::optional<unsigned char> first_;
  char32_t high_ = 0;
};

}  // namespace

Result<TextEncoding> TextEncodingOf(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    plain.push_back(ToLower(c));
  }
  if (plain == "utf8") return TextEncoding::kUtf8;
  if (plain == "latin1" || plain == "iso88591") return TextEncoding::kLatin1;
  if (plain == "windows1252" || plain == "cp1252") return TextEncoding::kWindows1252;
  if (plain == "utf16") return TextEncoding::kUtf16;
  if (plain == "utf16le") return TextEncoding::kUtf16Le;
  if (plain == "utf16be") return TextEncoding::kUtf16Be;
  return Status::Invalid(fmt::format("this encoding is not known encoding=\"{}\"", name))
      .WithHint("write utf-8, latin-1, windows-1252, utf-16, utf-16le or utf-16be");
}

std::unique_ptr<Transcoder> Transcoder::Make(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf8:
      break;
    case TextEncoding::kLatin1:
      return std::make_unique<ByteTranscoder>(nullptr);
    case TextEncoding::kWindows1252:
      return std::make_unique<ByteTranscoder>(&kWindows1252);
    case TextEncoding::kUtf16:
      return std::make_unique<Utf16Transcoder>(std::nullopt);
    case TextEncoding::kUtf16Le:
      return std::make_unique<Utf16Transcoder>(false);
    case TextEncoding::kUtf16Be:
      return std::make_unique<Utf16Transcoder>(true);
  }
  return std::make_unique<Utf8Transcoder>();
}

}  // namespace thalweg::formats
