#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/utf8.h"
#include "sql/analysis.h"
#include "sql/fingerprint.h"
#include "sql/functions.h"
#include "sql/lineage.h"
#include "sql/parsed_statement.h"
#include "sql/portability.h"
#include "sql/references.h"
#include "sql/refusal.h"
#include "sql/repeatability.h"

namespace thalweg::sql {
namespace {

using Outcome = Analyzer::Outcome;
using Parsed = std::variant<ParsedStatement, Rejection>;

/// A query that parses a list of texts at once costs half of one query for each; trees take about
/// forty times their text, hence the limit.
constexpr std::size_t kBatchBytes = 256 << 10;
constexpr std::size_t kBatchStatements = 500;

constexpr std::string_view kExpressionPrefix = "SELECT (";
constexpr std::string_view kExpressionSuffix = "\n)";

/// By place, without repeats (the parser copies parts of some statements), at most kMaxFindings.
std::vector<Finding> InOrder(std::vector<Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.range.begin, a.range.end) < std::pair(b.range.begin, b.range.end);
  });
  findings.erase(std::unique(findings.begin(), findings.end()), findings.end());
  if (findings.size() > kMaxFindings) findings.resize(kMaxFindings);
  return findings;
}

void RefuseFunctions(const ParsedStatement& statement, std::vector<Finding>& refused) {
  for (std::size_t i = 0; i < statement.tree.size() && refused.size() < kMaxFindings; ++i) {
    const Node node = statement.tree[i];
    if (node.key() != "function_name") continue;
    const std::string name = ToLower(node.text());
    const std::string_view why = WhyForbidden(name);
    if (why.empty()) continue;
    refused.push_back(
        {"function-not-allowed", fmt::format("the function {}() cannot be called: {}", name, why),
         "remove it; values from outside are parameters", statement.RangeOf(node.parent())});
  }
}

/// The names of the statement's parameters, lower case, sorted.
std::vector<std::string> ReadParameters(const ParsedStatement& statement,
                                        std::vector<Finding>& refused) {
  std::vector<std::string> names;
  for (const Node entry :
       statement.tree.root().Get("statements").Child(0).Get("named_param_map").children()) {
    names.push_back(ToLower(entry.Text("key")));
  }
  std::sort(names.begin(), names.end());
  const Tokens& tokens = statement.tokens;
  for (std::size_t i = 0; i < tokens.size() && refused.size() < kMaxFindings; ++i) {
    if (tokens[i].kind != TokenKind::kParameter) continue;
    const std::string_view text = tokens.Text(i);
    const std::string_view name = text.substr(1);
    if (name.empty() || (IsDigit(name[0]))) {
      refused.push_back({"positional-parameter",
                         fmt::format("parameters have names here, not {}", text),
                         "write $name, and declare it under params", statement.TokenRange(i)});
    } else if (!IsPlainName(ToLower(name))) {
      refused.push_back(
          {"invalid-parameter-name",
           fmt::format("{} cannot be the name of a parameter", EscapeForDisplay(text)),
           "names are letters a-z, digits and _, a letter first", statement.TokenRange(i)});
    }
  }
  return names;
}

Outcome AnalyzeTree(const ParsedStatement& statement) {
  References references = CollectReferences(statement);
  std::vector<Finding> refused = std::move(references.refused);
  RefuseFunctions(statement, refused);
  Analysis analysis;
  analysis.parameters = ReadParameters(statement, refused);
  if (!refused.empty()) return Rejection{InOrder(std::move(refused))};

  analysis.tables = std::move(references.tables);
  analysis.shape = std::move(references.shape);
  ResolvedColumns columns = ResolveColumns(analysis.tables, analysis.shape);
  for (ResolvedColumns::Column& column : columns.outputs) {
    analysis.outputs.push_back({std::move(column.name), std::move(column.sources)});
  }
  analysis.columns_read = std::move(columns.read);
  analysis.fingerprint = Fingerprint(statement.query());
  analysis.not_repeatable = InOrder(FindNotRepeatable(statement));
  analysis.warnings = InOrder(FindUnportable(statement));
  return analysis;
}

