#include "runs/test_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<component::Value> Rows(const std::string& yaml) {
  Diagnostics diagnostics;
  const auto source = std::make_shared<const SourceText>("rows.yaml", yaml);
  return spec::ParseYaml(source, diagnostics).items();
}

TEST(TestRows, AMultisetIsCompared) {
  const RowDifference difference =
      CompareRows({"a", "b", "b"}, {"b", "c", "a"}, /*ordered=*/false, std::nullopt);
  EXPECT_EQ(difference.missing, 1);
  EXPECT_EQ(difference.unexpected, 1);
  EXPECT_THAT(difference.lines, ElementsAre("- b", "+ c"));
  EXPECT_TRUE(CompareRows({"a", "b"}, {"b", "a"}, false, std::nullopt).none());
}

TEST(TestRows, TheOrderCountsWhereItIsAsked) {
  const RowDifference difference =
      CompareRows({"a", "b", "c"}, {"b", "a", "c"}, /*ordered=*/true, std::nullopt);
  EXPECT_THAT(difference.lines, ElementsAre("- a", "  b", "+ a", "  c"));
  EXPECT_TRUE(CompareRows({"a", "b"}, {"a", "b"}, true, std::nullopt).none());
}

TEST(TestRows, NumbersMayBeNear) {
  const std::vector<std::string> expected = {R"({"a":1.0,"b":"x"})", R"({"a":[2.0],"b":null})"};
  const std::vector<std::string> actual = {R"({"a":[2.01],"b":null})", R"({"a":1.01,"b":"x"})"};
  EXPECT_TRUE(CompareRows(expected, actual, false, 0.02).none());
  EXPECT_EQ(CompareRows(expected, actual, false, 0.001).missing, 2);
  EXPECT_EQ(CompareRows(expected, actual, false, std::nullopt).missing, 2);
  EXPECT_FALSE(CompareRows({R"({"a":"1"})"}, {R"({"a":1})"}, false, 9.0).none());
}

TEST(TestRows, TypesAreGuessedFromAllValues) {
  const auto columns = GuessColumns(Rows(
      "[{a: 1, b: 1, c: true, d: \"2024-01-01T00:00:00Z\", e: ~}, {a: 2, b: 1.5, d: x, f: no}]"));
  EXPECT_EQ(data::ToString(columns),
            "a bigint, b double, c boolean, d varchar, e varchar, f varchar");
}

TEST(TestRows, ValuesTakeTheTypesOfColumns) {
  const data::Columns columns = {
      {0, "a", "decimal(10,2)"}, {0, "t", "timestamptz"}, {0, "s", "varchar"}};
  Diagnostics diagnostics;
  const auto rows = DecodeTestRows(Rows("[{t: 2024-01-01T01:00:00+01:00, a: 1.5}, {s: \"1\"}]"),
                                   columns, "table \"x\"", diagnostics);
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_FALSE(diagnostics.has_errors());
  const auto texts = RowTexts(*rows);
  ASSERT_TRUE(texts.ok());
  ASSERT_EQ(texts->size(), 2u);
  EXPECT_EQ((*texts)[1], R"({"a":null,"t":null,"s":"1"})");
}

TEST(TestRows, MistakesHaveTheirPlace) {
  const data::Columns columns = {{0, "amount", "bigint"}};
  Diagnostics diagnostics;
  auto rows =
      DecodeTestRows(Rows("[{amount: 1}, {amuont: 2}]"), columns, "table \"x\"", diagnostics);
  ASSERT_TRUE(rows.ok());
  EXPECT_THAT(*rows, IsEmpty());
  ASSERT_EQ(diagnostics.errors(), 1u);
  EXPECT_EQ(diagnostics.all()[0].span.begin, 15u);
  EXPECT_EQ(diagnostics.all()[0].label, "did you mean \"amount\"?");
  rows = DecodeTestRows(Rows("[{amount: 1}, {amount: two}]"), columns, "table \"x\"", diagnostics);
  ASSERT_EQ(diagnostics.errors(), 2u);
  EXPECT_EQ(diagnostics.all()[1].span.begin, 23u);
}

}  // namespace
}  // namespace thalweg::runs
