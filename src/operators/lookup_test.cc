#include "operators/lookup.h"

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/testing/lowered.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const data::Batch& Views() {
  static const data::Batch batch = data::MakeBatch(
      {{"id", "bigint", "[1, 2, 3, 4, 5]"}, {"ad", "varchar", R"j(["a", "b", null, "z", "a"])j"}});
  return batch;
}
const data::Batch& Ads() {
  static const data::Batch batch = data::MakeBatch({{"ad", "varchar", R"j(["b", "a", null])j"},
                                                    {"campaign", "varchar", R"j(["y", "x", "?"])j"},
                                                    {"cents", "bigint", "[null, 10, 3]"}});
  return batch;
}
Steps Table(const data::Batch& table) {
  return {{data::FrameBegin{0}, 1}, {table, 1}, {data::FrameEnd{0}, 1}};
}
Steps Then(Steps steps, const Steps& more) {
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}
Harness Over(const std::string& options, const data::Batch& rows = Views(),
             const data::Batch& table = Ads()) {
  return {MakeSpec("lookup", options), {Edge(rows), Edge(table)}};
}
/// However batches are cut; the flow gives the table again after a restart, so there is no state.
std::vector<std::string> Found(const std::string& options) {
  const Harness harness = Over(options);
  const Steps steps = Then(Table(Ads()), {{Views(), 0}});
  const Outcome out = harness.Run(steps);
  EXPECT_TRUE(out.status.ok()) << out.status.ToString();
  for (const Disturbance& disturbance :
       {Disturbance{.cut = 1}, Disturbance{.cut = 2}, Disturbance{.full_after = 1}}) {
    EXPECT_EQ(harness.Run(steps, disturbance).rows, out.rows);
  }
  const auto sql =
      MakeSpec("lookup", options)
          ->Lower(component::Dialect::kDuckDb, std::vector{Edge(Views()), Edge(Ads())});
  EXPECT_EQ(RunLowered(sql.value_or("none"), {Views(), Ads()}), out.Sorted());
  return out.rows;
}

TEST(Lookup, AddsColumnsByKeyAndKeepsTheOrderOfRows) {
  EXPECT_THAT(
      Found(R"j({"in": "ads", "match": ["ad"], "take": ["campaign", "cents"]})j"),
      ElementsAre("1|a|x|10", "2|b|y|null", "3|null|null|null", "4|z|null|null", "5|a|x|10"));
  EXPECT_THAT(
      Found(R"j({"in": "ads", "match": "ad", "take": {"c": "campaign"}, "missing": "drop"})j"),
      ElementsAre("1|a|x", "2|b|y", "5|a|x"));
}

TEST(Lookup, AMissingKeyFailsWhenAskedToAndTheBatchWithIt) {
  const Harness harness =
      Over(R"j({"in": "ads", "match": ["ad"], "take": ["cents"], "missing": "fail"})j");
  const Outcome out = harness.Run(Then(Table(Ads()), {{Views(), 0}}));
  EXPECT_EQ(out.status.slug(), "key-missing");
  EXPECT_THAT(out.status.message(), HasSubstr("ad=null"));
  EXPECT_THAT(out.rows, IsEmpty());  // so that the flow can try its halves
  EXPECT_FALSE(
      MakeSpec("lookup", R"j({"in": "a", "match": ["ad"], "take": ["cents"], "missing": "fail"})j")
          ->Lower(component::Dialect::kDuckDb, std::vector{Edge(Views()), Edge(Ads())}));
}

TEST(Lookup, ANewerTableReplacesTheOldOneAsAWhole) {
  const auto newer = data::MakeBatch({{"ad", "varchar", R"j(["z"])j"},
                                      {"campaign", "varchar", R"j(["w"])j"},
                                      {"cents", "bigint", "[7]"}});
  const Steps steps =
      Then(Then(Table(Ads()), {{Views()->Slice(0, 1), 0}}), Then(Table(newer), {{Views(), 0}}));
  EXPECT_THAT(Over(R"j({"in": "ads", "match": ["ad"], "take": ["cents"], "missing": "drop"})j")
                  .Run(steps)
                  .rows,
              ElementsAre("1|a|10", "4|z|7"));
}

TEST(Lookup, KeysOfSeveralColumnsUnderOtherNames) {
  const auto rows =
      data::MakeBatch({{"x", "bigint", "[1, 1, 2]"}, {"y", "date", "[19723, 19724, null]"}});
  const auto table = data::MakeBatch(
      {{"v", "double", "[0.5, 1.5]"}, {"k", "date", "[19724, 19723]"}, {"n", "bigint", "[1, 1]"}});
  const Harness harness =
      Over(R"j({"in": "t", "match": {"x": "n", "y": "k"}, "take": ["v"]})j", rows, table);
  EXPECT_THAT(harness.Run(Then(Table(table), {{rows, 0}})).rows,
              ElementsAre("1|2024-01-01|1.5", "1|2024-01-02|0.5", "2|null|null"));
}

TEST(Lookup, AKeyThatTheTableHasTwiceIsAnErrorWithItsName) {
  const auto twice = data::MakeBatch({{"ad", "varchar", R"j(["a", "b", "a"])j"},
                                      {"campaign", "varchar", R"j(["x", "y", "z"])j"},
                                      {"cents", "bigint", "[1, 2, 3]"}});
  const Outcome out =
      Over(R"j({"in": "ads", "match": ["ad"], "take": ["cents"]})j").Run(Table(twice));
  EXPECT_EQ(out.status.slug(), "key-twice");
  EXPECT_THAT(out.status.message(), HasSubstr("ads has more than one row for ad=a"));
}

TEST(Lookup, MistakesAreNamedAtPlanTime) {
  const auto slug = [](const std::string& options) { return Over(options).Bind().status().slug(); };
  EXPECT_EQ(slug(R"j({"in": "a", "match": ["adx"], "take": ["cents"]})j"), "unknown-column");
  EXPECT_EQ(slug(R"j({"in": "a", "match": ["ad"], "take": ["cent"]})j"), "unknown-column");
  EXPECT_EQ(slug(R"j({"in": "a", "match": {"id": "ad"}, "take": ["cents"]})j"), "different-types");
  EXPECT_EQ(slug(R"j({"in": "a", "match": ["ad"], "take": ["ad"]})j"), "column-exists");
  EXPECT_EQ(OptionErrors("lookup", R"j({"in": "a", "match": [], "take": ["x"]})j"), "empty-value");
}

}  // namespace
}  // namespace thalweg::operators
