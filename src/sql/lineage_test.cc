#include "sql/lineage.h"

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

template <typename Column>
std::vector<std::string> Show(const std::vector<Column>& columns) {
  std::vector<std::string> shown;
  for (const Column& column : columns) {
    std::string text = column.name + " <-";
    for (const std::string& source : column.sources) text += " " + source;
    shown.push_back(std::move(text));
  }
  return shown;
}

struct Case {
  const char* sql;
  std::vector<const char*> outputs;
  std::vector<const char*> read;
};

class Outputs : public AnalyzerTest {};

// What the statement alone says.
const Case kAlone[] = {
    {"SELECT a, b AS c FROM t", {"a <- t.a", "c <- t.b"}, {"t.a", "t.b"}},
    {"SELECT t.a, T.B + 1 FROM t", {"a <- t.a", " <- t.b"}, {"t.a", "t.b"}},
    {"SELECT a + b AS s FROM p.t", {"s <- p.t.a p.t.b"}, {"p.t.a", "p.t.b"}},
    {"SELECT x.a FROM t x JOIN u y USING (k) WHERE y.z",
     {"a <- t.a"},
     {"t.a", "t.k", "u.k", "u.z"}},
    {"SELECT a FROM t, u", {"a <- a"}, {"a"}},
    {"SELECT k FROM t JOIN u USING (k)", {"k <- t.k u.k"}, {"t.k", "u.k"}},
    {"SELECT * FROM t", {" <- t.*"}, {"t.*"}},
    {"SELECT *, 1 AS one FROM t, u", {" <- t.*", " <- u.*", "one <-"}, {"t.*", "u.*"}},
    {"SELECT u.* FROM t, u", {" <- u.*"}, {"u.*"}},
    {"SELECT t FROM t", {"t <- t.*"}, {"t.*"}},
    {"SELECT a AS b, b AS c FROM t", {"b <- t.a", "c <- t.a"}, {"t.a"}},
    {"SELECT max(a) FROM t GROUP BY b HAVING count(c) > 1 ORDER BY d",
     {" <- t.a"},
     {"t.a", "t.b", "t.c", "t.d"}},
    {"SELECT s.field.sub FROM t", {"sub <- t.s"}, {"t.s"}},
    // Through CTEs and subqueries.
    {"WITH c AS (SELECT a AS x, b FROM t) SELECT x + 1 AS y FROM c", {"y <- t.a"}, {"t.a", "t.b"}},
    {"WITH c AS (SELECT * FROM t) SELECT a FROM c", {"a <- t.a"}, {"t.a"}},
    {"WITH c(x, y) AS (SELECT a, b FROM t) SELECT y FROM c", {"y <- t.b"}, {"t.a", "t.b"}},
    {"SELECT x FROM (SELECT a AS x FROM t) s, u", {"x <- t.a"}, {"t.a"}},
    {"SELECT q.x FROM (SELECT a FROM t) AS q(x)", {"x <- t.a"}, {"t.a"}},
    {"SELECT (SELECT max(u.b) FROM u WHERE u.k = t.k) AS m FROM t",
     {"m <- u.b"},
     {"t.k", "u.b", "u.k"}},
    {"SELECT (SELECT max(b) FROM u) AS m FROM t", {"m <- b"}, {"b"}},  // it may be t's, too
    {"SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)",
     {"a <- t.a"},
     {"t.a", "t.k", "u.k"}},
    {"SELECT a IN (SELECT u.b FROM u) AS i FROM t", {"i <- t.a u.b"}, {"t.a", "u.b"}},
    {"WITH c AS (SELECT x FROM u), d AS (SELECT y FROM t, c) SELECT x FROM t, c",
     {"x <- u.x"},
     {"t.y", "u.x"}},
    {"SELECT s.x FROM u, (SELECT x FROM t) s", {"x <- t.x"}, {"t.x"}},
    {"SELECT l.b FROM t, LATERAL (SELECT t.a + 1 AS b) l", {"b <- t.a"}, {"t.a"}},
    {"SELECT x FROM t, unnest(t.l) AS u(x)", {"x <- t.l"}, {"t.l"}},
    {"SELECT v FROM (VALUES (1)) AS w(v)", {"v <-"}, {}},
    {"WITH RECURSIVE r(n, k) AS (SELECT a, 1 FROM t UNION ALL SELECT n + u.b, k FROM r JOIN u ON "
     "u.c = n) "
     "SELECT n, k FROM r",
     {"n <- t.a u.b", "k <-"},
     {"t.a", "u.b", "u.c"}},
    // Set operations.
    {"SELECT a, b FROM t UNION ALL SELECT c, d FROM u",
     {"a <- t.a u.c", "b <- t.b u.d"},
     {"t.a", "t.b", "u.c", "u.d"}},
    {"SELECT a, b FROM t UNION BY NAME SELECT b, c FROM u",
     {"a <- t.a", "b <- t.b u.b", "c <- u.c"},
     {"t.a", "t.b", "u.b", "u.c"}},
    {"SELECT a FROM t EXCEPT SELECT b FROM u", {"a <- t.a"}, {"t.a", "u.b"}},
    {"FROM t UNION FROM u", {" <- t.* u.*"}, {"t.*", "u.*"}},
    // Lambdas have names of their own; -> on JSON has not.
    {"SELECT list_transform(l, a -> a + b) AS x FROM t", {"x <- t.b t.l"}, {"t.b", "t.l"}},
    {"SELECT list_filter(l, lambda a, i: a > i) AS x FROM t", {"x <- t.l"}, {"t.l"}},
    {"SELECT [a + 1 FOR a IN l] AS x FROM t", {"x <- t.l"}, {"t.l"}},
    {"SELECT a -> 'k' AS x FROM t", {"x <- t.a"}, {"t.a"}},
    {"SELECT name.upper() AS x FROM t", {"x <- t.name"}, {"t.name"}},
};

