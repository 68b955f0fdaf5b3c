#include "sql/refusal.h"

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

class Refusal : public AnalyzerTest {};

struct Case {
  const char* sql;
  std::vector<const char*> places;  // slug@text
};

const Case kCases[] = {
    {"", {"empty-statement@"}},
    {" ;\n-- nothing\n", {"empty-statement@ ;\n-- nothing\n"}},
    {"SELECT 1; SELECT 2", {"several-statements@SELECT 2"}},
    {"SELECT 1; -- one\n ; FROM b ;", {"several-statements@FROM b"}},
    // Not a SELECT: the verb, wherever it stands.
    {"INSERT INTO t SELECT 1", {"statement-not-select@INSERT"}},
    {"/* x */ insert INTO t SELECT 1", {"statement-not-select@insert"}},
    {"WITH a AS (SELECT 1) INSERT INTO t FROM a", {"statement-not-select@INSERT"}},
    {"WITH a AS (SELECT 1), update AS (SELECT 2) DELETE FROM t", {"statement-not-select@DELETE"}},
    {"WITH a AS (DELETE FROM t RETURNING *) FROM a", {"statement-not-select@DELETE"}},
    {"SELECT 1; DROP TABLE t", {"statement-not-select@DROP"}},
    {"UPDATE t SET a = 1", {"statement-not-select@UPDATE"}},
    {"DELETE FROM t", {"statement-not-select@DELETE"}},
    {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", {"statement-not-select@MERGE"}},
    {"TRUNCATE t", {"statement-not-select@TRUNCATE"}},
    {"CREATE TABLE t AS SELECT 1", {"statement-not-select@CREATE"}},
    {"CREATE OR REPLACE MACRO f(x) AS x", {"statement-not-select@CREATE"}},
    {"DROP TABLE t", {"statement-not-select@DROP"}},
    {"ALTER TABLE t ADD COLUMN a INT", {"statement-not-select@ALTER"}},
    {"COPY t TO 'x.csv'", {"statement-not-select@COPY"}},
    {"COPY (SELECT 1) TO 'x.csv'", {"statement-not-select@COPY"}},
    {"EXPORT DATABASE 'x'", {"statement-not-select@EXPORT"}},
    {"IMPORT DATABASE 'x'", {"statement-not-select@IMPORT"}},
    {"ATTACH 'x.db' AS x", {"statement-not-select@ATTACH"}},
    {"DETACH x", {"statement-not-select@DETACH"}},
    {"USE x", {"statement-not-select@USE"}},
    {"INSTALL httpfs", {"statement-not-select@INSTALL"}},
    {"LOAD httpfs", {"statement-not-select@LOAD"}},
    {"SET threads = 1", {"statement-not-select@SET"}},
    {"RESET threads", {"statement-not-select@RESET"}},
    {"PRAGMA version", {"statement-not-select@PRAGMA"}},
    {"CALL pragma_version()", {"statement-not-select@CALL"}},
    {"EXPLAIN SELECT 1", {"statement-not-select@EXPLAIN"}},
    {"PREPARE p AS SELECT 1", {"statement-not-select@PREPARE"}},
    {"EXECUTE p", {"statement-not-select@EXECUTE"}},
    {"BEGIN", {"statement-not-select@BEGIN"}},
    {"COMMIT", {"statement-not-select@COMMIT"}},
    {"CHECKPOINT", {"statement-not-select@CHECKPOINT"}},
    {"VACUUM", {"statement-not-select@VACUUM"}},
    {"DESCRIBE t", {"statement-not-select@DESCRIBE"}},
    {"SHOW TABLES", {"statement-not-select@SHOW"}},
    {"SUMMARIZE t", {"statement-not-select@SUMMARIZE"}},
    {"SELECT * FROM (DESCRIBE t)", {"statement-not-select@DESCRIBE"}},
    {"PIVOT t ON a USING sum(b)", {"pivot-without-values@PIVOT"}},
    {"SELECT * FROM (PIVOT t ON a USING sum(b))", {"pivot-without-values@PIVOT"}},
    // Syntax: DuckDB counts code points there.
    {"SELEC 1", {"syntax-error@SELEC"}},
    {"SELECT 1 +", {"syntax-error@"}},
    {"SELECT 'é' frm t x y", {"syntax-error@t"}},
    {"SELECT '漢字漢字' FROM t WHERE ORDER BY x", {"syntax-error@ORDER"}},
    {"SELECT 1 )", {"syntax-error@)"}},
    {"SELECT 'abc", {"syntax-error@'abc"}},
    {"SELECT \"abc", {"syntax-error@\"abc"}},
    {"SELECT /* abc", {"syntax-error@/* abc"}},
    {"SELECT $$abc", {"syntax-error@$$abc"}},
    {"SELECT * FROM \"\"", {"syntax-error@\"\""}},
    {"SELECT * INTO u FROM t", {"syntax-error@SELECT * INTO u FROM t"}},
    {"SELECT * FROM t AT (VERSION => 3) z", {"syntax-error@z"}},
    {"FROM t AT (BRANCH => 'x')", {"syntax-error@BRANCH"}},
    // Files and table functions.
    {"SELECT * FROM 'x.csv'", {"table-function-not-allowed@'x.csv'"}},
    {"SELECT * FROM a JOIN 'data/*.parquet' AS f USING (x)",
     {"table-function-not-allowed@'data/*.parquet'"}},
    {"SELECT * FROM \"x.csv\"", {"table-function-not-allowed@\"x.csv\""}},
    {"SELECT * FROM 'x'", {"table-function-not-allowed@'x'"}},
    {"SELECT * FROM read_csv('x')", {"table-function-not-allowed@read_csv"}},
    {"SELECT * FROM a, READ_PARQUET(['x', 'y'], union_by_name := true) p",
     {"table-function-not-allowed@READ_PARQUET"}},
    {"SELECT * FROM a WHERE EXISTS (FROM glob('*'))", {"table-function-not-allowed@glob"}},
    {"SELECT * FROM read_text('/etc/passwd')", {"table-function-not-allowed@read_text"}},
    {"SELECT * FROM sqlite_scan('x', 'y')", {"table-function-not-allowed@sqlite_scan"}},
    {"SELECT * FROM duckdb_settings()", {"table-function-not-allowed@duckdb_settings"}},
    {"SELECT * FROM pragma_table_info('t')", {"table-function-not-allowed@pragma_table_info"}},
    {"SELECT * FROM query('SELECT 1')", {"table-function-not-allowed@query"}},
    {"SELECT * FROM query_table('t')", {"table-function-not-allowed@query_table"}},
    {"SELECT * FROM main.read_csv('x')", {"table-function-not-allowed@main.read_csv"}},
    {"WITH a AS (FROM read_csv('x')) FROM a", {"table-function-not-allowed@read_csv"}},
    // Functions that reach outside.
    {"SELECT getenv('HOME')", {"function-not-allowed@getenv"}},
    {"SELECT x FROM t WHERE main.GETENV('HOME') = x", {"function-not-allowed@main.GETENV"}},
    {"SELECT nextval('s')", {"function-not-allowed@nextval"}},
    {"SELECT setseed(0.5), random()", {"function-not-allowed@setseed"}},
    {"SELECT current_query()", {"function-not-allowed@current_query"}},
    {"SELECT write_log('x')", {"function-not-allowed@write_log"}},
    {"SELECT json_serialize_plan('FROM read_csv(''x'')')",
     {"function-not-allowed@json_serialize_plan"}},
    // Names.
    {"SELECT * FROM a.b.c", {"invalid-table-name@a.b.c"}},
    {"SELECT * FROM \"my table\"", {"invalid-table-name@\"my table\""}},
    {"SELECT * FROM p.\"T ü\" x", {"invalid-table-name@p.\"T ü\""}},
    {"SELECT * FROM größe", {"invalid-table-name@größe"}},
    {"SELECT * FROM _t", {"invalid-table-name@_t"}},
    {"SELECT p.t.x FROM p.t", {"qualified-column@p.t.x"}},
    {"SELECT 1 FROM p.t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = p.t.x)",
     {"qualified-column@p.t.x"}},
    // Parameters.
    {"SELECT ?", {"positional-parameter@?"}},
    {"SELECT $1 + $2", {"positional-parameter@$1", "positional-parameter@$2"}},
    {"SELECT $1, $x", {"positional-parameter@$1"}},
    {"SELECT $\"a b\"", {"invalid-parameter-name@$\"a b\""}},
    {"SELECT $_x", {"invalid-parameter-name@$_x"}},
    // AT where it does not belong.
    {"WITH a AS (SELECT 1) FROM a AT (VERSION => 3)", {"invalid-at-clause@a"}},
    {"FROM t AS z(a, b) AT (VERSION => 3)", {"invalid-at-clause@("}},
    // Everything that is wrong, at once.
    {"SELECT getenv('x'), ? FROM 'a.csv', read_csv('b')",
     {"function-not-allowed@getenv", "positional-parameter@?", "table-function-not-allowed@'a.csv'",
      "table-function-not-allowed@read_csv"}},
    // Text.
    {"SELECT '\xff'", {"invalid-text@\xff"}},
    {"SELECT 1 -- \xc3(", {"invalid-text@\xc3"}},
};

TEST_F(Refusal, SaysWhatAndWhere) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    EXPECT_THAT(Places(one.sql, Reject(one.sql)), ElementsAreArray(one.places));
  }
}

