#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"
#include "spec/document_limits.h"
#include "spec/map_builder.h"
#include "spec/pipeline.h"
#include "spec/scalar.h"

namespace thalweg::spec {
namespace {

/// RFC 8259, by hand: every value and every byte of a string needs its place, which no JSON library
/// at hand gives.
class JsonParser {
 public:
  JsonParser(const SourceTextRef& source, Diagnostics& diagnostics)
      : source_(source), text_(source->text()), diagnostics_(diagnostics) {}

  Value Parse() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    SkipBlanks();
    if (at_ == text_.size()) return {};
    Value value = ParseValue(0);
    SkipBlanks();
    if (!failed_ && at_ < text_.size())
      Fail("text behind the end of the document", "one file holds one document");
    return failed_ ? Value() : value;
  }

 private:
  Span From(std::size_t begin) const { return {source_, begin, at_}; }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  Value Fail(std::string message, std::string help = {}) {
    if (!failed_) {
      const std::size_t end = at_ < text_.size() ? at_ + DecodeUtf8(text_, at_).bytes : at_;
      diagnostics_.Error("json-syntax", std::move(message), Span{source_, at_, end}, "",
                         std::move(help));
    }
    failed_ = true;
    at_ = text_.size();
    return {};
  }

  Value ParseValue(std::size_t depth) {
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (depth >= kMaxDepth) {
        ReportTooDeep(Span{source_, at_, at_ + 1}, diagnostics_);
        failed_ = true;
        at_ = text_.size();
        return {};
      }
      return c == '{' ? ParseMap(depth + 1) : ParseList(depth + 1);
    }
    if (c == '"') return ParseString();
    return ParseWord();
  }

  /// A number, true, false or null.
  Value ParseWord() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n,:]}[{\"").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "null") return Value::Null(From(begin), "null");
    if (word == "true" || word == "false")
      return Value::Boolean(word == "true", std::string(word), From(begin));
    if (IsJsonNumber(word)) return Value::Number(std::string(word), From(begin));
    at_ = begin;
    if (word.empty())
      return Fail(at_ == text_.size() ? "the document ends too early" : "a value is missing here");
    if (word.starts_with("//") || word.starts_with("/*") || word.starts_with('#')) {
      return Fail("JSON has no comments", "use YAML for a file with comments");
    }
    return Fail("this is no JSON value", "text needs double quotes; numbers are plain decimals");
  }

  Value ParseList(std::size_t depth) {
    const std::size_t begin = at_++;
    std::vector<Value> items;
    SkipBlanks();
    if (Peek() != ']') {
      do {
        SkipBlanks();
        if (Peek() == ']') return Fail("a comma in front of the end of the list", "remove it");
        items.push_back(ParseValue(depth));
        SkipBlanks();
      } while (Accept(','));
      if (Peek() != ']') return Fail("a list goes on with \",\" or ends with \"]\"");
    }
    ++at_;
    return Value::List(std::move(items), From(begin));
  }

  Value ParseMap(std::size_t depth) {
    const std::size_t begin = at_++;
    MapBuilder entries;
    SkipBlanks();
    if (Peek() != '}') {
      do {
        SkipBlanks();
        if (Peek() == '}') return Fail("a comma in front of the end of the map", "remove it");
        if (Peek() != '"') return Fail("a key in double quotes belongs here");
        const Value key = ParseString();
        SkipBlanks();
        if (!Accept(':')) return Fail("\":\" belongs behind a key");
        SkipBlanks();
        Value value = ParseValue(depth);
        if (failed_) return {};
        entries.Add(key.text(), key.span(), std::move(value), diagnostics_);
        SkipBlanks();
      } while (Accept(','));
      if (Peek() != '}') return Fail("a map goes on with \",\" or ends with \"}\"");
    }
    ++at_;
    return Value::Map(std::move(entries).Take(), From(begin));
  }

  bool Accept(char c) {
    if (failed_ || Peek() != c) return false;
    ++at_;
    return true;
  }

  Value ParseString() {
    const std::size_t begin = at_++;
    std::string decoded;
    std::vector<Value::Segment> segments = {{0, at_}};
    while (true) {
      const std::size_t next = text_.find_first_of("\"\\\n\r\t", at_);
      if (next == std::string_view::npos || (text_[next] != '"' && text_[next] != '\\')) {
        at_ = next == std::string_view::npos ? begin : next;
        return Fail(next == std::string_view::npos ? "the text is not closed"
                                                   : "a tab or line end inside of text",
                    next == std::string_view::npos ? "close it with \"" : "write it as \\t or \\n");
      }
      decoded += text_.substr(at_, next - at_);
      at_ = next;
      if (text_[next] == '"') break;
      if (segments.back().value_offset == decoded.size()) segments.pop_back();
      segments.push_back({decoded.size(), at_});
      if (!ParseEscape(&decoded)) return {};
      segments.push_back({decoded.size(), at_});
    }
    ++at_;
    return Value::String(std::move(decoded), From(begin), std::move(segments));
  }

  bool ParseEscape(std::string* decoded) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    const std::size_t simple = kind == '\0' ? std::string_view::npos : kNames.find(kind);
    if (simple != std::string_view::npos) {
      *decoded += kMeanings[simple];
      at_ += 2;
      return true;
    }
    std::optional<char32_t> point = kind == 'u' ? ParseHex(text_, at_ + 2, 4) : std::nullopt;
    if (!point) {
      Fail("an escape that JSON does not know", "write a backslash as \\\\");
      return false;
    }
    std::size_t length = 6;
    const bool high_half = *point >= 0xD800 && *point < 0xDC00;
    if (high_half && text_.substr(at_ + 6).starts_with("\\u")) {
      const char32_t low = ParseHex(text_, at_ + 8, 4).value_or(0);
      if (low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
        length = 12;
      }
    }
    if (!AppendUtf8(*point, decoded)) {
      Fail("an escape that is no character", "NUL and halves of surrogate pairs are not allowed");
      return false;
    }
    at_ += length;
    return true;
  }

  SourceTextRef source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

Value ParseJson(const SourceTextRef& source, Diagnostics& diagnostics) {
  if (!CheckDocumentText(source, diagnostics)) return {};
  return JsonParser(source, diagnostics).Parse();
}

}  // namespace thalweg::spec
