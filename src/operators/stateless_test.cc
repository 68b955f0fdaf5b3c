#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/duckdb_evaluator.h"
#include "operators/testing/lowered.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Runs an operator over one batch under all disturbances, and its SQL form, which must agree.
std::vector<std::string> RunBoth(const std::string& name, const std::string& options,
                                 const data::Batch& batch) {
  const auto spec = MakeSpec(name, options);
  const std::vector<data::EdgeType> inputs{Edge(batch)};
  Harness harness(spec, inputs);
  harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
  const Outcome out = harness.RunAll({{batch}});
  const auto sql = spec->Lower(component::Dialect::kDuckDb, inputs);
  EXPECT_TRUE(sql.has_value());
  EXPECT_EQ(RunLowered(sql.value_or(""), {batch}), out.Sorted());
  return out.rows;
}

TEST(Filter, F1) {
  EXPECT_THAT(RunBoth("filter", R"j("col = 0")j", data::MakeBatch({{"col", "bigint", "[0, 1]"}})),
              ElementsAre("0"));
}
TEST(Filter, F2) {
  EXPECT_THAT(RunBoth("filter", R"j("col = 'hello'")j",
                      data::MakeBatch({{"col", "varchar", "[\"hello\", \"world\"]"}})),
              ElementsAre("hello"));
}

TEST(Filter, DropsRowsWhereTheConditionIsNullAndKeepsMetadata) {
  auto batch = data::MakeBatch({{"col", "bigint", "[null, 1, 2, null, 3]"}});
  EXPECT_THAT(RunBoth("filter", R"j("col <> 2")j", batch), ElementsAre("1", "3"));
  EXPECT_THAT(RunBoth("filter", R"j("col > 7")j", batch), IsEmpty());
  const auto schema = arrow::schema(
      {batch->schema()->field(0)->WithMetadata(arrow::key_value_metadata({"role"}, {"tag"}))},
      arrow::key_value_metadata({"source"}, {"cpu"}));
  batch = arrow::RecordBatch::Make(schema, 5, batch->columns());
  Harness harness(MakeSpec("filter", R"j("col <> 2")j"), {Edge(batch)});
  harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
  const Outcome out = harness.Run({{batch}});
  EXPECT_TRUE(std::get<data::Batch>(out.elements[0])->schema()->Equals(*schema, true));
  EXPECT_TRUE(harness.Bind()->output.schema->Equals(*schema, true));
}

TEST(Filter, ComparisonsWithAConstantAreThoseOfSql) {
  const auto batch =
      data::MakeBatch({{"k", "bigint", "[null, 1, -2, 9223372036854775807, 3, 900]"},
                       {"Small", "integer", "[1, null, 2147483647, -2147483648, 0, 3]"},
                       {"t", "varchar", "[\"it's\", null, \"\", \"view\", \"View\", \"viewé\"]"}});
  for (const char* operation : {"=", "<>", "!=", "<", "<=", ">", ">="}) {
    for (const char* value : {"3", "-2", "9223372036854775807"})
      RunBoth("filter", fmt::format("\"k {} {}\"", operation, value), batch);
    for (const char* value : {"3", "-2147483648", "2147483648"})
      RunBoth("filter", fmt::format("\" small{} {} \"", operation, value), batch);
    for (const char* value : {"'view'", "'it''s'", "''", "'View' "})
      RunBoth("filter", fmt::format("\"T {} {}\"", operation, value), batch);
  }
  // Not so simple, and read by the engine.
  for (const char* condition : {"k = 1 OR t = 'view'", "k = 1.0", "t = 'a' || 'b'", "k < 3e2",
                                "k = '3'", "3 = k", "k = - 2"}) {
    RunBoth("filter", fmt::format("\"{}\"", condition), batch);
  }
}

TEST(Filter, AWrongConditionIsFoundAtPlanTime) {
  Harness harness(MakeSpec("filter", R"j("missing = 1")j"),
                  {Edge(data::MakeBatch({{"col", "bigint", "[1]"}}))});
  harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
  ASSERT_FALSE(harness.Bind().ok());
  EXPECT_EQ(harness.Bind().status().fault(), Fault::kUser);
}

TEST(Filter, AConditionIsTrueOrFalse) {
  const auto batch = data::MakeBatch(
      {{"v", "bigint", "[1]"}, {"s", "varchar", "[\"true\"]"}, {"b", "boolean", "[true]"}});
  const auto message = [&](const std::string& condition) {
    Harness harness(MakeSpec("filter", "\"" + condition + "\""), {Edge(batch)});
    harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
    const auto bound = harness.Bind();
    return bound.ok() ? "" : bound.status().slug() + ": " + std::string(bound.status().message());
  };
  EXPECT_EQ(message("v + 1"),
            "bad-type: a filter's condition is true or false, but \"v + 1\" is bigint: compare it "
            "with something");
  EXPECT_THAT(message("s"), ::testing::StartsWith("bad-type"));
  EXPECT_EQ(message("b"), "");
  EXPECT_EQ(message("b IS NULL OR v > 0"), "");
}

