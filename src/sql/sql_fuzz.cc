// Any bytes as a statement and as an expression: never a crash, and every range lies in the text.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "sql/analysis.h"

namespace thalweg::sql {
namespace {

/// Never destroyed: at exit DuckDB's own statics may be gone first.
Analyzer& TheAnalyzer() {
  static Analyzer* const analyzer = [] {
    duckdb::DatabaseOptions options;
    options.threads = 1;
    auto database = duckdb::Database::Open(options).value();
    return Analyzer::Open(*database.release()).value().release();
  }();
  return *analyzer;
}

void CheckRange(const TextRange& range, const std::string& text) {
  TW_CHECK(range.begin <= range.end && range.end <= text.size());
}

void CheckFindings(const std::vector<Finding>& findings, const std::string& text) {
  for (const Finding& finding : findings) {
    TW_CHECK(!finding.slug.empty() && !finding.message.empty());
    CheckRange(finding.range, text);
  }
}

void Check(const Analyzer::Outcome& outcome, const std::string& text) {
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
    TW_CHECK(!rejection->findings.empty());
    return CheckFindings(rejection->findings, text);
  }
  const Analysis& analysis = std::get<Analysis>(outcome);
  std::size_t end = 0;
  for (const TableRef& table : analysis.tables) {
    TW_CHECK(table.range.begin >= end && table.range.begin < table.range.end);
    CheckRange(table.range, text);
    end = table.range.end;
  }
  CheckFindings(analysis.not_repeatable, text);
  CheckFindings(analysis.warnings, text);
  TW_CHECK(Decode(Encode(analysis)).value() == analysis);
  const std::vector<data::Columns> inputs(analysis.tables.size(),
                                          {{0, "a", "integer"}, {0, "B", "varchar"}});
  ResolveLineage(analysis, inputs, {{0, "a", "integer"}, {0, "x", "integer"}});
}

}  // namespace
}  // namespace thalweg::sql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using thalweg::sql::TheAnalyzer;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto outcomes = TheAnalyzer().Analyze({&text, 1});
  if (outcomes.ok()) thalweg::sql::Check(outcomes->front(), text);
  const auto expression = TheAnalyzer().AnalyzeExpression(text);
  if (expression.ok()) thalweg::sql::Check(*expression, text);
  return 0;
}