TEST_F(Outputs, AreTracedAsFarAsTheStatementSays) {
  for (const Case& one : kAlone) {
    SCOPED_TRACE(one.sql);
    const Analysis analysis = Accept(one.sql);
    EXPECT_THAT(Show(analysis.outputs), ElementsAreArray(one.outputs));
    EXPECT_THAT(analysis.columns_read, ElementsAreArray(one.read));
  }
}

class ResolvedLineage : public AnalyzerTest {
 protected:
  /// Tables t(a, b, k), u(a, c, k), w(D, e); outputs by name.
  static Lineage Resolve(const std::string& sql, const std::vector<std::string>& output) {
    const Analysis analysis = Accept(sql);
    std::vector<data::Columns> inputs;
    for (const TableRef& table : analysis.tables) {
      data::Columns columns;
      const std::vector<std::string> names =
          table.table == "t"   ? std::vector<std::string>{"a", "b", "k"}
          : table.table == "u" ? std::vector<std::string>{"a", "c", "k"}
                               : std::vector<std::string>{"D", "e"};
      for (const std::string& name : names) columns.push_back({0, name, "integer"});
      inputs.push_back(std::move(columns));
    }
    data::Columns described;
    for (const std::string& name : output) described.push_back({0, name, "integer"});
    return ResolveLineage(analysis, inputs, described);
  }
};

struct ResolvedCase {
  const char* sql;
  std::vector<std::string> output;  // what the engine described
  std::vector<const char*> columns;
  std::vector<const char*> read;
};

