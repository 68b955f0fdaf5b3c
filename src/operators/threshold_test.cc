#include "operators/threshold.h"

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using Lines = std::vector<std::string>;

constexpr const char* kBoth =
    R"j({"watch": "v", "default": 10, "increase_scale": 2, "increase_after": "5s", "decrease_trigger": 0.3,
        "decrease_scale": 0.5, "decrease_after": "5s"})j";

Lines Judge(const std::string& options, const std::string& times, const std::string& values) {
  const auto batch = Rows({{"t", "seconds", times}, {"v", "double", values}});
  Lines thresholds;
  for (const std::string& row :
       Harness(MakeSpec("threshold", options), {Edge(batch, "t")}).RunAll({{batch}}).rows) {
    thresholds.push_back(row.substr(row.rfind('|') + 1));
  }
  return thresholds;
}

TEST(Threshold, T1) {
  EXPECT_EQ(Judge(kBoth, "[100]", "[7]"), (Lines{"10"}));
}
TEST(Threshold, T2) {
  EXPECT_EQ(Judge(kBoth, "[100, 106]", "[15, 17]"), (Lines{"10", "20"}));
}
TEST(Threshold, T3) {
  EXPECT_EQ(Judge(kBoth, "[100, 102]", "[15, 9]"), (Lines{"10", "10"}));
}
TEST(Threshold, T4) {
  EXPECT_EQ(Judge(kBoth, "[100, 106]", "[2.9, 2.8]"), (Lines{"10", "5"}));
}
/// Defect B6, first half: leaving a decrease early changes nothing.
TEST(Threshold, T5B6) {
  EXPECT_EQ(Judge(kBoth, "[100, 102, 103]", "[2.9, 3.1, 7]"), (Lines{"10", "10", "10"}));
}
TEST(Threshold, T6) {
  EXPECT_EQ(
      Judge(
          R"j({"watch": "v", "default": 20, "increase_scale": 2, "increase_after": "1s", "max": 30})j",
          "[100, 102]", "[40, 50]"),
      (Lines{"20", "30"}));
}
/// Defect B6, second half: without decrease options a negative value does not take the threshold to
/// 0.
TEST(Threshold, B6NoDecreaseUnlessAsked) {
  EXPECT_EQ(Judge(R"j({"watch": "v", "default": 20, "increase_scale": 2, "increase_after": "1s"})j",
                  "[1, 2, 30]", "[-1, -1, -1]"),
            (Lines{"20", "20", "20"}));
}
/// The row that ends an increase is in no decrease yet, however low it is.
TEST(Threshold, ADecreaseBeginsBehindTheRowThatEndsAnIncrease) {
  EXPECT_EQ(Judge(kBoth, "[0, 1, 2, 3, 4, 5, 6, 7, 8]", "[15, 1, 1, 1, 1, 1, 1, 1, 1]"),
            (Lines{"10", "10", "10", "10", "10", "10", "10", "10", "5"}));
  // The other way round there is no pause.
  EXPECT_EQ(Judge(kBoth, "[0, 1, 2, 7]", "[1, 15, 15, 15]"), (Lines{"10", "10", "10", "20"}));
}
TEST(Threshold, FactorsThatDoTheOppositeAreFoundAtPlanTime) {
  const auto slug = [](const std::string& more) {
    const auto batch = Rows({{"t", "seconds", "[0]"}, {"v", "double", "[0]"}});
    const std::string options =
        R"j({"watch": "v", "default": 1, "increase_after": "1s", )j" + more + "}";
    const auto bound = Harness(MakeSpec("threshold", options), {Edge(batch, "t")}).Bind();
    return bound.ok() ? "" : bound.status().slug();
  };
  const std::string grows = R"j("increase_scale": 2)j";
  EXPECT_EQ(slug(grows), "");
  EXPECT_EQ(slug(grows + R"j(, "min": 2, "max": 2)j"), "");
  EXPECT_EQ(slug(grows + R"j(, "min": 5, "max": 2)j"), "bad-value");
  EXPECT_EQ(slug(R"j("increase_scale": 0.5)j"), "bad-value");
  EXPECT_EQ(slug(grows + R"j(, "decrease_scale": 2)j"), "bad-value");
  EXPECT_EQ(slug(grows + R"j(, "decrease_trigger": 1.5)j"), "bad-value");
}
TEST(Threshold, ElapsedMustExceed) {
  EXPECT_EQ(Judge(kBoth, "[100, 105, 106]", "[15, 15, 15]"), (Lines{"10", "10", "20"}));
}
TEST(Threshold, NullsChangeNothing) {
  EXPECT_EQ(Judge(kBoth, "[100, 103, 106]", "[15, null, 15]"), (Lines{"10", "10", "20"}));
}
/// Defects B3, B4: keys are apart, and state survives a restart (every disturbance of RunAll).
TEST(Threshold, B3B4KeysAreApart) {
  const auto batch = Rows({{"t", "seconds", "[100, 100, 106, 106]"},
                           {"k", "varchar", "[\"a\", \"b\", \"a\", \"b\"]"},
                           {"v", "bigint", "[15, 9, 17, 15]"}});
  const std::string options =
      R"j({"by": ["k"], "watch": "v", "default": 10, "increase_scale": 2, "increase_after": "5s"})j";
  EXPECT_THAT(Harness(MakeSpec("threshold", options), {Edge(batch, "t")}).RunAll({{batch}}).rows,
              ::testing::ElementsAre("100|a|15|10", "100|b|9|10", "106|a|17|20", "106|b|15|10"));
}

}  // namespace
}  // namespace thalweg::operators
