#include "spec/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace thalweg::spec {

using component::Value;
using Segments = std::vector<Value::Segment>;

namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}
bool IsBreak(char c) {
  return c == '\n' || c == '\r';
}
bool IsWhite(char c) {
  return IsBlank(c) || IsBreak(c);
}

template <std::size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kTrues = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> kFalses = {"false", "False", "FALSE"};

std::size_t SkipDigits(std::string_view text, std::size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

}  // namespace

bool IsJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = SkipDigits(text, at);
  if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = SkipDigits(text, at + 1);
    if (fraction == at + 1) return false;
    at = fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = SkipDigits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

Value PlainScalar(std::string text, Span span) {
  if (IsOneOf(text, kNulls)) return Value::Null(std::move(span), std::move(text));
  const bool truth = IsOneOf(text, kTrues);
  if (truth || IsOneOf(text, kFalses)) {
    return Value::Boolean(truth, std::move(text), std::move(span));
  }
  if (IsJsonNumber(text)) return Value::Number(std::move(text), std::move(span));
  return Value::String(std::move(text), std::move(span));
}

namespace {

/// Matches source lines with a text that was made from them: indentation cut off, breaks kept or
/// folded.
class LineMatcher {
 public:
  LineMatcher(std::string_view text, std::string_view source, bool keeps_trailing_blanks)
      : text_(text), source_(source), keeps_trailing_blanks_(keeps_trailing_blanks) {}

  std::optional<Segments> Match(std::size_t begin, std::size_t end) && {
    for (std::size_t line = begin; line < end;) {
      const std::size_t line_end = std::min(source_.find_first_of("\r\n", line), end);
      if (!MatchLine(line, line_end)) return std::nullopt;
      line = line_end + 1;
    }
    if (!std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.end(), IsWhite)) {
      return std::nullopt;
    }
    return std::move(segments_);
  }

 private:
  bool MatchLine(std::size_t line, std::size_t line_end) {
    std::size_t content = line;
    while (content < line_end && IsBlank(source_[content])) ++content;
    if (content == line_end) return true;
    std::size_t content_end = line_end;
    while (!keeps_trailing_blanks_ && IsBlank(source_[content_end - 1])) --content_end;
    const std::string_view words = source_.substr(content, content_end - content);
    std::size_t found = at_;
    while (found < text_.size() && IsWhite(text_[found])) ++found;
    if (!text_.substr(found).starts_with(words)) return false;
    const std::size_t kept = KeptIndentation(found, content - line);
    segments_.push_back({found - kept, content - kept});
    at_ = found + words.size();
    return true;
  }

  /// Blanks in front of text_[found] that begin a line of the text: they are indentation beyond the
  /// block's own.
  std::size_t KeptIndentation(std::size_t found, std::size_t most) const {
    std::size_t kept = 0;
    while (kept < most && found - kept > at_ && IsBlank(text_[found - kept - 1])) ++kept;
    const bool begins_line = found == kept || IsBreak(text_[found - kept - 1]);
    return begins_line ? kept : 0;
  }

  std::string_view text_, source_;
  bool keeps_trailing_blanks_;
  std::size_t at_ = 0;  ///< text before it is matched
  Segments segments_;
};

/// Decodes the inside of quotes.
class QuotedDecoder {
 public:
  QuotedDecoder(std::string_view source, std::size_t begin, std::size_t end, bool escapes)
      : source_(source), at_(begin), end_(end), escapes_(escapes) {}

  std::optional<ScalarText> Decode() && {
    Mark();
    while (at_ < end_) {
      const char c = source_[at_];
      if (IsWhite(c)) {
        const std::size_t after = WhiteUntil(at_);
        if (BreaksIn(at_, after) > 0) {
          Fold(after);
        } else {
          Copy(after);
        }
      } else if (escapes_ && c == '\\') {
        if (!DecodeEscape()) return std::nullopt;
      } else if (!escapes_ && c == '\'') {
        Replace(2, "'");
      } else {
        Copy(at_ + 1);
      }
    }
    return std::move(out_);
  }

 private:
  void Mark() {
    if (!out_.segments.empty() && out_.segments.back().value_offset == out_.text.size())
      out_.segments.pop_back();
    out_.segments.push_back({out_.text.size(), at_});
  }

