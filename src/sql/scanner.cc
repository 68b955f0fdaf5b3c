#include "sql/scanner.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace thalweg::sql {
namespace {

bool IsNameStart(char c) {
  return IsLetter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) {
  return IsNameStart(c) || IsDigit(c) || c == '$';
}
bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// What DuckDB's parser takes for a space beyond ASCII: U+00A0, U+2000..U+200D, U+202F, U+205F,
// U+2060, U+3000, U+FEFF.
std::size_t UnicodeSpace(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  if (byte(0) == 0xC2) return byte(1) == 0xA0 ? 2 : 0;
  if (byte(0) == 0xE2 && byte(1) == 0x80) {
    return (byte(2) >= 0x80 && byte(2) <= 0x8D) || byte(2) == 0xAF ? 3 : 0;
  }
  if (byte(0) == 0xE2 && byte(1) == 0x81) return byte(2) == 0x9F || byte(2) == 0xA0 ? 3 : 0;
  if (byte(0) == 0xE3) return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0;
  if (byte(0) == 0xEF) return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0;
  return 0;
}

/// One pass over the text. Skipped ranges (comments, Unicode spaces) are reported to the caller.
class Lexer {
 public:
  struct Piece {
    enum class Kind { kToken, kComment, kUnicodeSpace, kEnd };
    Kind kind = Kind::kEnd;
    Token token;
  };

  explicit Lexer(std::string_view text) : text_(text) {}

