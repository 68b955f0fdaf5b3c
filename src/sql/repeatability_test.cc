#include "sql/repeatability.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/testing/analyzer_fixture.h"

namespace thalweg::sql {
namespace {

using testing::AnalyzerTest;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

class Repeatability : public AnalyzerTest {};

struct Case {
  const char* sql;
  std::vector<const char*> places;  // slug@text
};

const Case kCases[] = {
    // The clock, chance, the session.
    {"SELECT now(), random() FROM t", {"volatile-function@now", "volatile-function@random"}},
    {"SELECT uuid(), gen_random_uuid()",
     {"volatile-function@uuid", "volatile-function@gen_random_uuid"}},
    {"SELECT x FROM t WHERE ts < CURRENT_DATE", {"volatile-function@CURRENT_DATE"}},
    {"SELECT current_timestamp, localtime",
     {"volatile-function@current_timestamp", "volatile-function@localtime"}},
    {"SELECT t.current_date FROM t", {}},
    {"SELECT today() - d FROM t", {"volatile-function@today"}},
    {"SELECT age(ts) FROM t", {"volatile-function@age"}},
    {"SELECT age(a, b) FROM t", {}},
    {"SELECT ago(INTERVAL 1 DAY)", {"volatile-function@ago"}},
    {"SELECT current_setting('threads'), getvariable('x')",
     {"volatile-function@current_setting", "volatile-function@getvariable"}},
    {"SELECT list_transform(l, x -> x + random()) FROM t", {"volatile-function@random"}},
    {"SELECT CASE WHEN x THEN error('no') END FROM t", {}},
    {"SELECT abs(x), upper(y), strftime(ts, '%Y') FROM t", {}},
    // LIMIT cuts rows off: only a total order says which.
    {"FROM t LIMIT 3", {"unordered-limit@LIMIT 3"}},
    {"FROM t LIMIT $n", {"unordered-limit@LIMIT $n"}},
    {"FROM t OFFSET 3", {"unordered-limit@OFFSET 3"}},
    {"FROM t LIMIT 10%", {"unordered-limit@LIMIT 10"}},
    {"SELECT x FROM t FETCH FIRST 3 ROWS ONLY", {"unordered-limit@FETCH FIRST 3"}},
    {"FROM t LIMIT (2 + 1)", {"unordered-limit@LIMIT (2"}},
    {"FROM t LIMIT 0", {}},
    {"FROM t OFFSET 0", {}},
    {"SELECT a, b FROM t ORDER BY a LIMIT 3", {"unordered-limit@LIMIT 3"}},
    {"SELECT * FROM t ORDER BY a LIMIT 3", {"unordered-limit@LIMIT 3"}},
    {"SELECT * FROM t ORDER BY ALL LIMIT 3", {}},
    {"SELECT * FROM t ORDER BY ALL DESC LIMIT 3 OFFSET 2", {}},
    {"SELECT a, b FROM t ORDER BY a, b LIMIT 3", {}},
    {"SELECT a, b FROM t ORDER BY 2, 1 DESC LIMIT 3", {}},
    {"SELECT a, b + 1 AS c FROM t ORDER BY c, a LIMIT 3", {}},
    {"SELECT a, b + 1 FROM t ORDER BY b + 1, a LIMIT 3", {}},
    {"SELECT a, b + 1 FROM t ORDER BY b, a LIMIT 3", {"unordered-limit@LIMIT 3"}},
    {"SELECT a, 'x' AS k FROM t ORDER BY a LIMIT 3", {}},
    {"SELECT 1 FROM t LIMIT 3", {}},
    {"SELECT a FROM t ORDER BY a COLLATE nocase LIMIT 3", {"unordered-limit@LIMIT 3"}},
    {"SELECT count(*), max(x) FROM t LIMIT 1", {}},
    {"SELECT k, count(*) AS n FROM t GROUP BY k ORDER BY n DESC, k LIMIT 10", {}},
    {"SELECT k, count(*) AS n FROM t GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10", {}},
    {"SELECT k, count(*) AS n FROM t GROUP BY ALL ORDER BY n, k LIMIT 10", {}},
    {"SELECT date_trunc('day', ts) AS d, sum(x) FROM t GROUP BY d ORDER BY d LIMIT 5", {}},
    {"SELECT k, count(*) AS n FROM t GROUP BY k ORDER BY n DESC LIMIT 10",
     {"unordered-limit@LIMIT 10"}},
    {"SELECT k, j, count(*) FROM t GROUP BY k, j ORDER BY k LIMIT 10",
     {"unordered-limit@LIMIT 10"}},
    {"SELECT abs(a) AS a, sum(b) FROM t GROUP BY a ORDER BY a LIMIT 3",
     {"unordered-limit@LIMIT 3"}},
    {"SELECT k, count(*) FROM t GROUP BY ROLLUP (k, j) ORDER BY k, j LIMIT 3",
     {"unordered-limit@LIMIT 3"}},
    {"SELECT a FROM t UNION SELECT b FROM u ORDER BY a LIMIT 3", {}},
    {"SELECT a, b FROM t UNION ALL SELECT a, b FROM u ORDER BY 1 LIMIT 3",
     {"unordered-limit@LIMIT 3"}},
    {"SELECT * FROM (SELECT a FROM t LIMIT 3), (SELECT b FROM u ORDER BY b LIMIT 4)",
     {"unordered-limit@LIMIT 3"}},
    {"WITH x AS (FROM t LIMIT 1) FROM x", {"unordered-limit@LIMIT 1"}},
    {"SELECT (SELECT a FROM t LIMIT 1)", {"unordered-limit@LIMIT 1"}},
    {"SELECT EXISTS (SELECT a FROM t LIMIT 1)", {}},
    // Samples.
    {"FROM t TABLESAMPLE 10%", {"sample@TABLESAMPLE"}},
    {"FROM t USING SAMPLE 10 ROWS", {"sample@SAMPLE"}},
    {"FROM t TABLESAMPLE reservoir(10 ROWS) REPEATABLE (42), u TABLESAMPLE 5%",
     {"sample@TABLESAMPLE", "sample@TABLESAMPLE"}},
    // Windows without an order.
    {"SELECT row_number() OVER () FROM t", {"unordered-window@row_number"}},
    {"SELECT row_number() OVER (ORDER BY a) FROM t", {}},
    {"SELECT row_number() OVER w FROM t WINDOW w AS (ORDER BY a)", {}},
    {"SELECT ntile(3) OVER (PARTITION BY a), lag(x) OVER (), lead(x) OVER () FROM t",
     {"unordered-window@ntile", "unordered-window@lag", "unordered-window@lead"}},
    {"SELECT first_value(x) OVER (PARTITION BY a), last_value(x) OVER (), nth_value(x, 2) OVER () "
     "FROM t",
     {"unordered-window@first_value", "unordered-window@last_value", "unordered-window@nth_value"}},
    {"SELECT rank() OVER (), sum(x) OVER (), count(*) OVER (PARTITION BY a) FROM t", {}},
    {"SELECT sum(x) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
     {"unordered-window@sum"}},
    {"SELECT sum(x) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t", {}},
    {"SELECT list(x) OVER (), list(x) OVER (ORDER BY y), list(x ORDER BY y) OVER () FROM t",
     {"unordered-window@list"}},
    {"FROM t QUALIFY row_number() OVER (PARTITION BY a) = 1", {"unordered-window@row_number"}},
    // Aggregates that see an order.
    {"SELECT first(x), last(x), any_value(x), arbitrary(x) FROM t",
     {"unordered-aggregate@first", "unordered-aggregate@last", "unordered-aggregate@any_value",
      "unordered-aggregate@arbitrary"}},
    {"SELECT list(x), array_agg(x), string_agg(x, ','), group_concat(x), LISTAGG(x) FROM t",
     {"unordered-aggregate@list", "unordered-aggregate@array_agg", "unordered-aggregate@string_agg",
      "unordered-aggregate@group_concat", "unordered-aggregate@LISTAGG"}},
    {"SELECT list(x ORDER BY y), string_agg(x, ',' ORDER BY x DESC), first(x ORDER BY y) FROM t",
     {}},
    {"SELECT main.list(DISTINCT x) FROM t", {"unordered-aggregate@main.list"}},
    {"SELECT json_group_array(x) FROM t", {"unordered-aggregate@json_group_array"}},
    {"SELECT list_first(l), list_aggregate(l, 'first'), l[1] FROM t", {}},
    {"SELECT arg_max(x, y), max_by(x, y), mode(x) FROM t",
     {"ties@arg_max", "ties@max_by", "ties@mode"}},
    {"SELECT approx_quantile(x, 0.5), approx_count_distinct(x), median(x) FROM t",
     {"approximate@approx_quantile"}},
    {"SELECT sum(x), avg(x), count(DISTINCT x), min(x), histogram(x) FROM t", {}},
    // DISTINCT ON, POSITIONAL JOIN.
    {"SELECT DISTINCT ON (a) * FROM t", {"unordered-distinct-on@DISTINCT"}},
    {"SELECT DISTINCT ON (a) * FROM t ORDER BY a, b", {}},
    {"SELECT DISTINCT a FROM t", {}},
    {"FROM a POSITIONAL JOIN b", {"positional-join@POSITIONAL"}},
    {"SELECT ARRAY(SELECT x FROM t ORDER BY x)", {}},
};

TEST_F(Repeatability, IsJudgedByTheStatementAlone) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    EXPECT_THAT(Places(one.sql, Accept(one.sql).not_repeatable), ElementsAreArray(one.places));
  }
}

TEST_F(Repeatability, EveryFindingSaysWhatToDo) {
  for (const Case& one : kCases) {
    for (const Finding& finding : Accept(one.sql).not_repeatable) {
      EXPECT_FALSE(finding.message.empty()) << one.sql;
      EXPECT_FALSE(finding.help.empty()) << one.sql;
    }
  }
}

// The parser makes an aggregate without a place of its own.
TEST_F(Repeatability, ArrayOfAnUnorderedSubquery) {
  const std::string sql = "SELECT ARRAY(SELECT x FROM t)";
  const auto findings = Accept(sql).not_repeatable;
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].slug, "unordered-aggregate");
}

TEST_F(Repeatability, AtMostSoManyFindings) {
  std::string sql = "SELECT random()";
  for (int i = 0; i < 1000; ++i) sql += ", random()";
  EXPECT_EQ(Accept(sql).not_repeatable.size(), kMaxFindings);
}

}  // namespace
}  // namespace thalweg::sql
