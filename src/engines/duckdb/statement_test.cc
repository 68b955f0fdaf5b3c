#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

using component::EmptyInput;
using component::InlinedInput;
using component::Job;
using component::Statement;
using component::TableInput;
using ::testing::HasSubstr;

const data::Columns kFlights = {
    {0, "carrier", "varchar"}, {0, "delay", "integer"}, {0, "day", "date"}};

class StatementTest : public EngineFixture {
 protected:
  std::string Describe(const Statement& statement) {
    const auto description = engine_->Describe(statement);
    return description.ok() ? data::ToString(description->columns)
                            : description.status().ToString();
  }
  /// All rows of a query as text.
  Result<std::string> Query(const Statement& statement) {
    TW_ASSIGN_OR_RETURN(const auto stream, engine_->Query(statement, {}));
    std::string text;
    while (true) {
      TW_ASSIGN_OR_RETURN(const data::Batch batch, stream->Next());
      if (batch == nullptr) return text;
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        if (!text.empty()) text += ';';
        for (int column = 0; column < batch->num_columns(); ++column) {
          text += (column > 0 ? "|" : "") +
                  batch->column(column)->GetScalar(row).ValueOrDie()->ToString();
        }
      }
    }
  }
};

TEST_F(StatementTest, DescribesWithoutData) {
  EXPECT_EQ(Describe(Sql("SELECT carrier, avg(delay) AS mean, sum(delay) AS total, count(*) AS n "
                         "FROM flights GROUP BY 1",
                         "flights", EmptyInput{kFlights})),
            "carrier varchar, mean double, total bigint, n bigint");
  // The files of a table are not looked at.
  TableInput table;
  table.manifest.columns = kFlights;
  table.manifest.files = {{.path = "nowhere.parquet"}};
  EXPECT_EQ(Describe(Sql("SELECT * FROM flights", "flights", table)),
            "carrier varchar, delay integer, day date");
}

TEST_F(StatementTest, KnowsTheTableByItsNameAndByAnAlias) {
  EXPECT_EQ(Describe(Sql("SELECT flights.delay FROM flights WHERE flights.carrier = 'UA'",
                         "flights", EmptyInput{kFlights})),
            "delay integer");
  Statement aliased = Sql("SELECT f.delay FROM flights AS f", "flights", EmptyInput{kFlights});
  aliased.slots[0].alias.clear();
  EXPECT_EQ(Describe(aliased), "delay integer");
}

TEST_F(StatementTest, PointsIntoTheUsersText) {
  const std::string text = "SELECT 'é', x.carier FROM flights x";
  Statement statement = Sql(text, "flights", EmptyInput{kFlights});
  statement.slots[0].alias.clear();
  const Status before = engine_->Describe(statement).status();
  EXPECT_EQ(before.slug(), "unknown-column");
  EXPECT_EQ(before.place()->column, static_cast<int>(text.find("x.carier")) + 1);
  EXPECT_EQ(before.place()->length, 8);

  // Also behind a table that became longer, and a parameter.
  const std::string late = "SELECT $n AS n FROM flights WHERE carrier = 'x' AND dely > 1";
  Statement behind = Sql(late, "flights", EmptyInput{kFlights});
  behind.parameters = {{"n", "bigint", "1"}};
  const Status status = engine_->Describe(behind).status();
  EXPECT_EQ(status.place()->column, static_cast<int>(late.find("dely")) + 1);
  EXPECT_EQ(status.hint(), "did you mean \"delay\"?");

  const Status syntax =
      engine_->Describe(Sql("SELECT a FROM flights WHERE", "flights", EmptyInput{kFlights}))
          .status();
  EXPECT_EQ(syntax.slug(), "syntax-error");
  ASSERT_TRUE(syntax.place().has_value());
}

TEST_F(StatementTest, PointsIntoTheUsersTextWhenAJobFails) {
  const std::string text = "SELECT CAST(carrier AS integer) AS c FROM flights";
  const auto input = Run(Sql("SELECT 'UA' AS carrier, 1 AS delay"));
  const Status status = Run(Sql(text, "flights", Table(*input))).status();
  EXPECT_EQ(status.slug(), "conversion-failed");
  EXPECT_EQ(status.fault(), Fault::kUser);
  EXPECT_EQ(status.place()->column, static_cast<int>(text.find("CAST")) + 1);
}