Result<Parsed> ReadTree(Tokens tokens, std::string_view json) {
  auto tree = SyntaxTree::Parse(json);
  if (!tree.ok()) {
    if (tree.status().slug() != "statement-too-deep") return tree.status();
    ParsedStatement statement{std::move(tokens), {}};
    Rejection rejection;
    rejection.findings.push_back({tree.status().slug(), tree.status().message(),
                                  "split it into several nodes or CTEs", statement.WholeRange()});
    return Parsed(std::move(rejection));
  }
  const Node root = tree->root();
  if (root.Get("error").truth()) return Parsed(ExplainFailure(tokens, root));
  if (root.Get("statements").count() > 1) return Parsed(RefuseSeveral(tokens));
  return Parsed(ParsedStatement{std::move(tokens), *std::move(tree)});
}

Rejection RefuseEmpty(std::size_t size) {
  Rejection rejection;
  rejection.findings.push_back(
      {"empty-statement", "there is no statement", "write a SELECT", {0, size}});
  return rejection;
}

/// The parser took the text, but its tree cannot be printed.
Rejection RefuseUnreadable(const Tokens& tokens, const Status& why) {
  Rejection rejection;
  rejection.findings.push_back({"unsupported-statement",
                                fmt::format("the statement cannot be analysed: {}", why.message()),
                                "write it in another way",
                                {0, tokens.text().size()}});
  return rejection;
}

/// Ranges of the wrapped text as ranges of the expression.
class Unwrap {
 public:
  explicit Unwrap(std::size_t expression_size) : size_(expression_size) {}

  Outcome operator()(Outcome outcome) const {
    if (auto* rejection = std::get_if<Rejection>(&outcome)) {
      Shift(rejection->findings);
      return outcome;
    }
    Analysis& analysis = std::get<Analysis>(outcome);
    for (TableRef& table : analysis.tables) Shift(table.range);
    Shift(analysis.not_repeatable);
    Shift(analysis.warnings);
    return outcome;
  }

 private:
  void Shift(TextRange& range) const {
    const auto inside = [&](std::size_t at) {
      return std::min(at - std::min(at, kExpressionPrefix.size()), size_);
    };
    range = {inside(range.begin), inside(range.end)};
  }
  void Shift(std::vector<Finding>& findings) const {
    for (Finding& finding : findings) Shift(finding.range);
  }
  std::size_t size_;
};

/// Text that would not stay inside its parentheses, or is no expression.
std::optional<Rejection> RefuseExpressionText(const std::string& text) {
  if (auto refused = RefuseText(text)) return refused;
  const Tokens tokens(ExecutableText(text));
  if (tokens.size() == 0) {
    Rejection rejection = RefuseEmpty(text.size());
    rejection.findings.front().message = "there is no expression";
    rejection.findings.front().help = "write one expression over columns, such as  amount > 0";
    return rejection;
  }
  const TextRange whole{tokens[0].begin, tokens[tokens.size() - 1].end};
  const auto refuse = [](std::string message, TextRange range) {
    Rejection rejection;
    rejection.findings.push_back({"not-an-expression", std::move(message),
                                  "write one expression over columns, such as  amount > 0", range});
    return rejection;
  };
  if (!tokens.brackets_balanced())
    return refuse("the brackets of the expression do not match", whole);
  for (const std::string_view word : {"SELECT", "FROM", "WITH", "VALUES", "TABLE", "PIVOT",
                                      "UNPIVOT", "DESCRIBE", "SHOW", "SUMMARIZE"}) {
    if (tokens.IsWord(0, word)) return refuse("an expression is wanted, not a statement", whole);
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (tokens.IsSymbol(i, ",") || tokens.IsSymbol(i, ";")) {
      return refuse("one expression is wanted, not several", {token.begin, token.end});
    }
    if (tokens.Closing(i) < tokens.size()) i = tokens.Closing(i);
  }
  return {};
}

class DuckDbAnalyzer final : public Analyzer {
 public:
  explicit DuckDbAnalyzer(duckdb::Database& database) : database_(database) {}

