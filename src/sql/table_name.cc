#include "sql/table_name.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "sql/at_clause.h"

namespace thalweg::sql {
namespace {

constexpr std::string_view kDeclareSource =
    "declare a source node, such as  data: {source: {files: data.csv}},  and read it by its name";

/// Walks the tokens of one entry of FROM.
class Cursor {
 public:
  Cursor(const Tokens& tokens, std::size_t index) : tokens_(tokens), index_(index) {}

  std::size_t index() const { return index_; }
  bool AtName(std::string_view meant) {
    const bool matches = (tokens_.IsName(index_) || tokens_[index_].kind == TokenKind::kString) &&
                         tokens_.Name(index_) == meant;
    index_ += matches;
    return matches;
  }
  bool AtSymbol(std::string_view symbol) {
    const bool matches = tokens_.IsSymbol(index_, symbol);
    index_ += matches;
    return matches;
  }
  bool AtWord(std::string_view word) {
    const bool matches = tokens_.IsWord(index_, word);
    index_ += matches;
    return matches;
  }
  /// The word AT and its parentheses.
  bool AtAtClause() {
    if (!tokens_.IsWord(index_, "AT") || !tokens_.IsSymbol(index_ + 1, "(")) return false;
    if (!tokens_.IsWord(index_ + 2, "VERSION") && !tokens_.IsWord(index_ + 2, "TIMESTAMP")) {
      return false;
    }
    const std::size_t close = tokens_.Closing(index_ + 1);
    if (close >= tokens_.size()) return false;
    index_ = close + 1;
    return true;
  }

 private:
  const Tokens& tokens_;
  std::size_t index_;
};

bool LooksLikeAFile(std::string_view name) {
  return name.find_first_of("./\\*?:") != std::string_view::npos;
}

Finding Refuse(std::string slug, std::string message, std::string help, TextRange range) {
  return {std::move(slug), std::move(message), std::move(help), range};
}

Finding NoPlace(const ParsedStatement& statement, const std::string& name) {
  return Refuse("unsupported-statement",
                fmt::format("the place of a table in the statement could not be found name={}",
                            EscapeForDisplay(name)),
                "write its name plainly, without unusual characters around it",
                statement.WholeRange());
}

}  // namespace

std::variant<TableRef, Finding> ReadTable(const ParsedStatement& statement, const Node& table) {
  const Tokens& tokens = statement.tokens;
  std::vector<std::string> parts;
  for (const std::string_view key : {"catalog_name", "schema_name", "table_name"}) {
    if (!table.Text(key).empty()) parts.emplace_back(table.Text(key));
  }
  const std::string& name = parts.empty() ? std::string() : parts.back();
  const auto location = table.location();
  if (!location || parts.empty()) return NoPlace(statement, name);

  const std::size_t first = tokens.IndexAt(*location);
  Cursor cursor(tokens, first);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if ((i > 0 && !cursor.AtSymbol(".")) || !cursor.AtName(parts[i])) {
      return NoPlace(statement, name);
    }
  }
  TextRange range{tokens[first].begin, tokens[cursor.index() - 1].end};

  const bool quoted = tokens[cursor.index() - 1].kind != TokenKind::kWord;
  if (tokens[first].kind == TokenKind::kString || (quoted && LooksLikeAFile(name))) {
    return Refuse("table-function-not-allowed", "a statement cannot read a file by its name",
                  std::string(kDeclareSource), range);
  }
  if (parts.size() == 3) {
    return Refuse("invalid-table-name", "a table's name has at most two parts",
                  "write node or pipeline.node", range);
  }
  TableRef ref;
  ref.table = ToLower(parts.back());
  if (parts.size() == 2) ref.pipeline = ToLower(parts.front());
  for (const std::string& part : parts) {
    if (IsPlainName(ToLower(part))) continue;
    return Refuse("invalid-table-name",
                  fmt::format("\"{}\" cannot be the name of a table", EscapeForDisplay(part)),
                  "names of nodes and pipelines are letters a-z, digits and _, a letter first",
                  range);
  }
  ref.alias = std::string(table.Text("alias"));

  if (const Node clause = table.Get("at_clause")) {
    if (!cursor.AtAtClause()) {  // t AS z AT (...)
      cursor.AtWord("AS");
      if (!cursor.AtName(ref.alias)) return NoPlace(statement, name);
      ref.alias_in_range = true;
      if (tokens.IsSymbol(cursor.index(), "(")) {
        return Refuse("invalid-at-clause", "new column names do not go with AT",
                      "rename in a subquery: (SELECT a AS b FROM t AT (...)) AS z",
                      statement.TokenRange(cursor.index()));
      }
      if (!cursor.AtAtClause()) return NoPlace(statement, name);
    }
    range.end = tokens[cursor.index() - 1].end;
    ref.at = ReadAtClause(clause);
    if (!ref.at) {
      return Refuse("invalid-at-clause", "AT takes a literal: a version, a run, a tick or a time",
                    std::string(kAtClauseForms), range);
    }
  }
  ref.range = range;
  return ref;
}

}  // namespace thalweg::sql
