#include "sql/refusal.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/diagnostic.h"
#include "base/utf8.h"

namespace thalweg::sql {
namespace {

struct Verb {
  std::string_view word;  // upper case
  std::string_view help;
};
constexpr std::string_view kStoredAnyway =
    "write only the SELECT: a node's rows are stored as its table; `materialize` says how";
constexpr std::string_view kUseTarget =
    "write the rows with a target node, or `materialize` to merge or append";
constexpr std::string_view kUseSource = "declare a source node and read it by its name";
constexpr std::string_view kNoSettings =
    "settings are part of the SQL profile and cannot be changed";
constexpr std::string_view kNoTransactions = "every node is committed by itself";
constexpr std::string_view kUseShow = "see `thalweg show`, `thalweg ls` and the thalweg.* tables";
constexpr std::string_view kOnlySelect = "write one SELECT";
constexpr Verb kVerbs[] = {
    {"INSERT", kUseTarget},
    {"UPDATE", kUseTarget},
    {"DELETE", kUseTarget},
    {"MERGE", kUseTarget},
    {"TRUNCATE", kUseTarget},
    {"COPY", "read files with a source node, write them with a target node"},
    {"EXPORT", kUseTarget},
    {"IMPORT", kUseSource},
    {"CREATE", kStoredAnyway},
    {"ALTER", kStoredAnyway},
    {"DROP", kStoredAnyway},
    {"COMMENT", kStoredAnyway},
    {"ATTACH", kUseSource},
    {"DETACH", kUseSource},
    {"USE", kUseSource},
    {"INSTALL", "extensions are neither installed nor loaded"},
    {"LOAD", "extensions are neither installed nor loaded"},
    {"SET", kNoSettings},
    {"RESET", kNoSettings},
    {"PRAGMA", kNoSettings},
    {"BEGIN", kNoTransactions},
    {"START", kNoTransactions},
    {"COMMIT", kNoTransactions},
    {"ROLLBACK", kNoTransactions},
    {"ABORT", kNoTransactions},
    {"END", kNoTransactions},
    {"CHECKPOINT", kNoTransactions},
    {"FORCE", kNoTransactions},
    {"VACUUM", kNoTransactions},
    {"ANALYZE", kNoTransactions},
    {"CALL", "table functions cannot be called: declare a source node"},
    {"EXPLAIN", "use `thalweg plan`"},
    {"DESCRIBE", kUseShow},
    {"DESC", kUseShow},
    {"SHOW", kUseShow},
    {"SUMMARIZE", kUseShow},
    {"PREPARE", kOnlySelect},
    {"EXECUTE", kOnlySelect},
    {"DEALLOCATE", kOnlySelect},
};

const Verb* FindVerb(const Tokens& tokens, std::size_t index) {
  for (const Verb& verb : kVerbs) {
    if (tokens.IsWord(index, verb.word)) return &verb;
  }
  return nullptr;
}

TextRange RangeOf(const Tokens& tokens, std::size_t first, std::size_t last) {
  return {tokens[first].begin, tokens[last].end};
}

TextRange WholeRange(const Tokens& tokens) {
  if (tokens.size() == 0) return {0, tokens.text().size()};
  return RangeOf(tokens, 0, tokens.size() - 1);
}

Rejection One(std::string slug, std::string message, std::string help, TextRange range) {
  Rejection rejection;
  rejection.findings.push_back({std::move(slug), std::move(message), std::move(help), range});
  return rejection;
}

bool BeginsQuery(const Tokens& tokens, std::size_t index) {
  for (const std::string_view word : {"SELECT", "FROM", "VALUES", "TABLE", "PIVOT", "UNPIVOT"}) {
    if (tokens.IsWord(index, word)) return true;
  }
  return tokens.IsSymbol(index, "(");
}

/// The verb of the statement at `begin`: behind its WITH, if it has one.
std::size_t MainVerb(const Tokens& tokens, std::size_t begin) {
  if (!tokens.IsWord(begin, "WITH")) return begin;
  for (std::size_t i = begin + 1; i < tokens.size() && !tokens.IsSymbol(i, ";"); ++i) {
    if (tokens.IsSymbol(i, "(")) {
      i = tokens.Closing(i);  // a CTE's columns or body
      continue;
    }
    // A CTE may be called "update": then AS, USING or its columns follow.
    const bool named =
        tokens.IsWord(i + 1, "AS") || tokens.IsWord(i + 1, "USING") || tokens.IsSymbol(i + 1, "(");
    if (!named && (FindVerb(tokens, i) || BeginsQuery(tokens, i))) return i;
  }
  return begin;
}

/// The body of a CTE that is no query: WITH a AS (DELETE ...).
bool BeginsCte(const Tokens& tokens, std::size_t index) {
  return index >= 2 && tokens.IsSymbol(index - 1, "(") &&
         (tokens.IsWord(index - 2, "AS") || tokens.IsWord(index - 2, "MATERIALIZED"));
}

std::optional<Rejection> RefuseVerb(const Tokens& tokens) {
  bool begins = true;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::size_t at = begins ? MainVerb(tokens, i) : i;
    if (begins || BeginsCte(tokens, i)) {
      if (const Verb* verb = FindVerb(tokens, at)) {
        return One("statement-not-select",
                   fmt::format("only a SELECT can be a statement here, this is {}", verb->word),
                   std::string(verb->help), RangeOf(tokens, at, at));
      }
    }
    begins = tokens.IsSymbol(i, ";");
  }
  return {};
}

std::optional<Rejection> RefusePositionalParameter(const Tokens& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = tokens.Text(i);
    if (tokens[i].kind != TokenKind::kParameter) continue;
    if (text[0] == '?' || (IsDigit(text[1]))) {
      return One("positional-parameter", "parameters have names here", "write $name",
                 RangeOf(tokens, i, i));
    }
  }
  return {};
}