TEST_F(StatementTest, ParametersHaveTheirTypeAndAreNeverText) {
  const Statement statement =
      Sql("SELECT $n + 1 AS n, $d AS d, $s AS s, $p AS p, '$n' AS quoted, $l AS l -- $comment",
          {{"n", "bigint", "41"},
           {"d", "date", "2020-02-29"},
           {"s", "varchar", "'; DROP TABLE x; --"},
           {"p", "decimal(10,2)", std::nullopt},
           {"l", "integer[]", "[1, 2]"}});
  EXPECT_EQ(Describe(statement),
            "n bigint, d date, s varchar, p decimal(10,2), quoted varchar, l integer[]");
  EXPECT_EQ(Query(statement).value(),
            "42|2020-02-29|'; DROP TABLE x; --|null|$n|list<element: int32>[1, 2]");
  const Status missing =
      engine_->Describe(Sql("SELECT $cuont", {{"count", "bigint", "1"}})).status();
  EXPECT_FALSE(missing.ok());
  const Status unknown =
      Query(Sql("SELECT CAST($cuont AS bigint) AS n", {{"count", "bigint", "1"}})).status();
  EXPECT_EQ(unknown.slug(), "unknown-parameter");
}

TEST_F(StatementTest, RefusesWhatATableCannotHold) {
  const auto slug = [&](const std::string& text) {
    return engine_->Describe(Sql(text)).status().slug();
  };
  EXPECT_EQ(slug("SELECT INTERVAL 1 DAY AS i"), "type-not-storable");
  EXPECT_EQ(slug("SELECT 1 AS a, 2 AS A"), "duplicate-column");
  EXPECT_EQ(slug("SELECT 1 AS \"\""), "syntax-error");
  EXPECT_EQ(Run(Sql("SELECT INTERVAL 1 DAY AS i")).status().slug(), "type-not-storable");
}

TEST_F(StatementTest, WritesOneFileAndSaysWhatIsInIt) {
  Job job = MakeJob(Sql("SELECT range AS i, 'x' || range AS s FROM range(100000)"));
  const std::string out = job.out_directory;
  const auto result = Run(std::move(job));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(data::ToString(result->columns), "i bigint, s varchar");
  EXPECT_EQ(result->rows_out, 100000);
  ASSERT_EQ(result->files.size(), 1U);
  EXPECT_EQ(result->files[0].path, out + "/part-0.parquet");
  EXPECT_EQ(result->files[0].rows, 100000);
  EXPECT_EQ(result->files[0].size.value,
            static_cast<std::int64_t>(std::filesystem::file_size(result->files[0].path)));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out), {}), 1);
  EXPECT_GT(result->wall.count(), 0);
  EXPECT_GT(result->cpu.count(), 0);
}

TEST_F(StatementTest, ReadsTablesOfManyFilesAndOfNone) {
  const auto first = Run(Sql("SELECT 1 AS a, 'x' AS b")).value();
  const auto second = Run(Sql("SELECT 'y' AS b, 2 AS a, 3 AS more")).value();
  TableInput table = Table(first);
  table.manifest.files.push_back(second.files[0]);
  EXPECT_EQ(Query(Sql("SELECT * FROM t ORDER BY a", "t", table)).value(), "1|x;2|y");
  table.manifest.files.clear();
  EXPECT_EQ(Query(Sql("SELECT count(*) FROM t", "t", table)).value(), "0");
}

TEST_F(StatementTest, PathsMayHoldAnyCharacter) {
  for (const std::string name : {"it's", "a[1]*?", "x=1/y=2", "sp ace", "ümlaut", "{a,b}"}) {
    Job job = MakeJob(Sql("SELECT 1 AS x"));
    job.out_directory = Path("odd/" + name);
    std::filesystem::create_directories(job.out_directory);
    const auto result = Run(std::move(job));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(Query(Sql("SELECT * FROM t", "t", Table(*result))).value(), "1") << name;
  }
}

TEST_F(StatementTest, RelativeFilesLieInTheHome) {
  auto result = Run(Sql("SELECT 7 AS x")).value();
  TableInput table = Table(result);
  table.home = ParentPath(table.manifest.files[0].path);
  table.manifest.files[0].path = "part-0.parquet";
  EXPECT_EQ(Query(Sql("SELECT * FROM t", "t", table)).value(), "7");
}

TEST_F(StatementTest, InlinesStatementsWithTheirParameters) {
  auto inner = std::make_shared<Statement>(Sql(
      "SELECT x FROM (VALUES (1), (5)) v(x) WHERE x > $least -- all", {{"least", "integer", "2"}}));
  Statement outer = Sql("SELECT sum(x) + $more AS s FROM picked", "picked", InlinedInput{inner});
  outer.parameters = {{"more", "integer", "10"}};
  EXPECT_EQ(Describe(outer), "s bigint");
  EXPECT_EQ(Query(outer).value(), "15");

  auto broken = std::make_shared<Statement>(Sql("SELECT nothing FROM (SELECT 1 AS x)"));
  const Status status =
      engine_->Describe(Sql("SELECT * FROM broken", "broken", InlinedInput{broken})).status();
  EXPECT_EQ(status.slug(), "unknown-column");
  EXPECT_EQ(status.place()->column, 15);
  EXPECT_EQ(status.place()->length, 6);
}

