#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "sql/analysis.h"
#include "sql/refusal.h"
#include "sql/syntax_tree.h"
#include "sql/testing/analyzer_fixture.h"

namespace thalweg::sql {
namespace {

using testing::AnalyzerTest;
using ::testing::AnyOf;
using ::testing::ElementsAre;

class Limits : public AnalyzerTest {};

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

/// Anything but a crash: an analysis, or one clear finding.
TEST_F(Limits, DeepNestingIsAnalysedOrRefused) {
  const struct {
    const char* what;
    std::string (*sql)(int);
  } shapes[] = {
      {"parentheses", [](int n) { return "SELECT " + Repeat("(", n) + "1" + Repeat(")", n); }},
      {"statements", [](int n) { return Repeat("(", n) + "SELECT 1" + Repeat(")", n); }},
      {"sums", [](int n) { return "SELECT a" + Repeat(" + a", n) + " FROM t"; }},
      {"signs", [](int n) { return "SELECT " + Repeat("- ", n) + "a FROM t"; }},
      {"negations", [](int n) { return "SELECT " + Repeat("NOT ", n) + "a FROM t"; }},
      {"calls", [](int n) { return "SELECT " + Repeat("abs(", n) + "1" + Repeat(")", n); }},
      {"cases",
       [](int n) {
         return "SELECT " + Repeat("CASE WHEN a THEN 1 ELSE ", n) + "2" + Repeat(" END", n);
       }},
      {"casts", [](int n) { return "SELECT a" + Repeat("::INT", n) + " FROM t"; }},
      {"indexes", [](int n) { return "SELECT a" + Repeat("[1]", n) + " FROM t"; }},
      {"lists", [](int n) { return "SELECT " + Repeat("[", n) + "1" + Repeat("]", n); }},
      {"types",
       [](int n) {
         return "SELECT a::" + Repeat("STRUCT(a ", n) + "INT" + Repeat(")", n) + " FROM t";
       }},
      {"arrows", [](int n) { return "SELECT a" + Repeat("->'b'", n) + " FROM t"; }},
      {"subqueries",
       [](int n) { return Repeat("SELECT * FROM (", n) + "SELECT 1" + Repeat(")", n); }},
      {"scalars", [](int n) { return "SELECT " + Repeat("(SELECT ", n) + "1" + Repeat(")", n); }},
      {"nested CTEs",
       [](int n) { return Repeat("WITH a AS (", n) + "SELECT 1" + Repeat(") FROM a", n); }},
      {"CTEs",
       [](int n) {
         std::string sql = "WITH c0 AS (FROM t)";
         for (int i = 1; i < n; ++i) sql += fmt::format(", c{} AS (FROM c{})", i, i - 1);
         return sql + fmt::format(" FROM c{}", n - 1);
       }},
      {"joins", [](int n) { return "FROM t" + Repeat(" JOIN t USING (a)", n); }},
      {"commas", [](int n) { return "FROM t" + Repeat(", t", n); }},
      {"unions", [](int n) { return "SELECT 1" + Repeat(" UNION ALL SELECT 1", n); }},
      {"comments", [](int n) { return "SELECT " + Repeat("/*", n) + Repeat("*/", n) + " 1"; }},
  };
  for (const auto& shape : shapes) {
    for (const int depth : {100, 330, 900, 2000, 5000, 30000}) {
      const std::string sql = shape.sql(depth);
      if (sql.size() > kMaxStatementBytes) continue;
      const auto outcome = Run(sql);
      if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
        ASSERT_EQ(rejection->findings.size(), 1U) << shape.what << " " << depth;
        EXPECT_EQ(rejection->findings[0].slug, "statement-too-deep") << shape.what << " " << depth;
        EXPECT_LE(rejection->findings[0].range.end, sql.size());
        EXPECT_GE(depth, 330) << shape.what;
      }
    }
  }
}

TEST_F(Limits, AMegabyteIsFine) {
  std::string sql = "SELECT '";
  sql.append(kMaxStatementBytes - 20, 'x').append("' FROM t");
  ASSERT_LE(sql.size(), kMaxStatementBytes);
  const Analysis analysis = Accept(sql);
  ASSERT_EQ(analysis.tables.size(), 1U);
  EXPECT_EQ(Text(sql, analysis.tables[0].range), "t");

  std::string many = "SELECT 0 FROM t WHERE a IN (0";
  while (many.size() < 200'000) many += ", 123456789";
  EXPECT_EQ(Accept(many + ")").tables.size(), 1U);
}

TEST_F(Limits, MoreThanAMegabyteIsNot) {
  std::string sql = "SELECT '";
  sql.append(kMaxStatementBytes, 'x').append("' FROM t");
  const auto findings = Reject(sql);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].slug, "statement-too-long");
}