TEST(Group, AndDistinctNeedAKey) {
  const auto batch = data::MakeBatch({{"v", "bigint", "[1]"}});
  for (const std::string name : {"group", "distinct"}) {
    const auto bound = Harness(MakeSpec(name, R"j({"by": []})j"), {Edge(batch)}).Bind();
    EXPECT_EQ(bound.status().slug(), "bad-value") << name;
  }
}

TEST(Map, ExpressionsWorkRowByRowAndReadNothingElse) {
  for (const auto& [expression, slug] : std::vector<std::pair<std::string, std::string>>{
           {"sum(x)", "not-row-by-row"},
           {"row_number() OVER ()", "not-row-by-row"},
           {"(SELECT max(x) FROM input)", "reads-a-table"},
           {"(SELECT 1 FROM other)", "reads-a-table"},
           {"(SELECT content FROM read_text('/etc/hostname'))", "table-function-not-allowed"}}) {
    Harness harness(MakeSpec("map", R"j({"columns": {"y": ")j" + expression + R"j("}})j"),
                    {Edge(data::MakeBatch({{"x", "bigint", "[1]"}}))});
    harness.make_evaluator = MakeDuckDbEvaluator(TestDatabase());
    EXPECT_EQ(harness.Bind().status().slug(), slug) << harness.Bind().status();
  }
}

TEST(Map, ExpressionsSeeTheInputOnly) {
  const auto batch =
      data::MakeBatch({{"a", "bigint", "[1, null]"}, {"b", "varchar", "[\"x\", \"y\"]"}});
  EXPECT_THAT(
      RunBoth("map", R"j({"columns": {"a": "a + 1", "c": "a * 10", "d": "upper(b)"}})j", batch),
      ElementsAre("2|x|10|X", "null|y|null|Y"));
}

TEST(Default, D1) {
  const auto batch = data::MakeBatch({{"x", "bigint", "[]"}});
  const std::string options =
      R"j({"columns": {"i": 42, "d": 3.14, "s": "Hello, world!", "b": true}})j";
  EXPECT_THAT(RunBoth("default", options, batch), IsEmpty());
  const auto bound = Harness(MakeSpec("default", options), {Edge(batch)}).Bind();
  EXPECT_EQ(bound->output.schema->ToString(), "x: int64\ni: int64\nd: double\ns: string\nb: bool");
}
TEST(Default, D2) {
  const auto batch = data::MakeBatch({{"x", "bigint", "[1]"}});
  EXPECT_THAT(
      RunBoth("default", R"j({"columns": {"i": 42, "d": 3.14, "s": "Hello, world!"}})j", batch),
      ElementsAre("1|42|3.14|Hello, world!"));
}
TEST(Default, ColumnsThatAreThereStayEvenWhereNull) {
  const auto batch = data::MakeBatch({{"i", "bigint", "[null, 7]"}});
  EXPECT_THAT(RunBoth("default", R"j({"columns": {"i": 42}})j", batch), ElementsAre("null", "7"));
}

TEST(Log, PassesEverythingOn) {
  const auto batch = data::MakeBatch({{"i", "bigint", "[null, 7]"}});
  EXPECT_THAT(RunBoth("log", R"j({"level": "debug"})j", batch), ElementsAre("null", "7"));
}

TEST(Union, TakesEqualColumnsOnly) {
  const auto a = data::MakeBatch({{"i", "bigint", "[1, 2]"}}),
             b = data::MakeBatch({{"i", "bigint", "[2, 3]"}});
  Harness harness(MakeSpec("union", "{}"), {Edge(a), Edge(b)});
  const Outcome out = harness.RunAll({{a, 0}, {b, 1}});
  EXPECT_THAT(out.Sorted(), ElementsAre("1", "2", "2", "3"));
  const auto sql =
      MakeSpec("union", "{}")->Lower(component::Dialect::kDuckDb, std::vector{Edge(a), Edge(b)});
  EXPECT_EQ(RunLowered(*sql, {a, b}), out.Sorted());
  Harness wrong(MakeSpec("union", "{}"),
                {Edge(a), Edge(data::MakeBatch({{"j", "bigint", "[1]"}}))});
  EXPECT_EQ(wrong.Bind().status().slug(), "different-columns");
}

TEST(Aggregate, LoweredGivesTheSameRows) {
  const auto batch = Rows({{"t", "seconds", "[1, 9, 10, 12, 25, -3, null]"},
                           {"k", "bigint", "[1, 1, null, 2, 1, 1, 1]"},
                           {"x", "bigint", "[1, 2, null, 8, 16, 32, 64]"}});
  for (const char* window :
       {R"j({"tumbling": "10s"})j", R"j({"hopping": {"size": "20s", "every": "5s"}})j"}) {
    const auto spec =
        MakeSpec("aggregate", std::string(R"j({"by": ["k"], "window": )j") + window +
                                  R"j(, "columns": {"n": "count(*)", "c": "count(x)", "s": "sum(x)",
                                                    "m": "avg(x)", "a": "min(x)", "b": "max(x)"}})j");
    const std::vector<data::EdgeType> inputs{Edge(batch, "t")};
    const auto sql = spec->Lower(component::Dialect::kDuckDb, inputs);
    ASSERT_TRUE(sql.has_value());
    EXPECT_EQ(RunLowered(*sql, {batch}), Harness(spec, inputs).RunAll({{batch}}).Sorted());
  }
}

}  // namespace
}  // namespace thalweg::operators
