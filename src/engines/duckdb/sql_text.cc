#include "engines/duckdb/sql_text.h"

#include <algorithm>
#include <utility>

namespace thalweg::engines {
namespace {

bool IsNameStart(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

/// Walks over SQL as DuckDB's lexer (PostgreSQL's) cuts it, as far as finding parameters needs.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<ParameterUse> Run() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == '\'') {
        SkipQuoted('\'', false);
      } else if (c == '"') {
        SkipQuoted('"', false);
      } else if ((c == 'e' || c == 'E') && Peek(1) == '\'') {
        ++at_;
        SkipQuoted('\'', true);
      } else if (c == '-' && Peek(1) == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (c == '/' && Peek(1) == '*') {
        SkipComment();
      } else if (c == '$') {
        TakeDollar();
      } else if (IsNamePart(c)) {
        // A '$' inside of a name belongs to it.
        while (at_ < sql_.size() && (IsNamePart(sql_[at_]) || sql_[at_] == '$')) ++at_;
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  char Peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  void SkipQuoted(char mark, bool backslash) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (backslash && sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == mark) {
        ++at_;
        if (at_ >= sql_.size() || sql_[at_] != mark) return;
      }
    }
    at_ = std::min(at_, sql_.size());
  }

  void SkipComment() {
    int depth = 0;
    while (at_ < sql_.size()) {
      if (sql_[at_] == '/' && Peek(1) == '*') {
        ++depth, at_ += 2;
      } else if (sql_[at_] == '*' && Peek(1) == '/') {
        --depth, at_ += 2;
        if (depth == 0) return;
      } else {
        ++at_;
      }
    }
  }

  /// $name, $1, or a text in dollar quotes: $$...$$, $tag$...$tag$.
  void TakeDollar() {
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    while (end < sql_.size() && IsNamePart(sql_[end])) ++end;
    const bool names = end > begin + 1;
    if (end < sql_.size() && sql_[end] == '$' && !IsDigit(names ? sql_[begin + 1] : 'x')) {
      const std::string_view tag = sql_.substr(begin, end + 1 - begin);
      const std::size_t close = sql_.find(tag, end + 1);
      at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
      return;
    }
    at_ = end;
    if (names) found_.push_back({begin, end, std::string(sql_.substr(begin + 1, end - begin - 1))});
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<ParameterUse> found_;
};

Status WithoutPlace(const Status& status) {
  Status bare(status.code(), status.fault(), status.message());
  return bare.WithSlug(status.slug()).WithHint(status.hint());
}

bool IsConversion(const Status& status) {
  return status.slug() == "conversion-failed" || status.slug() == "out-of-range";
}

}  // namespace

std::vector<ParameterUse> FindParameters(std::string_view sql) {
  if (sql.find('$') == std::string_view::npos) return {};
  return Scanner(sql).Run();
}

void SqlText::AddPiece(std::string_view text, Piece piece) {
  if (text.empty()) return;
  piece.at = text_.size();
  pieces_.push_back(std::move(piece));
  text_ += text;
}

void SqlText::Add(std::string_view text) { AddPiece(text, {}); }

void SqlText::AddCopy(std::string_view text, std::size_t origin) {
  AddPiece(text, {.source = Source::kCopy, .begin = origin, .end = origin + text.size()});
}

void SqlText::AddInPlaceOf(std::string_view text, std::size_t begin, std::size_t end) {
  AddPiece(text, {.source = Source::kReplacement, .begin = begin, .end = end});
}

void SqlText::AddColumn(std::string_view text, Status misfit) {
  AddPiece(text, {.source = Source::kColumn, .misfit = std::move(misfit)});
}

void SqlText::Append(const SqlText& other) {
  const std::size_t shift = text_.size();
  text_ += other.text_;
  for (Piece piece : other.pieces_) {
    piece.at += shift;
    pieces_.push_back(std::move(piece));
  }
}

Status SqlText::MapError(const Status& status) const {
  if (status.ok() || !status.place()) return status;
  Place place = *status.place();
  const std::size_t offset = static_cast<std::size_t>(std::max(place.column - 1, 0));
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                      [](std::size_t at, const Piece& piece) { return at < piece.at; });
  if (after == pieces_.begin()) return WithoutPlace(status);
  const Piece& piece = *std::prev(after);
  switch (piece.source) {
    case Source::kOurs: return WithoutPlace(status);
    case Source::kColumn: return IsConversion(status) ? piece.misfit : WithoutPlace(status);
    case Source::kReplacement:
      place.column = static_cast<int>(piece.begin) + 1;
      place.length = static_cast<int>(piece.end - piece.begin);
      return status.WithPlace(std::move(place));
    case Source::kCopy:
      // Just behind the last copied byte lies "unexpected end of input".
      place.column = static_cast<int>(piece.begin + offset - piece.at) + 1;
      return status.WithPlace(std::move(place));
  }
  return status;
}

}  // namespace thalweg::engines