  void Copy(std::size_t after) {
    out_.text += source_.substr(at_, after - at_);
    at_ = after;
  }

  void Replace(std::size_t length, std::string_view with) {
    Mark();
    out_.text += with;
    at_ += length;
    Mark();
  }

  std::size_t WhiteUntil(std::size_t from) const {
    while (from < end_ && IsWhite(source_[from])) ++from;
    return from;
  }

  std::size_t BreaksIn(std::size_t from, std::size_t until) const {
    std::size_t breaks = 0;
    for (std::size_t i = from; i < until; ++i) {
      const bool second_half = source_[i] == '\n' && i > from && source_[i - 1] == '\r';
      breaks += IsBreak(source_[i]) && !second_half ? 1 : 0;
    }
    return breaks;
  }

  /// One break is a blank; each blank line is a break. Blanks around them go.
  void Fold(std::size_t after) {
    const std::size_t breaks = BreaksIn(at_, after);
    out_.text += breaks == 1 ? " " : std::string(breaks - 1, '\n');
    at_ = after;
    Mark();
  }

  bool DecodeEscape() {
    const char kind = at_ + 1 < end_ ? source_[at_ + 1] : '\0';
    if (IsBreak(kind)) {
      // The break is cut out. Blank lines behind it count, the next line's indentation does not.
      const std::size_t after = WhiteUntil(at_ + 1);
      out_.text += std::string(BreaksIn(at_ + 1, after) - 1, '\n');
      at_ = after;
      Mark();
      return true;
    }
    constexpr std::string_view kNames = "abtnvfre \"/\\\t";
    constexpr std::string_view kMeanings = "\a\b\t\n\v\f\r\x1B \"/\\\t";
    if (const std::size_t found = kNames.find(kind); found != std::string_view::npos) {
      Replace(2, kMeanings.substr(found, 1));
      return true;
    }
    constexpr std::array<std::pair<char, std::string_view>, 4> kWide = {
        {{'N', "\xC2\x85"}, {'_', "\xC2\xA0"}, {'L', "\xE2\x80\xA8"}, {'P', "\xE2\x80\xA9"}}};
    for (const auto& [name, meaning] : kWide) {
      if (kind != name) continue;
      Replace(2, meaning);
      return true;
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    return digits > 0 && DecodeCodePoint(digits);
  }

  bool DecodeCodePoint(std::size_t digits) {
    std::optional<char32_t> point = ParseHex(source_.substr(0, end_), at_ + 2, digits);
    std::size_t length = 2 + digits;
    if (!point) return false;
    const bool high_half = *point >= 0xD800 && *point < 0xDC00;
    if (high_half && source_.substr(at_ + length).starts_with("\\u")) {
      const std::optional<char32_t> low = ParseHex(source_.substr(0, end_), at_ + length + 2, 4);
      if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
      point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
      length += 6;
    }
    std::string bytes;
    if (!AppendUtf8(*point, &bytes)) return false;
    Replace(length, bytes);
    return true;
  }

  std::string_view source_;
  std::size_t at_, end_;
  bool escapes_;
  ScalarText out_;
};

}  // namespace

std::optional<char32_t> ParseHex(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, value, 16);
  if (error != std::errc() || end != text.data() + at + digits) return std::nullopt;
  return static_cast<char32_t>(value);
}

bool AppendUtf8(char32_t point, std::string* out) {
  if (point == 0 || (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) return false;
  const auto byte = [out](char32_t value) { *out += static_cast<char>(value); };
  const auto tail = [&](int shift) { byte(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    byte(0xF0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

ScalarText DecodeSingleQuoted(std::string_view source, std::size_t begin, std::size_t end) {
  return *QuotedDecoder(source, begin, end, false).Decode();
}

std::optional<ScalarText> DecodeDoubleQuoted(std::string_view source, std::size_t begin,
                                             std::size_t end) {
  return QuotedDecoder(source, begin, end, true).Decode();
}

std::optional<Segments> MapLines(std::string_view text, std::string_view source, std::size_t begin,
                                 std::size_t end, bool keeps_trailing_blanks) {
  return LineMatcher(text, source, keeps_trailing_blanks).Match(begin, end);
}

}  // namespace thalweg::spec