  Result<std::vector<Outcome>> Analyze(std::span<const std::string> statements) override {
    std::vector<Outcome> outcomes(statements.size());
    std::vector<std::size_t> batch;
    std::size_t bytes = 0;
    TW_ASSIGN_OR_RETURN(const auto connection, database_.Connect());
    const auto flush = [&]() -> Status {
      bytes = 0;
      return AnalyzeBatch(*connection, statements, std::exchange(batch, {}), outcomes);
    };
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (auto refused = RefuseText(statements[i])) {
        outcomes[i] = *std::move(refused);
        continue;
      }
      if (batch.size() == kBatchStatements || bytes + statements[i].size() > kBatchBytes) {
        TW_RETURN_IF_ERROR(flush());
      }
      batch.push_back(i);
      bytes += statements[i].size();
    }
    TW_RETURN_IF_ERROR(flush());
    return outcomes;
  }

 private:
  Status AnalyzeBatch(duckdb::Connection& connection, std::span<const std::string> statements,
                      const std::vector<std::size_t>& batch, std::vector<Outcome>& outcomes) {
    std::vector<Tokens> tokens;
    std::vector<std::string> texts;
    std::vector<std::size_t> indexes;
    for (const std::size_t i : batch) {
      Tokens cut(ExecutableText(statements[i]));
      if (cut.size() == 0) {
        outcomes[i] = RefuseEmpty(statements[i].size());
        continue;
      }
      texts.push_back(cut.text());
      tokens.push_back(std::move(cut));
      indexes.push_back(i);
    }
    if (texts.empty()) return {};
    const auto serialized = Serialize(connection, texts);
    if (!serialized.ok() && texts.size() > 1) {  // of one of them: find out which
      for (const std::size_t i : indexes) {
        TW_RETURN_IF_ERROR(AnalyzeBatch(connection, statements, {i}, outcomes));
      }
      return {};
    }
    if (!serialized.ok()) {
      if (serialized.status().fault() == Fault::kResource) return serialized.status();
      outcomes[indexes[0]] = RefuseUnreadable(tokens[0], serialized.status());
      return {};
    }
    const std::vector<std::string>& trees = *serialized;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      TW_ASSIGN_OR_RETURN(Parsed parsed, ReadTree(std::move(tokens[i]), trees[i]));
      if (auto* rejection = std::get_if<Rejection>(&parsed)) {
        outcomes[indexes[i]] = std::move(*rejection);
      } else {
        outcomes[indexes[i]] = AnalyzeTree(std::get<ParsedStatement>(parsed));
      }
    }
    return {};
  }

  /// The trees of all texts, as JSON.
  Result<std::vector<std::string>> Serialize(duckdb::Connection& connection,
                                             const std::vector<std::string>& texts) {
    const std::string parameters[] = {nlohmann::json(texts).dump()};
    TW_ASSIGN_OR_RETURN(
        duckdb::Connection::Rows rows,
        connection.Fetch("SELECT json_serialize_sql(text, skip_null := true, skip_default := true, "
                         "skip_empty := true)::VARCHAR "
                         "FROM (SELECT unnest(from_json($1::VARCHAR, '[\"VARCHAR\"]')) AS text)",
                         parameters));
    if (rows.size() != texts.size()) {
      return Status::Internal(fmt::format("the parser lost statements given={} returned={}",
                                          texts.size(), rows.size()));
    }
    std::vector<std::string> trees;
    trees.reserve(rows.size());
    for (auto& row : rows) trees.push_back(row.empty() ? "" : std::move(row.front()).value_or(""));
    return trees;
  }

  duckdb::Database& database_;
};

}  // namespace

std::string ExpressionStatement(const std::string& expression) {
  return fmt::format("{}{}{}", kExpressionPrefix, expression, kExpressionSuffix);
}

Outcome ExpressionOutcome(const std::string& expression, Outcome outcome) {
  if (auto refused = RefuseExpressionText(expression)) return *std::move(refused);
  if (const auto* analysis = std::get_if<Analysis>(&outcome)) {
    const QueryShape::Query& query = analysis->shape.queries.back();
    if (query.items.size() != 1 || query.items[0].kind == QueryShape::Item::Kind::kStar) {
      Rejection rejection;
      rejection.findings.push_back({"not-an-expression",
                                    "one expression is wanted, not several",
                                    "write one expression over columns, such as  amount > 0",
                                    {kExpressionPrefix.size(), std::string::npos}});
      outcome = std::move(rejection);
    }
  }
  return Unwrap(expression.size())(std::move(outcome));
}

Result<Outcome> Analyzer::AnalyzeExpression(const std::string& expression) {
  const std::string statement = ExpressionStatement(expression);
  TW_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes, Analyze({&statement, 1}));
  return ExpressionOutcome(expression, std::move(outcomes.front()));
}

Result<std::unique_ptr<Analyzer>> Analyzer::Open(duckdb::Database& database) {
  return std::unique_ptr<Analyzer>(std::make_unique<DuckDbAnalyzer>(database));
}

}  // namespace thalweg::sql