const ResolvedCase kResolved[] = {
    {"SELECT * FROM t",
     {"a", "b", "k"},
     {"a <- t.a", "b <- t.b", "k <- t.k"},
     {"t.a", "t.b", "t.k"}},
    {"SELECT b, c, d FROM t, u, w",
     {"b", "c", "D"},
     {"b <- t.b", "c <- u.c", "D <- w.D"},
     {"t.b", "u.c", "w.D"}},
    {"SELECT x.A, Y.C FROM t x, u y", {"a", "c"}, {"a <- t.a", "c <- u.c"}, {"t.a", "u.c"}},
    {"SELECT * FROM t JOIN u USING (k)",
     {"a", "b", "k", "a_1", "c"},
     {"a <- t.a", "b <- t.b", "k <- t.k u.k", "a_1 <- u.a", "c <- u.c"},
     {"t.a", "t.b", "t.k", "u.a", "u.c", "u.k"}},
    {"SELECT * FROM t NATURAL JOIN u",
     {"a", "b", "k", "c"},
     {"a <- t.a u.a", "b <- t.b", "k <- t.k u.k", "c <- u.c"},
     {"t.a", "t.b", "t.k", "u.a", "u.c", "u.k"}},
    {"SELECT * FROM t SEMI JOIN u USING (k)",
     {"a", "b", "k"},
     {"a <- t.a", "b <- t.b", "k <- t.k"},
     {"t.a", "t.b", "t.k"}},
    {"SELECT * EXCLUDE (a) REPLACE (k + a AS k) RENAME (b AS z) FROM t",
     {"z", "k"},
     {"z <- t.b", "k <- t.a t.k"},
     {"t.a", "t.b", "t.k"}},
    {"SELECT 1, *, e FROM t, w",
     {"1", "a", "b", "k", "D", "e", "e_1"},
     {"1 <-", "a <- t.a", "b <- t.b", "k <- t.k", "D <- w.D", "e <- w.e", "e_1 <- w.e"},
     {"t.a", "t.b", "t.k", "w.D", "w.e"}},
    {"WITH c AS (SELECT * FROM t JOIN w ON a = d) SELECT e, b FROM c",
     {"e", "b"},
     {"e <- w.e", "b <- t.b"},
     {"t.a", "t.b", "w.D", "w.e"}},
    // Columns come before aliases of the same list.
    {"SELECT b AS a, a + 1 AS z FROM t", {"a", "z"}, {"a <- t.b", "z <- t.a"}, {"t.a", "t.b"}},
    {"SELECT b AS q, q + 1 AS z FROM t", {"q", "z"}, {"q <- t.b", "z <- t.b"}, {"t.b"}},
    // Inner columns come before outer ones.
    {"SELECT (SELECT max(c) FROM u WHERE a = b) AS m FROM t",
     {"m"},
     {"m <- u.c"},
     {"t.b", "u.a", "u.c"}},
    {"SELECT t FROM t", {"t"}, {"t <- t.a t.b t.k"}, {"t.a", "t.b", "t.k"}},
    {"SELECT x, k FROM t AS q(x)", {"x", "k"}, {"x <- t.a", "k <- t.k"}, {"t.a", "t.k"}},
    {"FROM t UNION ALL FROM u",
     {"a", "b", "k"},
     {"a <- t.a u.a", "b <- t.b u.c", "k <- t.k u.k"},
     {"t.a", "t.b", "t.k", "u.a", "u.c", "u.k"}},
    {"FROM t UNION BY NAME FROM u",
     {"a", "b", "k", "c"},
     {"a <- t.a u.a", "b <- t.b", "k <- t.k u.k", "c <- u.c"},
     {"t.a", "t.b", "t.k", "u.a", "u.c", "u.k"}},
    // What only binding can take apart.
    {"SELECT b, COLUMNS('a|k') FROM t",
     {"b", "a", "k"},
     {"b <- t.b", "a <- t.a", "k <- t.k"},
     {"t.a", "t.b", "t.k"}},
    {"SELECT k, \"1\" FROM t PIVOT (sum(b) FOR a IN (1, 2))",
     {"k", "1"},
     {"k <- t.k", "1 <- t.a t.b"},
     {"t.a", "t.b", "t.k"}},
    {"SELECT nothing FROM t", {"nothing"}, {"nothing <- nothing"}, {"nothing"}},
};

TEST_F(ResolvedLineage, FollowsTheRulesForNames) {
  for (const ResolvedCase& one : kResolved) {
    SCOPED_TRACE(one.sql);
    const Lineage lineage = Resolve(one.sql, one.output);
    EXPECT_THAT(Show(lineage.columns), ElementsAreArray(one.columns));
    EXPECT_THAT(lineage.columns_read, ElementsAreArray(one.read));
  }
}

// Each level joins the one before with itself: 2^40 columns, if they were all written down.
TEST_F(Outputs, OfDoublingStarsAreBounded) {
  std::string sql = "WITH c0 AS (SELECT * FROM t, u)";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    sql += ", c" + std::to_string(i) + " AS (SELECT * FROM " + before + " x, " + before + " y)";
  }
  const Analysis analysis = Accept(sql + " FROM c40");
  EXPECT_THAT(analysis.columns_read, ElementsAre("t.*", "u.*"));
}

TEST_F(ResolvedLineage, OfManyMoreOutputsThanExpected) {
  const Lineage lineage = Resolve("SELECT a FROM t", {"a", "b", "c"});
  EXPECT_THAT(Show(lineage.columns), ElementsAre("a <- t.a", "b <- t.a", "c <- t.a"));
  EXPECT_THAT(Resolve("SELECT * FROM t", {}).columns, IsEmpty());
}

}  // namespace
}  // namespace thalweg::sql
