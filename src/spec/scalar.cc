#include "spec/scalar.h"

#include <algorithm>
#include <array>

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

/// Bytes that a code point written as an escape has in UTF-8.
std::size_t Utf8Bytes(unsigned long value) {
  return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
}

unsigned long HexValue(std::string_view digits) {
  unsigned long value = 0;
  for (const char c : digits) {
    const int digit = IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value << 4 | static_cast<unsigned long>(digit & 0xF);
  }
  return value;
}

/// An escape: how many bytes it takes in the source and in the text.
struct Escape {
  std::size_t source = 0;
  std::size_t text = 0;
};

Escape EscapeAt(std::string_view source, std::size_t at) {
  const char kind = at + 1 < source.size() ? source[at + 1] : '\\';
  const auto hex = [&](std::size_t from, std::size_t digits) {
    return HexValue(source.substr(std::min(from, source.size()), digits));
  };
  switch (kind) {
    case 'x':
      return {4, Utf8Bytes(hex(at + 2, 2))};
    case 'u': {
      const unsigned long unit = hex(at + 2, 4);
      const bool pair = unit >= 0xD800 && unit < 0xDC00 && source.substr(at + 6).starts_with("\\u");
      return pair ? Escape{12, 4} : Escape{6, Utf8Bytes(unit)};
    }
    case 'U':
      return {10, Utf8Bytes(hex(at + 2, 8))};
    case 'N':
    case '_':
      return {2, 2};
    case 'L':
    case 'P':
      return {2, 3};
    default:
      return {2, 1};
  }
}

/// Matches the inside of quotes with its text: escapes, doubled quotes, folded lines.
class QuotedMatcher {
 public:
  QuotedMatcher(ScalarStyle style, std::string_view text, std::string_view source,
                std::size_t begin, std::size_t end)
      : style_(style), text_(text), source_(source), at_(begin), end_(end) {}

  std::optional<Segments> Match() && {
    Mark();
    while (at_ < end_) {
      const char c = source_[at_];
      if (IsWhite(c)) {
        const std::size_t after = WhiteUntil();
        if (BreaksIn(after) > 0) {
          Fold(after);
        } else if (!Copy(after)) {
          return std::nullopt;
        }
      } else if (style_ == ScalarStyle::kDoubleQuoted && c == '\\') {
        MatchEscape();
      } else if (style_ == ScalarStyle::kSingleQuoted && c == '\'') {
        Replace({2, 1});
      } else if (!Copy(at_ + 1)) {
        return std::nullopt;
      }
    }
    if (done_ != text_.size()) return std::nullopt;
    return std::move(segments_);
  }

 private:
  void Mark() {
    if (!segments_.empty() && segments_.back().value_offset == done_) segments_.pop_back();
    segments_.push_back({done_, at_});
  }

  void Replace(Escape piece) {
    Mark();
    at_ += piece.source;
    done_ += piece.text;
    Mark();
  }

  bool Copy(std::size_t after) {
    const std::string_view piece = source_.substr(at_, after - at_);
    if (!text_.substr(std::min(done_, text_.size())).starts_with(piece)) return false;
    at_ = after;
    done_ += piece.size();
    return true;
  }

  void MatchEscape() {
    if (at_ + 1 < end_ && IsBreak(source_[at_ + 1])) {
      // The break is cut out. Blank lines behind it count, the next line's indentation does not.
      ++at_;
      const std::size_t after = WhiteUntil();
      done_ += BreaksIn(after) - 1;
      at_ = after;
      Mark();
    } else {
      Replace(EscapeAt(source_.substr(0, end_), at_));
    }
  }

  /// The end of the blanks and breaks that begin here.
  std::size_t WhiteUntil() const {
    std::size_t after = at_;
    while (after < end_ && IsWhite(source_[after])) ++after;
    return after;
  }

  std::size_t BreaksIn(std::size_t after) const {
    std::size_t breaks = 0;
    for (std::size_t i = at_; i < after; ++i) {
      const bool second_half = source_[i] == '\n' && i > at_ && source_[i - 1] == '\r';
      breaks += IsBreak(source_[i]) && !second_half ? 1 : 0;
    }
    return breaks;
  }

  void Fold(std::size_t after) {
    const std::size_t breaks = BreaksIn(after);
    done_ += breaks == 1 ? 1 : breaks - 1;
    at_ = after;
    Mark();
  }

  ScalarStyle style_;
  std::string_view text_, source_;
  std::size_t at_, end_;
  std::size_t done_ = 0;  ///< bytes of the text that are matched
  Segments segments_;
};

}  // namespace

std::optional<Segments> MapScalar(ScalarStyle style, std::string_view text, std::string_view source,
                                  std::size_t begin, std::size_t end) {
  if (source.substr(begin, end - begin) == text) return Segments{{0, begin}};
  switch (style) {
    case ScalarStyle::kPlain:
      return LineMatcher(text, source, false).Match(begin, end);
    case ScalarStyle::kLiteral:
    case ScalarStyle::kFolded:
      return LineMatcher(text, source, true).Match(begin, end);
    case ScalarStyle::kSingleQuoted:
    case ScalarStyle::kDoubleQuoted:
      return QuotedMatcher(style, text, source, begin, end).Match();
  }
  return std::nullopt;
}

}  // namespace thalweg::spec
