#include "sql/references.h"

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

class References : public AnalyzerTest {};

struct Case {
  const char* sql;
  std::vector<const char*> tables;  // what the ranges cover
};

// Which names are tables, and where exactly they stand.
const Case kCases[] = {
    {"SELECT 1", {}},
    {"SELECT * FROM flights", {"flights"}},
    {"select*from flights", {"flights"}},
    {"FROM flights", {"flights"}},
    {"FROM flights SELECT carrier WHERE dep_delay > 0", {"flights"}},
    {"TABLE flights", {"flights"}},
    {"VALUES (1, 2), (3, 4)", {}},
    {"(SELECT * FROM flights)", {"flights"}},
    {"((FROM a) UNION (FROM b))", {"a", "b"}},
    {"SELECT * FROM p.q", {"p.q"}},
    {"SELECT * FROM p . q AS z", {"p . q"}},
    {"SELECT * FROM p./* the other */q z", {"p./* the other */q"}},
    {"SELECT * FROM thalweg.runs", {"thalweg.runs"}},
    {"SELECT * FROM \"flights\" AS \"F\"", {"\"flights\""}},
    {"SELECT * FROM FlIgHtS f", {"FlIgHtS"}},
    {"SELECT * FROM a, b, c", {"a", "b", "c"}},
    {"SELECT * FROM a CROSS JOIN b", {"a", "b"}},
    {"SELECT * FROM a JOIN b USING (x)", {"a", "b"}},
    {"SELECT * FROM a NATURAL JOIN b", {"a", "b"}},
    {"SELECT * FROM a LEFT OUTER JOIN b ON a.x = b.x", {"a", "b"}},
    {"SELECT * FROM a RIGHT JOIN b ON true FULL JOIN c ON true", {"a", "b", "c"}},
    {"SELECT * FROM a SEMI JOIN b USING (x) ANTI JOIN c USING (x)", {"a", "b", "c"}},
    {"SELECT * FROM a ASOF JOIN b ON a.t >= b.t", {"a", "b"}},
    {"SELECT * FROM a POSITIONAL JOIN b", {"a", "b"}},
    {"SELECT * FROM a JOIN (b JOIN c USING (y)) USING (x)", {"a", "b", "c"}},
    {"SELECT * FROM a JOIN (SELECT * FROM b JOIN c USING (y)) s USING (x)", {"a", "b", "c"}},
    {"SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x) l", {"a", "b"}},
    {"SELECT * FROM a, a, A", {"a", "a", "A"}},
    {"SELECT * FROM a UNION SELECT * FROM b EXCEPT SELECT * FROM c INTERSECT SELECT * FROM d",
     {"a", "b", "c", "d"}},
    {"SELECT * FROM a UNION ALL BY NAME SELECT * FROM b", {"a", "b"}},
    {"SELECT (SELECT max(x) FROM a) FROM b", {"a", "b"}},
    {"SELECT x IN (SELECT x FROM a), EXISTS (FROM b), x = ANY (SELECT x FROM c) FROM d",
     {"a", "b", "c", "d"}},
    {"SELECT CASE WHEN x > (SELECT avg(x) FROM a) THEN 1 END FROM b", {"a", "b"}},
    {"SELECT CASE (SELECT max(x) FROM a) WHEN 1 THEN 2 WHEN 3 THEN 4 END FROM b", {"a", "b"}},
    {"SELECT ARRAY(SELECT x FROM a ORDER BY x)", {"a"}},
    {"SELECT * FROM b WHERE x = (SELECT max(x) FROM a) ORDER BY (SELECT 1 FROM c) LIMIT (SELECT 1 "
     "FROM d)",
     {"b", "a", "c", "d"}},
    {"SELECT count(*) FILTER (WHERE x IN (FROM a)) FROM b GROUP BY y HAVING sum(x) > (SELECT 1 "
     "FROM c)",
     {"a", "b", "c"}},
    {"SELECT sum(x) OVER w, avg(x) OVER w FROM a WINDOW w AS (ORDER BY (SELECT y FROM b))",
     {"a", "b"}},
    {"SELECT * FROM a QUALIFY row_number() OVER (PARTITION BY x ORDER BY (SELECT 1 FROM b)) = 1",
     {"a", "b"}},
    {"SELECT list_transform([1], x -> x + (SELECT max(y) FROM a))", {"a"}},
    {"SELECT * FROM range(10), generate_series(1, 3) g(x), unnest([1, 2]) u", {}},
    {"SELECT * FROM a, unnest(a.l) u(x), range(a.n)", {"a"}},
    {"SELECT * FROM (VALUES ((SELECT 1 FROM a))) v(x)", {"a"}},
    {"SELECT * FROM (PIVOT a ON x IN (1, 2) USING sum(y))", {"a"}},
    {"SELECT * FROM a PIVOT (sum(y) FOR x IN (1, 2))", {"a"}},
    {"SELECT * FROM a UNPIVOT (v FOR n IN (x, y))", {"a"}},
    {"SELECT * FROM a TABLESAMPLE 10%, b", {"a", "b"}},
    // CTEs hide tables, each from its own place on.
    {"WITH a AS (SELECT 1) SELECT * FROM a", {}},
    {"WITH a AS (SELECT 1) SELECT * FROM a, b", {"b"}},
    {"WITH a AS (FROM b), c AS (FROM a) FROM c", {"b"}},
    {"WITH c AS (FROM a), a AS (FROM b) FROM a, c", {"a", "b"}},
    {"WITH a AS (SELECT * FROM a WHERE x) SELECT * FROM a", {"a"}},
    {"WITH a AS (SELECT 1) SELECT * FROM p.a", {"p.a"}},
    {"WITH A AS (SELECT 1) SELECT * FROM a, \"A\"", {}},
    {"WITH \"a\" AS (SELECT 1) SELECT * FROM A", {}},
    {"WITH a AS (SELECT 1) SELECT * FROM (WITH a AS (FROM b) FROM a), a", {"b"}},
    {"SELECT * FROM (WITH a AS (FROM b) FROM a), a", {"b", "a"}},
    {"WITH a AS (WITH b AS (SELECT 1) FROM b) SELECT * FROM a, b", {"b"}},
    {"WITH a AS (SELECT 1) SELECT (SELECT max(x) FROM a), (SELECT 1 FROM b)", {"b"}},
    {"WITH a AS (SELECT 1) (FROM a) UNION ALL (WITH c AS (FROM d) FROM c, a)", {"d"}},
    {"(WITH a AS (SELECT 1) FROM a) UNION ALL FROM a", {"a"}},
    {"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
     {}},
    {"WITH RECURSIVE r(n) AS (SELECT x FROM r UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
     {"r"}},
    {"WITH RECURSIVE r AS (SELECT * FROM r) SELECT * FROM r", {"r"}},
    {"WITH RECURSIVE r(k, n) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, n FROM recurring.r) "
     "FROM r",
     {}},
    {"WITH a(x, y) AS MATERIALIZED (FROM b), c AS NOT MATERIALIZED (FROM d) FROM a, c", {"b", "d"}},
    // Time travel: the range takes the clause, and an alias only where the grammar puts it in
    // between.
    {"FROM a AT (VERSION => 3)", {"a AT (VERSION => 3)"}},
    {"FROM a at(version=>3), b", {"a at(version=>3)", "b"}},
    {"FROM p.a AT (VERSION => 'run:12') JOIN b AT (TIMESTAMP => '2024-01-01') USING (x)",
     {"p.a AT (VERSION => 'run:12')", "b AT (TIMESTAMP => '2024-01-01')"}},
    {"FROM a AT /* ( */ (VERSION => 'tick:7' -- )\n) WHERE x",
     {"a AT /* ( */ (VERSION => 'tick:7' -- )\n)"}},
    {"FROM a AS z AT (VERSION => 3)", {"a AS z AT (VERSION => 3)"}},
    {"FROM a z AT (VERSION => 3)", {"a z AT (VERSION => 3)"}},
    {"FROM a \"at\" AT (VERSION => 3)", {"a \"at\" AT (VERSION => 3)"}},
    {"FROM z: a AT (VERSION => 3)", {"a AT (VERSION => 3)"}},
    {"FROM z: a", {"a"}},
    {"FROM a AT (VERSION => 3) TABLESAMPLE 5%", {"a AT (VERSION => 3)"}},
    // Text that looks like something else.
    {"SELECT 'FROM a', \"FROM b\" FROM c -- FROM d", {"c"}},
    {"SELECT $$ FROM a $$, $x$ FROM b $x$, e'\\' FROM d' FROM c", {"c"}},
    {"/* FROM a /* nested */ FROM b */ SELECT * FROM/**/c/**/", {"c"}},
    {"-- one\nSELECT *\n-- two\nFROM\n-- three\nc\n-- four", {"c"}},
    {"SELECT * FROM c;", {"c"}},
    {"SELECT * FROM c ; ; -- done", {"c"}},
    // Offsets are bytes; Unicode spaces are as long as they are.
    {"SELECT 'é', \"ü\", '漢字' FROM a, b", {"a", "b"}},
    {"SELECT 'é' AS ü FROM a ORDER BY ü", {"a"}},
    {"SELECT\u00a01\u3000FROM\u2003a\u00a0, b", {"a", "b"}},
    {"\ufeffSELECT * FROM a", {"a"}},
    {"SELECT '\u00a0' FROM\u00a0a", {"a"}},
    {"SELECT '🦆🦆' || x -- 🦆\nFROM a /* 🦆 */, b", {"a", "b"}},
    {"SELECT x FROM a WHERE y = '\u2003\u2003' AND z IN (FROM b)", {"a", "b"}},
};