TEST_F(Refusal, NulByte) {
  const std::string sql("SELECT 1\0 FROM t", 16);
  const auto findings = Reject(sql);
  EXPECT_THAT(Places(sql, findings), ElementsAre(std::string("invalid-text@\0", 14)));
}

TEST_F(Refusal, EveryFindingSaysWhatToDo) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    for (const Finding& finding : Reject(one.sql)) {
      EXPECT_FALSE(finding.message.empty());
      EXPECT_TRUE(finding.slug == "syntax-error" || !finding.help.empty());
    }
  }
}

TEST_F(Refusal, SuggestsTheKeywordThatWasMeant) {
  EXPECT_THAT(Reject("SELEC 1").front().help, HasSubstr("SELECT"));
  EXPECT_THAT(Reject("SELECT * FORM t").front().help, HasSubstr("FROM"));
}

TEST_F(Refusal, OneBadStatementDoesNotSpoilTheOthers) {
  const std::vector<std::string> statements = {"FROM a",       "",      "SELEC", "SELECT '\xff'",
                                               "DROP TABLE t", "FROM b"};
  const auto outcomes = analyzer().Analyze(statements).value();
  ASSERT_EQ(outcomes.size(), 6U);
  EXPECT_EQ(std::get<Analysis>(outcomes[0]).tables.at(0).table, "a");
  EXPECT_EQ(std::get<Rejection>(outcomes[1]).findings.at(0).slug, "empty-statement");
  EXPECT_EQ(std::get<Rejection>(outcomes[2]).findings.at(0).slug, "syntax-error");
  EXPECT_EQ(std::get<Rejection>(outcomes[3]).findings.at(0).slug, "invalid-text");
  EXPECT_EQ(std::get<Rejection>(outcomes[4]).findings.at(0).slug, "statement-not-select");
  EXPECT_EQ(std::get<Analysis>(outcomes[5]).tables.at(0).table, "b");
}

