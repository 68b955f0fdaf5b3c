#include "sql/portability.h"

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
using ::testing::HasSubstr;

class Portability : public AnalyzerTest {};

struct Case {
  const char* sql;
  std::vector<const char*> places;  // slug@text
};

const Case kCases[] = {
    // Alike on both engines.
    {"SELECT a / b, a % b, a || b, -a, a & b, TRY_CAST(a AS INTEGER) FROM t", {}},
    {"SELECT k, count(*), sum(x) FILTER (WHERE y) FROM t GROUP BY ALL ORDER BY ALL", {}},
    {"FROM t SEMI JOIN u USING (x)", {}},
    {"SELECT a, a + 1 AS b, b * 2 AS c FROM t QUALIFY rank() OVER (PARTITION BY a ORDER BY b) = 1",
     {}},
    {"SELECT x, sum(y) OVER (ORDER BY z ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t", {}},
    {"SELECT k, j, sum(x) FROM t GROUP BY ROLLUP (k, j)", {}},
    {"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) FROM r", {}},
    {"SELECT * FROM t, LATERAL (SELECT t.a + 1 AS b) l", {}},
    {"SELECT CAST(a AS STRING), a::BIGINT, CAST(a AS DECIMAL(10, 2)), a::BINARY, a::DOUBLE FROM t",
     {}},
    {"SELECT upper(a), coalesce(b, 'x'), substring(c, 1, 2), a LIKE 'x%', b ILIKE 'y' FROM t", {}},
    {"SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00', INTERVAL 1 DAY", {}},
    {"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM t", {}},
    {"SELECT extract(year FROM ts), year(ts), CASE WHEN a THEN b ELSE c END FROM t", {}},
    {"SELECT n FROM range(10) AS r(n)", {}},
    {"SELECT * FROM (VALUES (1, 2)) AS v(a, b)", {}},
    {"SELECT (a, b) IN ((1, 2)), a IN (1, 2), a BETWEEN 1 AND 2, a IS DISTINCT FROM b FROM t", {}},
    // Operators.
    {"SELECT a // b FROM t", {"not-on-spark@//"}},
    {"SELECT a ** 2, a ^ 2, @a, 5! FROM t",
     {"not-on-spark@**", "differs-on-spark@^", "not-on-spark@@", "not-on-spark@!"}},
    {"SELECT a ^@ 'x' FROM t", {"not-on-spark@^@"}},
    {"SELECT j->'k', j->>'k' FROM t", {"not-on-spark@->", "not-on-spark@->>"}},
    {"SELECT a ~ 'x', a GLOB 'x*' FROM t", {"not-on-spark@~", "not-on-spark@GLOB"}},
    // Functions.
    {"SELECT strftime(ts, '%Y'), strptime(s, '%Y'), date_diff('day', a, b), epoch(ts) FROM t",
     {"not-on-spark@strftime", "not-on-spark@strptime", "not-on-spark@date_diff",
      "not-on-spark@epoch"}},
    {"SELECT main.strftime(ts, '%Y') FROM t", {"not-on-spark@main.strftime"}},
    {"SELECT concat(a, b), log(x), log(2, x), dayofweek(d), regexp_replace(s, 'a', 'b') FROM t",
     {"differs-on-spark@concat", "differs-on-spark@log", "differs-on-spark@dayofweek",
      "differs-on-spark@regexp_replace"}},
    {"SELECT jaro_similarity(a, b) FROM t", {"not-on-spark@jaro_similarity"}},
    {"SELECT array_agg(x), array_agg(x) FILTER (WHERE x IS NOT NULL) FROM t",
     {"differs-on-spark@array_agg"}},
    {"SELECT date_trunc('day', ts), CAST(date_trunc('day', ts) AS DATE) FROM t",
     {"type-differs-on-spark@date_trunc"}},
    {"SELECT extract(second FROM ts), CAST(extract(second FROM ts) AS INTEGER) FROM t",
     {"type-differs-on-spark@extract"}},
    {"SELECT d + INTERVAL 1 DAY, CAST(d + INTERVAL 1 DAY AS DATE), d - INTERVAL '2' MONTH FROM t",
     {"type-differs-on-spark@+", "type-differs-on-spark@-"}},
    {"SELECT substring(a, 0, 3), substr(a, 0) FROM t",
     {"differs-on-spark@substring", "differs-on-spark@substr"}},
    {"SELECT ts AT TIME ZONE 'UTC' FROM t", {"not-on-spark@AT"}},
    {"SELECT list_filter(l, x -> x > 1), list_transform(l, lambda x: x + 1) FROM t",
     {"not-on-spark@list_filter", "not-on-spark@list_transform", "not-on-spark@lambda"}},
    {"SELECT name.upper() FROM t", {"not-on-spark@name.upper"}},
    {"SELECT TRY(a / b) FROM t", {"not-on-spark@TRY"}},
    // Types.
    {"SELECT CAST(a AS VARCHAR), a::text, TRY_CAST(a AS BLOB), a::UTINYINT, a::HUGEINT FROM t",
     {"not-on-spark@VARCHAR", "not-on-spark@text", "not-on-spark@BLOB", "not-on-spark@UTINYINT",
      "not-on-spark@HUGEINT"}},
    {"SELECT a::TIMESTAMPTZ, CAST(a AS TIMESTAMP WITH TIME ZONE), a::UUID FROM t",
     {"not-on-spark@TIMESTAMPTZ", "not-on-spark@TIMESTAMP", "not-on-spark@UUID"}},
    {"SELECT a::INTEGER[], CAST(a AS STRUCT(uuid INTEGER, b VARCHAR)) FROM t",
     {"not-on-spark@[]", "not-on-spark@STRUCT", "not-on-spark@VARCHAR"}},
    {"SELECT CAST(2.5 AS INTEGER), CAST(a / b AS BIGINT), avg(x)::INT, CAST(a AS INT) FROM t",
     {"differs-on-spark@CAST", "differs-on-spark@CAST", "differs-on-spark@::"}},
    // Literals.
    {"SELECT [1, 2], ARRAY[3], {'a': 1}, MAP {'k': 1}, (1, 2)",
     {"not-on-spark@[1, 2]", "not-on-spark@[3]", "not-on-spark@{'a': 1}", "not-on-spark@{'k': 1}",
      "not-on-spark@(1, 2)"}},
    {"SELECT l[1], l[1:2], s['k'], s.k FROM t", {"differs-on-spark@[1]", "not-on-spark@[1:2]"}},
    {"SELECT [x + 1 FOR x IN l IF x > 1] FROM t", {"not-on-spark@[x + 1 FOR x IN l IF x > 1]"}},
    {"SELECT 'a\\b', e'a\\n', $$x$$, 1_000",
     {"differs-on-spark@'a\\b'", "not-on-spark@e'a\\n'", "not-on-spark@$$x$$",
      "not-on-spark@1_000"}},
    // Clauses.
    {"SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) FROM t",
     {"not-on-spark@EXCLUDE", "not-on-spark@REPLACE"}},
    {"SELECT * RENAME (a AS b) FROM t", {"not-on-spark@RENAME"}},
    {"SELECT COLUMNS('a.*') FROM t", {"not-on-spark@COLUMNS"}},
    {"SELECT min(COLUMNS(*)) FROM t", {"not-on-spark@COLUMNS"}},
    {"SELECT DISTINCT ON (a) * FROM t", {"not-on-spark@DISTINCT"}},
    {"FROM a ASOF JOIN b ON a.t >= b.t", {"not-on-spark@ASOF"}},
    {"FROM a POSITIONAL JOIN b", {"not-on-spark@POSITIONAL"}},
    {"FROM a UNION ALL BY NAME FROM b", {"not-on-spark@UNION"}},
    {"(FROM a UNION FROM b) UNION BY NAME (FROM c UNION FROM d)", {"not-on-spark@UNION"}},
    {"SELECT sum(x) OVER (ORDER BY y GROUPS 1 PRECEDING) FROM t", {"not-on-spark@GROUPS"}},
    {"SELECT sum(x) OVER (ORDER BY y ROWS 1 PRECEDING EXCLUDE CURRENT ROW) FROM t",
     {"not-on-spark@EXCLUDE"}},
    {"FROM t PIVOT (sum(a) FOR b IN (1, 2))", {"not-on-spark@PIVOT"}},
    {"UNPIVOT t ON a, b INTO NAME n VALUE v", {"not-on-spark@UNPIVOT"}},
    {"FROM t TABLESAMPLE 10%", {"not-on-spark@TABLESAMPLE"}},
    {"FROM t USING SAMPLE 10 ROWS", {"not-on-spark@SAMPLE"}},
    {"FROM t LIMIT 10%", {"not-on-spark@LIMIT"}},
    {"FROM t ORDER BY a COLLATE nocase", {"differs-on-spark@COLLATE"}},
    {"SELECT #1 FROM t", {"not-on-spark@#1"}},
    {"FROM unnest([1]) WITH ORDINALITY",
     {"not-on-spark@unnest", "not-on-spark@[1]", "not-on-spark@ORDINALITY"}},
    {"FROM range(3)", {"differs-on-spark@range"}},
    {"SELECT unnest(l) FROM t, generate_series(1, 2)",
     {"not-on-spark@unnest", "not-on-spark@generate_series"}},
    {"VALUES (1, 2)", {"differs-on-spark@VALUES"}},
    {"WITH RECURSIVE r(k) USING KEY (k) AS (SELECT 1 UNION SELECT k FROM r) FROM r",
     {"not-on-spark@USING"}},
    // Unicode before the place.
    {"SELECT 'é漢🦆', strftime(ts, 'ü'), a // b FROM t",
     {"not-on-spark@strftime", "not-on-spark@//"}},
};

