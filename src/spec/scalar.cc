#include "spec/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/ascii.h"

namespace thalweg::spec {

using component::Value;
using Segments = std::vector<Value::Segment>;

namespace {

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

/// Collects lines of a block scalar into its text.
class BlockBuilder {
 public:
  explicit BlockBuilder(bool folds) : folds_(folds) {}

  void EmptyLine() { ++empty_; }

  void Line(std::string_view content, std::size_t source_offset) {
    const bool spaced = IsBlank(content.front());
    const bool joins = folds_ && !first_ && !spaced && !last_spaced_;
    const std::size_t breaks = first_ || joins ? empty_ : empty_ + 1;
    out_.text += joins && breaks == 0 ? " " : std::string(breaks, '\n');
    out_.segments.push_back({out_.text.size(), source_offset});
    out_.text += content;
    first_ = false;
    last_spaced_ = spaced;
    empty_ = 0;
  }

  /// `chomp`: '-' no break at the end, '+' all of them, else one, as far as there are any.
  ScalarText Finish(char chomp, bool last_line_has_break) && {
    const std::size_t breaks = empty_ + (first_ || !last_line_has_break ? 0 : 1);
    const std::size_t clipped = first_ ? 0 : std::min<std::size_t>(breaks, 1);
    out_.text += std::string(chomp == '+' ? breaks : chomp == '-' ? 0 : clipped, '\n');
    return std::move(out_);
  }

 private:
  bool folds_;
  bool first_ = true;         ///< no line with content yet
  bool last_spaced_ = false;  ///< the line before began with a blank: its break is kept
  std::size_t empty_ = 0;     ///< empty lines since the last one with content
  ScalarText out_;
};

std::size_t LineEnd(std::string_view source, std::size_t at) {
  return std::min(source.find_first_of("\r\n", at), source.size());
}

std::size_t NextLine(std::string_view source, std::size_t line_end) {
  const bool pair = source.substr(line_end).starts_with("\r\n");
  return std::min(line_end + (pair ? 2 : 1), source.size());
}

std::size_t SpacesAt(std::string_view source, std::size_t line, std::size_t line_end) {
  std::size_t at = line;
  while (at < line_end && source[at] == ' ') ++at;
  return at - line;
}

/// The indentation of the first line that holds more than blanks.
std::size_t DetectIndentation(std::string_view source, std::size_t begin, std::size_t end) {
  for (std::size_t line = begin; line < end;) {
    const std::size_t line_end = LineEnd(source, line);
    const std::size_t spaces = SpacesAt(source, line, line_end);
    if (line + spaces < line_end) return spaces;
    line = NextLine(source, line_end);
  }
  return end - begin;  // blanks alone: none of them is content
}

enum class Style { kPlain, kSingleQuoted, kDoubleQuoted };

/// Decodes text whose lines are folded.
class FlowDecoder {
 public:
  FlowDecoder(Style style, std::string_view source, std::size_t begin, std::size_t end)
      : style_(style), source_(source), at_(begin), end_(end) {}

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
      } else if (style_ == Style::kDoubleQuoted && c == '\\') {
        if (!DecodeEscape()) return std::nullopt;
      } else if (style_ == Style::kSingleQuoted && c == '\'') {
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

  Style style_;
  std::string_view source_;
  std::size_t at_, end_;
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

ScalarText DecodePlain(std::string_view source, std::size_t begin, std::size_t end) {
  return *FlowDecoder(Style::kPlain, source, begin, end).Decode();
}

ScalarText DecodeSingleQuoted(std::string_view source, std::size_t begin, std::size_t end) {
  return *FlowDecoder(Style::kSingleQuoted, source, begin, end).Decode();
}

std::optional<ScalarText> DecodeDoubleQuoted(std::string_view source, std::size_t begin,
                                             std::size_t end) {
  return FlowDecoder(Style::kDoubleQuoted, source, begin, end).Decode();
}

ScalarText DecodeBlock(std::string_view source, std::size_t header, std::size_t end,
                       std::size_t parent_indent) {
  end = std::min(end, source.size());
  std::size_t indent = 0;
  char chomp = ' ';
  for (std::size_t at = header + 1; at < end && !IsWhite(source[at]); ++at) {
    if (IsDigit(source[at])) indent = parent_indent + static_cast<std::size_t>(source[at] - '0');
    if (source[at] == '-' || source[at] == '+') chomp = source[at];
  }
  const std::size_t begin = NextLine(source, LineEnd(source, header));
  if (indent == 0) indent = DetectIndentation(source, begin, end);
  BlockBuilder builder(source[header] == '>');
  bool last_line_has_break = true;
  for (std::size_t line = begin; line < end;) {
    const std::size_t line_end = LineEnd(source, line);
    const std::size_t spaces = SpacesAt(source, line, line_end);
    const bool blank = line + spaces == line_end;
    if (spaces < indent && !blank) break;
    const bool has_break = line_end < source.size();
    if (line_end - line <= indent) {
      if (has_break) builder.EmptyLine();
    } else {
      last_line_has_break = has_break;
      builder.Line(source.substr(line + indent, line_end - line - indent), line + indent);
    }
    line = NextLine(source, line_end);
  }
  return std::move(builder).Finish(chomp, last_line_has_break);
}

}  // namespace thalweg::spec