TEST_F(StatementTest, ACommentAtTheEndHidesNothing) {
  EXPECT_TRUE(Run(Sql("SELECT sum(range) AS s FROM range(3) -- the end")).ok());
}

TEST_F(StatementTest, SumsOfIntegersAreBigintAndOverflowIsAnError) {
  const auto good = Run(Sql("SELECT sum(range) AS s FROM range(10)"));
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(data::ToString(good->columns), "s bigint");
  EXPECT_EQ(Text("SELECT typeof(s), s FROM '" + good->files[0].path + "'"), "BIGINT|45");

  const Status status =
      Run(Sql("SELECT sum(x) AS total FROM (VALUES (9223372036854775807), (1)) t(x)")).status();
  EXPECT_EQ(status.slug(), "out-of-range");
  EXPECT_THAT(status.message(), HasSubstr("total"));
  EXPECT_THAT(status.hint(), HasSubstr("decimal(38,0)"));
}

TEST_F(StatementTest, OrderHoldsInTheFile) {
  for (const char* select : {"SELECT hash(range) AS h FROM range(500000) ORDER BY h",
                             "SELECT h, sum(1) AS n FROM (SELECT hash(range) AS h FROM "
                             "range(500000)) GROUP BY h ORDER BY h"}) {
    Job job = MakeJob(Sql(select));
    job.order_matters = true;
    const auto result = Run(std::move(job));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(Text(fmt::format(
                  "SELECT count(*) FROM (SELECT h < lag(h) OVER (ORDER BY file_row_number) AS down "
                  "FROM read_parquet('{}', file_row_number = true)) WHERE down",
                  result->files[0].path)),
              "0");
  }
}

TEST_F(StatementTest, QueriesGiveTypesThatNoTableHolds) {
  EXPECT_EQ(Query(Sql("SELECT INTERVAL 3 DAY AS i, '12:00:00+02'::timetz AS t, "
                      "340282366920938463463374607431768211455::uhugeint AS u, "
                      "'101'::bit AS b, 1 AS a, 2 AS a, (12345678901234567890123456789)::hugeint "
                      "AS h, 'x'::enum('x', 'y') AS e"))
                .value(),
            "0M3d0ns|12:00:00+02|340282366920938463463374607431768211455|101|1|2|"
            "12345678901234567890123456789|x");
  EXPECT_EQ(Query(Sql("SELECT '101'::bit AS b FROM range(3) t(i) ORDER BY i DESC")).value(),
            "101;101;101");
}

TEST_F(StatementTest, AQueryStopsWhenItsRowsAreDropped) {
  {
    const auto rows =
        engine_->Query(Sql("SELECT hash(range) FROM range(1000000000000)"), {}).value();
    EXPECT_NE(rows->Next().value(), nullptr);
  }
  EXPECT_EQ(Query(Sql("SELECT 1")).value(), "1");
}

TEST_F(StatementTest, ConfinedItReadsNothingElse) {
  const auto inside = Run(Sql("SELECT 1 AS x")).value();
  const std::string file = Path("one.parquet");
  std::filesystem::copy(inside.files[0].path, file);
  const std::string other = Path("two.parquet");
  std::filesystem::copy(inside.files[0].path, other);
  const auto table = [&](const std::string& path) {
    TableInput input;
    input.manifest.columns = inside.columns;
    input.manifest.files = {{.path = path}};
    return Sql("SELECT * FROM t", "t", input);
  };
  ASSERT_TRUE(engine_->Confine({ParentPath(inside.files[0].path), file}).ok());
  EXPECT_TRUE(Query(table(inside.files[0].path)).ok());
  EXPECT_TRUE(Query(table(file)).ok());
  EXPECT_EQ(Query(table(other)).status().code(), Code::kRefused);
  EXPECT_EQ(Run(Sql("SELECT 1 AS x")).status().code(), Code::kRefused);
  EXPECT_EQ(Describe(Sql("SELECT 1 AS x")), "x integer");
}

TEST_F(StatementTest, ATornFileIsNamed) {
  auto result = Run(Sql("SELECT range AS x FROM range(1000)")).value();
  std::filesystem::resize_file(result.files[0].path, 200);
  const Status status = Query(Sql("SELECT * FROM t", "t", Table(result))).status();
  EXPECT_EQ(status.code(), Code::kCorrupt);
  EXPECT_THAT(status.message(), HasSubstr(result.files[0].path));
  std::filesystem::remove(result.files[0].path);
  EXPECT_EQ(Query(Sql("SELECT * FROM t", "t", Table(result))).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace thalweg::engines