/// Words that a slip is often meant to be.
std::string DidYouMean(const Tokens& tokens, std::size_t index) {
  static const std::vector<std::string> kWords = {
      "SELECT", "FROM",    "WHERE",  "GROUP",    "ORDER", "HAVING", "LIMIT", "UNION", "VALUES",
      "WITH",   "QUALIFY", "WINDOW", "DISTINCT", "INNER", "LEFT",   "RIGHT", "USING", "BETWEEN"};
  if (tokens[index].kind != TokenKind::kWord) return {};
  std::string word;
  for (const char c : tokens.Text(index)) {
    word.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  }
  const std::string nearest = Nearest(word, kWords);
  return nearest.empty() || nearest == word ? "" : fmt::format("did you mean {}?", nearest);
}

/// DuckDB counts code points in syntax errors, but bytes in trees.
std::size_t ByteOffset(std::string_view text, std::int64_t code_points) {
  std::size_t at = 0;
  while (at < text.size() && code_points-- > 0) at += DecodeUtf8(text, at).bytes;
  return at;
}

Rejection SyntaxError(const Tokens& tokens, std::string_view message, const Node& report) {
  const std::string position(report.Text("position"));
  if (position.empty()) {
    return One("syntax-error", std::string(message), "", WholeRange(tokens));
  }
  std::int64_t code_points = 0;
  for (const char c : position.substr(0, 9)) code_points = code_points * 10 + (c - '0');
  const std::size_t offset = ByteOffset(tokens.text(), code_points);
  const std::size_t index = tokens.IndexAt(offset);
  if (index >= tokens.size()) {
    const TextRange whole = WholeRange(tokens);
    return One("syntax-error", std::string(message), "the statement is not complete",
               {whole.end, whole.end});
  }
  std::string help = DidYouMean(tokens, index);
  if (help.empty() && index > 0) help = DidYouMean(tokens, index - 1);  // SELECT * FORM t
  return One("syntax-error", std::string(message), std::move(help), RangeOf(tokens, index, index));
}

Rejection NotASelect(const Tokens& tokens) {
  if (auto verb = RefuseVerb(tokens)) return *std::move(verb);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.IsWord(i, "PIVOT") || tokens.IsWord(i, "PIVOT_WIDER")) {
      return One("pivot-without-values",
                 "PIVOT needs its values: which columns come out must not depend on the data",
                 "write PIVOT ... ON column IN ('a', 'b')", RangeOf(tokens, i, i));
    }
  }
  return One("statement-not-select", "only a SELECT can be a statement here",
             std::string(kOnlySelect), WholeRange(tokens));
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::optional<Rejection> RefuseText(std::string_view text) {
  if (text.size() > kMaxStatementBytes) {
    return One("statement-too-long",
               fmt::format("the statement is longer than 1 MiB bytes={}", text.size()),
               "put literal data into a file and declare a source node",
               {kMaxStatementBytes, text.size()});
  }
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    if (!point.valid || point.value == 0) {
      return One(
          "invalid-text",
          point.valid ? "the statement holds a NUL byte" : "the statement is not valid UTF-8",
          "save the file as UTF-8 text", {at, at + 1});
    }
    at += point.bytes;
  }
  return {};
}

Rejection ExplainFailure(const Tokens& tokens, const Node& report) {
  const std::string_view message = report.Text("error_message");
  if (Contains(message, "Only SELECT statements")) return NotASelect(tokens);
  if (Contains(message, "expression depth") || Contains(message, "memory exhausted")) {
    return One("statement-too-deep", "the statement is nested too deeply",
               "split it into several nodes or CTEs", WholeRange(tokens));
  }
  if (Contains(message, "positional parameters")) {
    if (auto positional = RefusePositionalParameter(tokens)) return *std::move(positional);
  }
  if (report.Text("position").empty()) {
    if (auto verb = RefuseVerb(tokens)) return *std::move(verb);
  }
  return SyntaxError(tokens, message, report);
}

Rejection RefuseSeveral(const Tokens& tokens) {
  if (auto verb = RefuseVerb(tokens)) return *std::move(verb);
  std::size_t second = 0;
  while (second < tokens.size() && !tokens.IsSymbol(second, ";")) ++second;
  while (tokens.IsSymbol(second, ";")) ++second;
  if (second >= tokens.size()) second = 0;
  return One("several-statements", "a node is one statement, and here a second one begins",
             "make it a node of its own", RangeOf(tokens, second, tokens.size() - 1));
}

}  // namespace thalweg::sql
