#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::sql {

enum class TokenKind : std::uint8_t {
  kWord,        ///< a keyword or a plain name
  kQuotedName,  ///< "a ""b"""
  kString,      ///< 'it''s', e'a\n', $$text$$
  kNumber,
  kParameter,  ///< ?, ?1, $1, $name, $"name"
  kSymbol,     ///< one byte, or ::
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t begin = 0, end = 0;
};

/// SQL text cut into tokens the way DuckDB's lexer does, as far as names, literals, comments and
/// brackets go. The tree tells what a statement means and where its parts begin; the tokens tell
/// where they end. Owns the text; copies share it.
class Tokens {
 public:
  explicit Tokens(std::string text);

  const std::string& text() const { return *text_; }
  std::size_t size() const { return tokens_.size(); }
  /// At and beyond size(): a kEnd token at the end of the text.
  const Token& operator[](std::size_t index) const;
  std::string_view Text(std::size_t index) const;
  /// The first token that ends behind `offset`.
  std::size_t IndexAt(std::size_t offset) const;

  bool IsWord(std::size_t index, std::string_view upper_case) const;
  bool IsSymbol(std::size_t index, std::string_view symbol) const;
  bool IsName(std::size_t index) const;
  /// A name as it is meant: quotes removed, letters as written. Also for strings that stand for
  /// names.
  std::string Name(std::size_t index) const;
  /// The index of the bracket that closes the one at `open`; size() when there is none.
  std::size_t Closing(std::size_t open) const;
  /// A bracket is closed that was never opened, or the reverse.
  bool brackets_balanced() const { return brackets_balanced_; }

 private:
  void MatchBrackets();
  std::shared_ptr<const std::string> text_;
  std::vector<Token> tokens_;
  std::vector<std::uint32_t> closing_;  // of each token
  Token end_;
  bool brackets_balanced_ = true;
};

/// Where comments from -- to the end of their line lie.
std::vector<Token> LineComments(std::string_view text);

/// The same text, byte for byte as long, with blanks for comments, Unicode spaces outside quotes
/// (which DuckDB's parser would shorten, so that its offsets no longer fit) and closing semicolons:
/// what is parsed and run. Line ends stay.
std::string ExecutableText(std::string text);

/// [a-z][a-z0-9_]*: the name of a node, a pipeline or a parameter.
bool IsPlainName(std::string_view folded);

}  // namespace thalweg::sql
