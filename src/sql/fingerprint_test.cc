#include "sql/fingerprint.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sql/testing/analyzer_fixture.h"

namespace thalweg::sql {
namespace {

class FingerprintTest : public testing::AnalyzerTest {};

TEST_F(FingerprintTest, DoesNotSeeHowItIsWritten) {
  const char* const pairs[][2] = {
      {"SELECT a, b FROM t WHERE a > 1", "select a,b\n\tfrom t -- why\nwhere/**/a>1;"},
      {"SELECT a FROM t", "(SELECT a FROM t)"},
      {"SELECT a FROM Flights F WHERE F.A = 1", "SELECT A FROM flights f WHERE f.a = 1"},
      {"SELECT Sum(A) FROM t GROUP BY B", "SELECT SUM(a) FROM T GROUP BY b"},
      {"SELECT \"a\" FROM \"t\"", "SELECT a FROM t"},
      {"SELECT CAST(a AS VARCHAR) FROM t", "SELECT a::text FROM t"},
      {"SELECT a FROM t WHERE a <> 1", "SELECT a FROM t WHERE a != 1"},
      {"SELECT a b FROM t", "SELECT a AS b FROM t"},
      {"FROM t SELECT a", "SELECT a FROM t"},
      {"SELECT $A", "SELECT $a"},
      {"SELECT 'x' AS é FROM t", "SELECT\u00a0'x'\u3000AS é FROM t"},
      {"WITH X AS (SELECT 1) FROM x", "with x as (select 1) from X"},
      {"FROM a JOIN b USING (K)", "FROM a INNER JOIN b USING (k)"},
      {"SELECT * EXCLUDE (A) FROM t", "SELECT * EXCLUDE (a) FROM t"},
  };
  for (const auto& pair : pairs) {
    EXPECT_EQ(Accept(pair[0]).fingerprint, Accept(pair[1]).fingerprint) << pair[0] << "\n"
                                                                        << pair[1];
  }
}

TEST_F(FingerprintTest, SeesEverythingElse) {
  const char* const statements[] = {
      "SELECT a FROM t",
      "SELECT b FROM t",
      "SELECT a FROM u",
      "SELECT a FROM p.t",
      "SELECT a AS x FROM t",
      "SELECT a AS X FROM t",  // the name ends up in files
      "SELECT DISTINCT a FROM t",
      "SELECT a FROM t AT (VERSION => 3)",
      "SELECT a FROM t AT (VERSION => 4)",
      "SELECT a FROM t AT (VERSION => 'run:4')",
      "SELECT a FROM t TABLESAMPLE 10%",
      "SELECT a FROM t TABLESAMPLE 20%",
      "SELECT a FROM t WHERE a = 1",
      "SELECT a FROM t WHERE a = 2",
      "SELECT a FROM t WHERE a = 1.0",
      "SELECT a FROM t WHERE a = 1e0",
      "SELECT a FROM t WHERE a = '1'",
      "SELECT a FROM t WHERE a = 'A'",
      "SELECT a FROM t WHERE a = 'a'",
      "SELECT a FROM t WHERE a = ' a'",
      "SELECT a FROM t WHERE a > 1",
      "SELECT a FROM t WHERE a >= 1",
      "SELECT a FROM t WHERE a < 1",
      "SELECT a FROM t WHERE a IS NULL",
      "SELECT a FROM t WHERE a IS NOT NULL",
      "SELECT a FROM t WHERE NOT a",
      "SELECT a FROM t WHERE a AND b",
      "SELECT a FROM t WHERE a OR b",
      "SELECT a FROM t WHERE b AND a",
      "SELECT a FROM t WHERE a = $p",
      "SELECT a FROM t WHERE a = $q",
      "SELECT a FROM t HAVING a = $q",
      "SELECT a FROM t QUALIFY a = $q",
      "SELECT a FROM t ORDER BY a",
      "SELECT a FROM t ORDER BY a DESC",
      "SELECT a FROM t ORDER BY a NULLS LAST",
      "SELECT a FROM t ORDER BY b",
      "SELECT a FROM t LIMIT 1",
      "SELECT a FROM t LIMIT 2",
      "SELECT a FROM t LIMIT 2%",
      "SELECT a FROM t OFFSET 1",
      "SELECT a FROM t LIMIT 1 OFFSET 1",
      "SELECT a FROM t, u",
      "SELECT a FROM t JOIN u USING (a)",
      "SELECT a FROM t LEFT JOIN u USING (a)",
      "SELECT a FROM t RIGHT JOIN u USING (a)",
      "SELECT a FROM t FULL JOIN u USING (a)",
      "SELECT a FROM t SEMI JOIN u USING (a)",
      "SELECT a FROM t ANTI JOIN u USING (a)",
      "SELECT a FROM t NATURAL JOIN u",
      "SELECT a FROM t ASOF JOIN u USING (a)",
      "SELECT a FROM t ASOF LEFT JOIN u USING (a)",
      "SELECT a FROM t JOIN u ON t.a = u.a",
      "SELECT a FROM t JOIN u USING (b)",
      "SELECT a FROM t UNION SELECT a FROM t",
      "SELECT a FROM t UNION ALL SELECT a FROM t",
      "SELECT a FROM t UNION BY NAME SELECT a FROM t",
      "SELECT a FROM t UNION ALL BY NAME SELECT a FROM t",
      "SELECT a FROM t EXCEPT SELECT a FROM t",
      "SELECT a FROM t EXCEPT ALL SELECT a FROM t",
      "SELECT a FROM t INTERSECT SELECT a FROM t",
      "SELECT sum(a) FROM t",
      "SELECT sum(DISTINCT a) FROM t",
      "SELECT sum(a) FILTER (WHERE b) FROM t",
      "SELECT sum(a ORDER BY b) FROM t",
      "SELECT sum(a) OVER () FROM t",
      "SELECT sum(a) OVER (ORDER BY b) FROM t",
      "SELECT sum(a) OVER (PARTITION BY b) FROM t",
      "SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING) FROM t",
      "SELECT sum(a) OVER (ORDER BY b ROWS 2 PRECEDING) FROM t",
      "SELECT sum(a) OVER (ORDER BY b RANGE 1 PRECEDING) FROM t",
      "SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING EXCLUDE TIES) FROM t",
      "SELECT first(a) OVER (ORDER BY b) FROM t",
      "SELECT first(a IGNORE NULLS) OVER (ORDER BY b) FROM t",
      "SELECT lag(a) OVER (ORDER BY b) FROM t",
      "SELECT lag(a, 2) OVER (ORDER BY b) FROM t",
      "SELECT lag(a, 2, 0) OVER (ORDER BY b) FROM t",
      "SELECT a::INTEGER FROM t",
      "SELECT TRY_CAST(a AS INTEGER) FROM t",
      "SELECT a::BIGINT FROM t",
      "SELECT a::DECIMAL(10, 2) FROM t",
      "SELECT a::DECIMAL(10, 3) FROM t",
      "SELECT a FROM t GROUP BY a",
      "SELECT a FROM t GROUP BY ALL",
      "SELECT a FROM t GROUP BY ROLLUP (a, b)",
      "SELECT a FROM t GROUP BY CUBE (a, b)",
      "SELECT a FROM t GROUP BY GROUPING SETS ((a), (b))",
      "SELECT a FROM t AS t(b)",
      "SELECT a FROM t AS t(c)",
      "SELECT * FROM t",
      "SELECT t.* FROM t",
      "SELECT * EXCLUDE (a) FROM t",
      "SELECT * EXCLUDE (b) FROM t",
      "SELECT * REPLACE (1 AS a) FROM t",
      "SELECT * REPLACE (2 AS a) FROM t",
      "SELECT * RENAME (a AS b) FROM t",
      "SELECT COLUMNS(*) FROM t",
      "SELECT [1, 2]",
      "SELECT [2, 1]",
      "SELECT {'a': 1}",
      "SELECT {'b': 1}",
      "SELECT list_filter(a, x -> x) FROM t",
      "SELECT DATE '2024-01-01'",
      "SELECT TIMESTAMP '2024-01-01'",
      "SELECT INTERVAL 1 DAY",
      "SELECT INTERVAL 1 MONTH",
      "SELECT true",
      "SELECT false",
      "SELECT NULL",
      "SELECT ''",
      "SELECT 0.1",
      "SELECT 0.10",
      "SELECT 9223372036854775807",
      "SELECT 9223372036854775808",
      "SELECT 1e300",
      "SELECT 1.0000000000000002e300",
      "SELECT 1e0",
      "SELECT 1.0000000000000002e0",
      "WITH x AS (SELECT 1) FROM x",
      "WITH x AS (SELECT 2) FROM x",
      "WITH x(a) AS (SELECT 1) FROM x",
      "SELECT * FROM unnest([1])",
      "SELECT * FROM unnest([1]) WITH ORDINALITY",
      "SELECT EXISTS (FROM t)",
      "SELECT NOT EXISTS (FROM t)",
      "SELECT 1 IN (FROM t)",
      "SELECT 1 = ANY (FROM t)",
      "SELECT 1 > ANY (FROM t)",
      "SELECT 1 > ALL (FROM t)",
  };
  std::map<std::string, const char*> seen;
  for (const char* sql : statements) {
    const auto [it, added] = seen.try_emplace(Accept(sql).fingerprint.ToHex(), sql);
    const bool known_equal = std::string(sql) == "SELECT 1 = ANY (FROM t)";  // that is IN
    EXPECT_EQ(added, !known_equal) << sql << "\n" << it->second;
  }
}

// A change of the value here means that every stored recipe key is another: raise kProfileVersion.
TEST_F(FingerprintTest, IsFrozen) {
  EXPECT_EQ(Accept("SELECT carrier, avg(dep_delay) AS delay FROM flights WHERE dep_delay > $min "
                   "GROUP BY carrier")
                .fingerprint.ToHex(),
            "11ae271236710e97b0e7f0ba7ad64499");
}

}  // namespace
}  // namespace thalweg::sql