TEST_F(References, AreFoundAtTheirPlaces) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    std::vector<std::string> texts;
    for (const TableRef& table : Accept(one.sql).tables)
      texts.push_back(Text(one.sql, table.range));
    EXPECT_THAT(texts, ElementsAreArray(one.tables));
  }
}

TEST_F(References, NamesAreFolded) {
  const Analysis analysis = Accept("SELECT * FROM Pipe.\"Flights\" AS F, Weather");
  ASSERT_EQ(analysis.tables.size(), 2U);
  EXPECT_EQ(analysis.tables[0].pipeline, "pipe");
  EXPECT_EQ(analysis.tables[0].table, "flights");
  EXPECT_EQ(analysis.tables[0].alias, "F");
  EXPECT_EQ(analysis.tables[1].pipeline, "");
  EXPECT_EQ(analysis.tables[1].table, "weather");
  EXPECT_EQ(analysis.tables[1].alias, "");
}

TEST_F(References, AtClausesAreRead) {
  using Unit = AtClause::Unit;
  const struct {
    const char* at;
    AtClause clause;
  } cases[] = {
      {"VERSION => 3", {Unit::kVersion, "3"}},
      {"VERSION => 'run:12'", {Unit::kRun, "12"}},
      {"VERSION => 'RUN:12'", {Unit::kRun, "12"}},
      {"VERSION => 'tick:7'", {Unit::kTick, "7"}},
      {"TIMESTAMP => '2024-03-01'", {Unit::kTimestamp, "2024-03-01T00:00:00.000000Z"}},
      {"TIMESTAMP => '2024-03-01 12:30'", {Unit::kTimestamp, "2024-03-01T12:30:00.000000Z"}},
      {"TIMESTAMP => '2024-03-01T12:30:15.25Z'", {Unit::kTimestamp, "2024-03-01T12:30:15.250000Z"}},
      {"TIMESTAMP => '2024-03-01 00:30:00+02:00'",
       {Unit::kTimestamp, "2024-02-29T22:30:00.000000Z"}},
      {"TIMESTAMP => TIMESTAMP '2024-03-01 12:00:00'",
       {Unit::kTimestamp, "2024-03-01T12:00:00.000000Z"}},
      {"TIMESTAMP => '2024-03-01'::TIMESTAMPTZ", {Unit::kTimestamp, "2024-03-01T00:00:00.000000Z"}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.at);
    const Analysis analysis = Accept(std::string("FROM t AT (") + one.at + ")");
    ASSERT_EQ(analysis.tables.size(), 1U);
    EXPECT_EQ(analysis.tables[0].at, one.clause);
  }
}