/// Statements of the size people write: what validating a pipeline costs.
std::vector<std::string> HundredStatements() {
  std::vector<std::string> statements;
  for (int i = 0; i < 100; ++i) {
    statements.push_back(
        fmt::format("SELECT f.carrier, f.origin, count(*) AS n, avg(dep_delay) AS delay{0}\n"
                    "FROM flights_{0} f LEFT JOIN weather_{0} w USING (origin, time_hour)\n"
                    "WHERE dep_delay > $min AND w.visib IS NOT NULL  -- comment {0}\n"
                    "GROUP BY f.carrier, f.origin HAVING count(*) > 10 ORDER BY delay{0} DESC",
                    i));
  }
  return statements;
}

TEST_F(Limits, AHundredStatementsAreQuick) {
  const auto statements = HundredStatements();
  ASSERT_TRUE(
      analyzer().Analyze(statements).ok());  // the first use of the library is not the matter
  std::chrono::nanoseconds least = std::chrono::hours(1);
  for (int i = 0; i < 5; ++i) {
    const auto before = ProcessCpuTime();
    ASSERT_TRUE(analyzer().Analyze(statements).ok());
    least = std::min(least, ProcessCpuTime() - before);
  }
  const double ms = std::chrono::duration<double, std::milli>(least).count();
  RecordProperty("cpu_ms_per_hundred_statements", std::to_string(ms));
  std::printf("100 statements: %.1f ms CPU\n", ms);
#if defined(NDEBUG) || !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(ms, 60);
#endif
}

TEST_F(Limits, ThreadsDoNotDisturbEachOther) {
  const auto statements = HundredStatements();
  const auto expected = analyzer().Analyze(statements).value();
  std::vector<std::thread> threads;
  std::vector<int> equal(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto outcomes = analyzer().Analyze(statements).value();
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        equal[static_cast<std::size_t>(t)] +=
            std::get<Analysis>(outcomes[i]) == std::get<Analysis>(expected[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, ElementsAre(100, 100, 100, 100));
}

TEST_F(Limits, NoStatementsAtAll) {
  EXPECT_TRUE(analyzer().Analyze({}).value().empty());
}

class Cache : public AnalyzerTest {};

TEST_F(Cache, EncodesEverything) {
  for (const char* sql : {
           "SELECT 1",
           "SELECT $b, $a, now() FROM t z AT (VERSION => 'run:3'), p.u AT (TIMESTAMP => "
           "'2024-01-01') LIMIT 3",
           "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * EXCLUDE (n) "
           "FROM r",
           "SELECT * EXCLUDE (a) REPLACE (b + (SELECT 1 FROM u) AS b) RENAME (c AS \"Ü\"), "
           "COLUMNS('x') FROM t",
           "SELECT a FROM t SEMI JOIN u USING (k) NATURAL JOIN v UNION BY NAME (FROM w EXCEPT FROM "
           "x)",
           "SELECT k FROM t AS q(k) PIVOT (sum(a) FOR b IN (1)), unnest([1]) AS u(x)",
           "SELECT a // b, '\xf0\x9f\xa6\x86', \"x\"\"y\" FROM t TABLESAMPLE 10%",
       }) {
    SCOPED_TRACE(sql);
    const Analysis analysis = Accept(sql);
    const std::string text = Encode(analysis);
    const auto decoded = Decode(text);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(*decoded == analysis);
    EXPECT_EQ(Encode(*decoded), text);
  }
}

TEST_F(Cache, RefusesWhatIsNotItsOwn) {
  const std::string text = Encode(Accept("SELECT a, (SELECT b FROM u) FROM t ORDER BY a LIMIT 3"));
  for (const std::string& broken :
       {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
        std::string("{\"version\": 0}"), text.substr(0, text.size() / 2), text + "x"}) {
    const auto decoded = Decode(broken);
    ASSERT_FALSE(decoded.ok()) << broken;
    EXPECT_EQ(decoded.status().code(), Code::kCorrupt);
  }
  // One character changed anywhere: refused, or still something that can be resolved.
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'9', '-', '"', ']', '0'}) {
      std::string broken = text;
      broken[i] = c;
      const auto decoded = Decode(broken);
      if (!decoded.ok()) continue;
      const std::vector<data::Columns> inputs(decoded->tables.size());
      ResolveLineage(*decoded, inputs, {{0, "a", "integer"}});
    }
  }
}

}  // namespace
}  // namespace thalweg::sql
