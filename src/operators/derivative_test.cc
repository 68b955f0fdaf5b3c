#include "operators/derivative.h"

#include <cmath>
#include <numbers>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/local_polynomial.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

data::Batch Curve(const std::string& times, const std::string& values) {
  return Rows({{"t", "seconds", times}, {"v", "double", values}});
}
Harness Over(const std::string& options) {
  return {MakeSpec("derivative", options), {Edge(Curve("[]", "[]"), "t")}};
}
constexpr const char* kTwoSeconds =
    R"j({"unit": "1s", "neighbourhood": "2s", "columns": {"d": "v"}})j";

TEST(Derivative, DE1) {
  const Harness harness = Over(kTwoSeconds);
  const Steps steps = {{Curve("[0, 1, 3, 4]", "[0, 1, 2, 3]")}, {Curve("[7, 10]", "[4, 5]")}};
  EXPECT_THAT(harness.Run({steps[0]}, {}, false).rows, ElementsAre("0|0|1", "1|1|0.833333333"));
  EXPECT_THAT(harness.Run(steps, {}, false).rows,
              ElementsAre("0|0|1", "1|1|0.833333333", "3|2|0.833333333", "4|3|1", "7|4|null"));
  EXPECT_EQ(harness.RunAll(steps).rows.size(), 6u);
}

TEST(Derivative, DE2) {
  const Harness harness = Over(
      R"j({"neighbourhood": "2s", "no_wait": true, "columns": {"d": {"of": "v", "order": 1}}})j");
  const Steps steps = {{data::FrameBegin{1}},       {Curve("[0, 1, 3]", "[0, 1, 2]")},
                       {data::FrameEnd{1}},         {data::FrameBegin{2}},
                       {Curve("[4, 7]", "[3, 4]")}, {data::FrameEnd{2}}};
  EXPECT_THAT(harness.RunAll(steps).rows,
              ElementsAre("0|0|1", "1|1|0.833333333", "3|2|0.5", "4|3|1", "7|4|null"));
}

std::vector<CurvePoint> Sampled(const std::vector<double>& places, double at, double noise) {
  std::vector<CurvePoint> points;
  unsigned random = 12345;
  for (const double x : places) {
    random = random * 1103515245 + 12345;
    points.push_back(
        {x - at, std::sin(x) + noise * (static_cast<double>(random >> 16 & 0x7fff) / 16384.0 - 1)});
  }
  return points;
}

TEST(Derivative, DE4) {
  std::vector<double> places;
  for (int i = 0; i < 9; ++i) places.push_back(std::numbers::pi * i / 8);
  for (int order = 0; order < 3; ++order) {
    double sum = 0, greatest = 0;
    int count = 0;
    for (double x = 0; x <= std::numbers::pi; x += 0.001, ++count) {
      const double expected = order == 0 ? std::sin(x) : order == 1 ? std::cos(x) : -std::sin(x);
      const double error = std::abs(DerivativeAt(Sampled(places, x, 0), order).value() - expected);
      sum += error, greatest = std::max(greatest, error);
    }
    EXPECT_LT(sum / count, 1e-5) << order;
    EXPECT_LT(greatest, 5e-4) << order;
  }
}

TEST(Derivative, DE5) {
  const std::vector<CurvePoint> one = {{0, 1}};
  EXPECT_FALSE(DerivativeAt(one, 1).has_value());
  EXPECT_EQ(DerivativeAt(one, 0), 1.0);
}

/// Defect B5: times are divided as doubles, so points closer than the unit stay apart.
TEST(Derivative, B5FractionsOfTheUnitCount) {
  const Harness harness =
      Over(R"j({"unit": "10s", "neighbourhood": "10s", "columns": {"d": "v"}})j");
  EXPECT_THAT(harness.RunAll({{Curve("[0, 4, 9, 13]", "[0, 4, 9, 13]")}}).rows,
              ElementsAre("0|0|10", "4|4|10", "9|9|10", "13|13|10"));
}

/// Defect B7: noise does not grow with the number of points.
TEST(Derivative, B7ManyNoisyPointsAreSmoothed) {
  double greatest = 0;
  for (double at = 0; at < 6; at += 0.05) {
    std::vector<double> places;
    for (int i = -19; i <= 19; ++i) places.push_back(at + i * 0.1);
    greatest = std::max(
        greatest, std::abs(DerivativeAt(Sampled(places, at, 1e-3), 1).value() - std::cos(at)));
  }
  EXPECT_LT(greatest, 0.02);
}

/// Defects B2, B8: columns without a value give nulls, not an error or 0.
TEST(Derivative, B2B8NullsAreNoPoints) {
  const Harness harness = Over(kTwoSeconds);
  EXPECT_THAT(harness.RunAll({{Curve("[0, 1, 2]", "[null, null, null]")}}).rows,
              ElementsAre("0|null|null", "1|null|null", "2|null|null"));
  EXPECT_THAT(harness.RunAll({{Curve("[0, 1, 2]", "[0, null, 2]")}}).rows,
              ElementsAre("0|0|1", "1|null|1", "2|2|1"));
}

/// Defects B3, B4.
TEST(Derivative, B3B4KeysAreApart) {
  const auto batch = Rows({{"t", "seconds", "[0, 0, 1, 1, 9, 9]"},
                           {"k", "varchar", "[\"a\", \"b\", \"a\", \"b\", \"a\", \"b\"]"},
                           {"v", "bigint", "[0, 0, 1, 5, 0, 0]"}});
  const Harness harness(
      MakeSpec("derivative", R"j({"by": ["k"], "neighbourhood": "2s", "columns": {"d": "v"}})j"),
      {Edge(batch, "t")});
  EXPECT_THAT(
      harness.RunAll({{batch}}).rows,
      UnorderedElementsAre("0|a|0|1", "0|b|0|5", "1|a|1|1", "1|b|5|5", "9|a|0|null", "9|b|0|null"));
}

}  // namespace
}  // namespace thalweg::operators