class Expression : public AnalyzerTest {
 protected:
  static Analyzer::Outcome Analyze(const std::string& text) {
    return analyzer().AnalyzeExpression(text).value();
  }
};

TEST_F(Expression, PlacesAreThoseOfTheExpression) {
  const std::string text = "amount > $min AND id IN (SELECT id FROM black_list) -- why";
  const Analysis analysis = std::get<Analysis>(Analyze(text));
  EXPECT_THAT(analysis.parameters, ElementsAre("min"));
  ASSERT_EQ(analysis.tables.size(), 1U);
  EXPECT_EQ(Text(text, analysis.tables[0].range), "black_list");
  EXPECT_THAT(analysis.columns_read, ElementsAre("amount", "black_list.id", "id"));
  const Analysis volatile_one = std::get<Analysis>(Analyze("random() < 0.5"));
  EXPECT_THAT(Places("random() < 0.5", volatile_one.not_repeatable),
              ElementsAre("volatile-function@random"));
}

TEST_F(Expression, NothingElseIsOne) {
  const struct {
    const char* text;
    const char* place;
  } cases[] = {
      {"", "empty-statement@"},
      {"SELECT 1", "not-an-expression@SELECT 1"},
      {"FROM t", "not-an-expression@FROM t"},
      {"a, b", "not-an-expression@,"},
      {"1; DROP TABLE t", "not-an-expression@;"},
      {"1) FROM t WHERE (x", "not-an-expression@1) FROM t WHERE (x"},
      {"a AS b", "syntax-error@AS"},
      {"a >", "syntax-error@"},
      {"a FROM t", "syntax-error@FROM"},
      {"*", "not-an-expression@*"},
      {"getenv('x') = 'y'", "function-not-allowed@getenv"},
      {"a = ?", "positional-parameter@?"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.text);
    const auto outcome = Analyze(one.text);
    ASSERT_TRUE(std::holds_alternative<Rejection>(outcome));
    EXPECT_THAT(Places(one.text, std::get<Rejection>(outcome).findings), ElementsAre(one.place));
  }
}

}  // namespace
}  // namespace thalweg::sql