  Piece Next() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    if (at_ >= text_.size()) return {};
    if (const std::size_t bytes = UnicodeSpace(text_, at_); bytes > 0) {
      return Skip(Piece::Kind::kUnicodeSpace, at_ + bytes);
    }
    if (Looking("--")) return Skip(Piece::Kind::kComment, LineEnd());
    if (Looking("/*")) {
      const std::size_t end = BlockCommentEnd();
      // An open comment is an error, which the parser reports: it stays.
      if (end == std::string_view::npos) return Take(TokenKind::kSymbol, text_.size());
      return Skip(Piece::Kind::kComment, end);
    }
    return NextToken();
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool Looking(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  Piece Skip(Piece::Kind kind, std::size_t end) {
    const Token token{TokenKind::kEnd, at_, end};
    at_ = end;
    return {kind, token};
  }
  Piece Take(TokenKind kind, std::size_t end) {
    const Token token{kind, at_, end};
    at_ = end;
    return {Piece::Kind::kToken, token};
  }

  Piece NextToken() {
    const char c = Peek();
    if (c == '\'') return Take(TokenKind::kString, QuoteEnd(at_, '\'', false));
    if (c == '"') return Take(TokenKind::kQuotedName, QuoteEnd(at_, '"', false));
    if ((c == 'e' || c == 'E') && Peek(1) == '\'') {
      return Take(TokenKind::kString, QuoteEnd(at_ + 1, '\'', true));
    }
    if ((c == 'x' || c == 'X' || c == 'b' || c == 'B') && Peek(1) == '\'') {
      return Take(TokenKind::kString, QuoteEnd(at_ + 1, '\'', false));
    }
    if (IsNameStart(c)) return Take(TokenKind::kWord, NameEnd(at_));
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Take(TokenKind::kNumber, NumberEnd());
    if (c == '$') return Dollar();
    if (c == '?') {
      std::size_t end = at_ + 1;
      while (end < text_.size() && IsDigit(text_[end])) ++end;
      return Take(TokenKind::kParameter, end);
    }
    return Take(TokenKind::kSymbol, at_ + (Looking("::") ? 2 : 1));
  }

  // $1, $name and $"name" are parameters; $$ and $tag$ open a string.
  Piece Dollar() {
    if (IsDigit(Peek(1))) {
      std::size_t end = at_ + 1;
      while (end < text_.size() && IsDigit(text_[end])) ++end;
      return Take(TokenKind::kParameter, end);
    }
    if (Peek(1) == '"') return Take(TokenKind::kParameter, QuoteEnd(at_ + 1, '"', false));
    std::size_t end = at_ + 1;
    while (end < text_.size() && IsNamePart(text_[end]) && text_[end] != '$') ++end;
    if (end < text_.size() && text_[end] == '$') {
      const std::string_view mark = text_.substr(at_, end + 1 - at_);
      const std::size_t close = text_.find(mark, end + 1);
      return Take(TokenKind::kString,
                  close == std::string_view::npos ? text_.size() : close + mark.size());
    }
    return Take(end == at_ + 1 ? TokenKind::kSymbol : TokenKind::kParameter, end);
  }

  std::size_t NameEnd(std::size_t from) const {
    std::size_t end = from;
    while (end < text_.size() && IsNamePart(text_[end]) && UnicodeSpace(text_, end) == 0) ++end;
    return end;
  }
  std::size_t NumberEnd() const {
    std::size_t end = at_;
    while (end < text_.size()) {
      const char c = text_[end];
      const bool exponent_sign = (c == '+' || c == '-') &&
                                 (text_[end - 1] == 'e' || text_[end - 1] == 'E') && end > at_ &&
                                 end + 1 < text_.size() && IsDigit(text_[end + 1]);
      if (!IsDigit(c) && c != '.' && c != '_' && c != 'e' && c != 'E' && !exponent_sign) break;
      ++end;
    }
    return end;
  }
  std::size_t QuoteEnd(std::size_t open, char quote, bool escapes) const {
    for (std::size_t i = open + 1; i < text_.size(); ++i) {
      if (escapes && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (i + 1 < text_.size() && text_[i + 1] == quote) {
          ++i;
        } else {
          return i + 1;
        }
      }
    }
    return text_.size();
  }
  std::size_t LineEnd() const {
    const std::size_t end = text_.find_first_of("\r\n", at_);
    return end == std::string_view::npos ? text_.size() : end;
  }
  std::size_t BlockCommentEnd() const {
    int depth = 0;
    for (std::size_t i = at_; i + 1 < text_.size(); ++i) {
      if (text_[i] == '/' && text_[i + 1] == '*') {
        ++depth, ++i;
      } else if (text_[i] == '*' && text_[i + 1] == '/') {
        ++i;
        if (--depth == 0) return i + 1;
      }
    }
    return std::string_view::npos;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

char ClosingOf(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}
bool IsOpening(char c) {
  return c == '(' || c == '[' || c == '{';
}
bool IsClosing(char c) {
  return c == ')' || c == ']' || c == '}';
}

}  // namespace

Tokens::Tokens(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {
  end_.begin = end_.end = text_->size();
  Lexer lexer(*text_);
  for (Lexer::Piece piece = lexer.Next(); piece.kind != Lexer::Piece::Kind::kEnd;
       piece = lexer.Next()) {
    if (piece.kind == Lexer::Piece::Kind::kToken) tokens_.push_back(piece.token);
  }
  MatchBrackets();
}

void Tokens::MatchBrackets() {
  closing_.assign(tokens_.size(), static_cast<std::uint32_t>(tokens_.size()));
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind != TokenKind::kSymbol) continue;
    const char c = (*text_)[tokens_[i].begin];
    if (IsOpening(c)) open.push_back(i);
    if (!IsClosing(c)) continue;
    if (open.empty() || ClosingOf((*text_)[tokens_[open.back()].begin]) != c) {
      brackets_balanced_ = false;
      return;
    }
    closing_[open.back()] = i;
    open.pop_back();
  }
  brackets_balanced_ = open.empty();
}

const Token& Tokens::operator[](std::size_t index) const {
  return index < tokens_.size() ? tokens_[index] : end_;
}

std::string_view Tokens::Text(std::size_t index) const {
  if (index >= tokens_.size()) return {};
  const Token& token = tokens_[index];
  return std::string_view(*text_).substr(token.begin, token.end - token.begin);
}

std::size_t Tokens::IndexAt(std::size_t offset) const {
  const auto it =
      std::upper_bound(tokens_.begin(), tokens_.end(), offset,
                       [](std::size_t at, const Token& token) { return at < token.end; });
  return static_cast<std::size_t>(it - tokens_.begin());
}

bool Tokens::IsWord(std::size_t index, std::string_view upper_case) const {
  return (*this)[index].kind == TokenKind::kWord && EqualIgnoringCase(Text(index), upper_case);
}

bool Tokens::IsSymbol(std::size_t index, std::string_view symbol) const {
  return (*this)[index].kind == TokenKind::kSymbol && Text(index) == symbol;
}

bool Tokens::IsName(std::size_t index) const {
  const TokenKind kind = (*this)[index].kind;
  return kind == TokenKind::kWord || kind == TokenKind::kQuotedName;
}

std::string Tokens::Name(std::size_t index) const {
  const std::string_view text = Text(index);
  const TokenKind kind = (*this)[index].kind;
  if ((kind != TokenKind::kQuotedName && kind != TokenKind::kString) || text.size() < 2 ||
      (text.front() != '"' && text.front() != '\'')) {
    return std::string(text);
  }
  const char quote = text.front();
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name.push_back(text[i]);
    if (text[i] == quote && text[i + 1] == quote) ++i;
  }
  return name;
}

std::size_t Tokens::Closing(std::size_t open) const {
  return open < closing_.size() ? closing_[open] : size();
}

std::vector<Token> LineComments(std::string_view text) {
  std::vector<Token> comments;
  Lexer lexer(text);
  for (Lexer::Piece piece = lexer.Next(); piece.kind != Lexer::Piece::Kind::kEnd;
       piece = lexer.Next()) {
    if (piece.kind == Lexer::Piece::Kind::kComment && text[piece.token.begin] == '-')
      comments.push_back(piece.token);
  }
  return comments;
}

std::string ExecutableText(std::string text) {
  std::vector<Token> blanks;
  std::vector<Token> semicolons;  // with nothing behind them so far
  Lexer lexer(text);
  for (Lexer::Piece piece = lexer.Next(); piece.kind != Lexer::Piece::Kind::kEnd;
       piece = lexer.Next()) {
    if (piece.kind != Lexer::Piece::Kind::kToken) {
      blanks.push_back(piece.token);
    } else if (text[piece.token.begin] == ';') {
      semicolons.push_back(piece.token);
    } else {
      semicolons.clear();  // they separate statements
    }
  }
  blanks.insert(blanks.end(), semicolons.begin(), semicolons.end());
  for (const Token& blank : blanks) {
    for (std::size_t i = blank.begin; i < blank.end; ++i) {
      if (text[i] != '\n' && text[i] != '\r') text[i] = ' ';
    }
  }
  return text;
}

bool IsPlainName(std::string_view folded) {
  if (folded.empty() || folded[0] < 'a' || folded[0] > 'z') return false;
  return std::all_of(folded.begin(), folded.end(),
                     [](char c) { return IsLowerLetter(c) || IsDigit(c) || c == '_'; });
}

}  // namespace thalweg::sql
