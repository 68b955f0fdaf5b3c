#include "operators/sql_operator.h"

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/duckdb_evaluator.h"
#include "operators/testing/lowered.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::shared_ptr<const SqlSpec>> Spec(const std::string& text) {
  static const auto analyzer = sql::Analyzer::Open(TestDatabase()).value();
  const std::string statements[] = {text};
  const auto outcomes = analyzer->Analyze(statements).value();
  const std::vector<component::Parameter> parameters = {{"least", "bigint", "2"},
                                                        {"none", "varchar", std::nullopt}};
  return MakeSqlOperator(text, std::get<sql::Analysis>(outcomes[0]), parameters);
}
const data::Batch& Events() {
  static const data::Batch batch = Rows({{"t", "seconds", "[5, 1, 9, null]"},
                                         {"n", "bigint", "[1, 2, 3, null]"},
                                         {"s", "varchar", R"j(["x", "y", "it's", ""])j"}});
  return batch;
}
std::vector<std::string> RowsOf(const std::string& text) {
  const auto spec = Spec(text);
  EXPECT_TRUE(spec.ok()) << spec.status();
  const std::vector<data::EdgeType> inputs{Edge(Events(), "t")};
  Harness harness(*spec, inputs);
  harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
  const Outcome out = harness.RunAll({{Events()}});
  const std::string sql = *(*spec)->Lower(component::Dialect::kDuckDb, inputs);
  EXPECT_EQ(RunLowered("SELECT * FROM (" + sql + "\n)", {Events()}), out.Sorted());
  return out.rows;
}
std::string Slug(const std::string& text) {
  const auto spec = Spec(text);
  if (!spec.ok()) return spec.status().slug();
  return (*spec)
      ->Bind(std::vector{Edge(Events(), "t")}, MakeDuckDbEvaluator(TestDatabase()))
      .status()
      .slug();
}

TEST(Sql, RowsKeepTheirOrderAndNamesTheirMeaning) {
  EXPECT_THAT(
      RowsOf("SELECT s || '$least' AS s, events.n * 2 AS m FROM events WHERE n >= $least -- c"),
      ElementsAre("y$least|4", "it's$least|6"));
  EXPECT_THAT(RowsOf("SELECT e.n FROM events AS e WHERE e.s IS DISTINCT FROM $none"),
              ElementsAre("1", "2", "3", "null"));
  EXPECT_THAT(RowsOf("FROM events SELECT * EXCLUDE (t, s)"), ElementsAre("1", "2", "3", "null"));
  EXPECT_THAT(RowsOf("WITH big AS (SELECT n FROM events WHERE n > 1) SELECT n + 1 AS n FROM big"),
              ElementsAre("3", "4"));
  EXPECT_THAT(RowsOf("SELECT n FROM (SELECT n FROM events) WHERE n < 2"), ElementsAre("1"));
  EXPECT_THAT(RowsOf("SELECT unnest([n, n]) AS n FROM events WHERE n = 3"), ElementsAre("3", "3"));
}

TEST(Sql, EventTimeStaysWhereTheColumnDoes) {
  const auto time = [](const std::string& text) {
    return (*Spec(text))
        ->Bind(std::vector{Edge(Events(), "t")}, MakeDuckDbEvaluator(TestDatabase()))
        .value()
        .output.event_time;
  };
  EXPECT_EQ(time("SELECT n, t FROM events"), "t");
  EXPECT_EQ(time("SELECT n FROM events"), std::nullopt);
  EXPECT_EQ(time("SELECT CAST(t AS varchar) AS t FROM events"), std::nullopt);
}

TEST(Sql, WhatNeedsManyRowsIsRefused) {
  for (const char* text :
       {"SELECT count(*) AS n FROM events", "SELECT s, sum(n) AS n FROM events GROUP BY s",
        "SELECT DISTINCT s FROM events", "SELECT n FROM events ORDER BY n",
        "SELECT n FROM events LIMIT 1", "SELECT row_number() OVER (ORDER BY t) AS r FROM events",
        "SELECT a.n FROM events AS a JOIN events AS b ON a.n = b.n",
        "SELECT n FROM events UNION ALL SELECT n FROM events", "SELECT 1 AS n",
        "SELECT n FROM events WHERE n > (SELECT avg(x) FROM range(3) AS r(x))",
        "SELECT n FROM events USING SAMPLE 10%", "SELECT n, x FROM events, range(2) AS r(x)",
        "SELECT sum(n) OVER () AS n FROM events"}) {
    EXPECT_EQ(Slug(text), "not-row-by-row") << text;
  }
}

TEST(Sql, MistakesAreNamedAtPlanTime) {
  EXPECT_EQ(Slug("SELECT nn FROM events"), "unknown-column");
  EXPECT_EQ(Slug("SELECT n FROM events WHERE n > $other"), "unknown-parameter");
}

}  // namespace
}  // namespace thalweg::operators