TEST_F(References, AtClausesMustBeLiterals) {
  for (const char* at :
       {"VERSION => $v", "VERSION => 1 + 2", "VERSION => 0", "VERSION => -3", "VERSION => 1.5",
        "VERSION => 'x'", "VERSION => 'run:'", "VERSION => 'run:0'", "VERSION => 'run:-1'",
        "VERSION => NULL", "TIMESTAMP => now()", "TIMESTAMP => 3", "TIMESTAMP => 'yesterday'",
        "TIMESTAMP => '2024-02-30'", "TIMESTAMP => '2024-01-01 25:00'",
        "TIMESTAMP => '2024-01-01 10:00 CET'"}) {
    const std::string sql = std::string("SELECT x FROM t AT (") + at + ") WHERE y";
    SCOPED_TRACE(sql);
    EXPECT_THAT(Places(sql, Reject(sql)),
                ElementsAre(std::string("invalid-at-clause@t AT (") + at + ")"));
  }
}

TEST_F(References, ParametersAreNamesSortedAndFolded) {
  const Analysis analysis = Accept("SELECT $b, $A FROM t WHERE x > $b AND y IN (SELECT $min_rows)");
  EXPECT_THAT(analysis.parameters, ElementsAre("a", "b", "min_rows"));
  EXPECT_THAT(Accept("SELECT '$a', $$ $b $$ -- $c").parameters, IsEmpty());
}

TEST_F(References, MakeSlotsOfAnEngineStatement) {
  const std::string sql = "SELECT $x -- note\nFROM p.a, b AS z, c k AT (VERSION => 3), y: d;";
  const Analysis analysis = Accept(sql);
  ASSERT_EQ(analysis.tables.size(), 4U);
  const component::Statement statement =
      MakeStatement(sql, analysis, std::vector<component::Input>(4),
                    {{.name = "x", .type = "integer", .text = "1"},
                     {.name = "unused", .type = "integer", .text = "2"}});
  std::string replaced;
  std::size_t from = 0;
  for (const component::TableSlot& slot : statement.slots) {
    replaced += statement.text.substr(from, slot.begin - from) + "#" + std::to_string(slot.input);
    if (!slot.alias.empty()) replaced += " AS " + slot.alias;
    from = slot.end;
  }
  replaced += statement.text.substr(from);
  EXPECT_EQ(replaced, "SELECT $x        \nFROM #0 AS a, #1 AS z, #2 AS k, y: #3 ");
  ASSERT_EQ(statement.parameters.size(), 1U);
  EXPECT_EQ(statement.parameters[0].name, "x");
}

}  // namespace
}  // namespace thalweg::sql