TEST_F(Portability, ShowsEachPlace) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    EXPECT_THAT(Places(one.sql, Accept(one.sql).warnings), ElementsAreArray(one.places));
  }
}

TEST_F(Portability, EveryWarningSaysWhatToDo) {
  for (const Case& one : kCases) {
    for (const Finding& finding : Accept(one.sql).warnings) {
      EXPECT_FALSE(finding.message.empty()) << one.sql;
      EXPECT_FALSE(finding.help.empty()) << one.sql;
    }
  }
}

TEST_F(Portability, WhatCannotBeRewrittenIsOverridden) {
  const auto warnings = Accept("FROM a ASOF JOIN b ON a.t >= b.t").warnings;
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0].help, HasSubstr("sql: {duckdb: ..., spark: ...}"));
}

// A rewrite that both engines take must not be warned of again.
TEST_F(Portability, RewritesAreCleanThemselves) {
  for (const char* sql :
       {"SELECT power(a, b), factorial(5), abs(x) FROM t", "SELECT left(x, length(p)) = p FROM t",
        "SELECT max_by(x, y) FILTER (WHERE x IS NOT NULL) FROM t", "SELECT log10(x), ln(x) FROM t",
        "SELECT CAST(round(x) AS INTEGER), CAST(floor(x) AS INTEGER) FROM t",
        "SELECT x FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1",
        "SELECT a || b, coalesce(a, '') || coalesce(b, '') FROM t",
        "SELECT octet_length(x), instr(x, 'a') FROM t",
        "SELECT sum(x) FILTER (WHERE k = 'a') FROM t",
        "SELECT weekofyear(d), split_part(x, ',', 1) FROM t"}) {
    SCOPED_TRACE(sql);
    EXPECT_THAT(Places(sql, Accept(sql).warnings), ElementsAre());
  }
}

TEST_F(Portability, AtMostSoManyWarnings) {
  std::string sql = "SELECT a::VARCHAR";
  for (int i = 0; i < 1000; ++i) sql += ", a::VARCHAR";
  EXPECT_EQ(Accept(sql).warnings.size(), kMaxFindings);
}

}  // namespace
}  // namespace thalweg::sql
