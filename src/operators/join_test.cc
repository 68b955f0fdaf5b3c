#include "operators/join.h"

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/testing/lowered.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

data::Batch Left(const std::string& times, const std::string& tags, const std::string& values) {
  return Rows({{"t", "seconds", times}, {"tag", "varchar", tags}, {"f1", "bigint", values}});
}
data::Batch Right(const std::string& times, const std::string& tags, const std::string& values) {
  return Rows({{"t", "seconds", times}, {"tag", "varchar", tags}, {"f2", "double", values}});
}
Harness Over(const std::string& options) {
  return {MakeSpec("join", options),
          {Edge(Left("[]", "[]", "[]"), "t"), Edge(Right("[]", "[]", "[]"), "t")}};
}
/// A frame of one input.
Steps Part(int port, std::uint64_t id, const data::Batch& rows) {
  return {{data::FrameBegin{id}, port}, {rows, port}, {data::FrameEnd{id}, port}};
}
Steps All(const std::vector<Steps>& parts) {
  Steps steps;
  for (const Steps& part : parts) steps.insert(steps.end(), part.begin(), part.end());
  return steps;
}
Steps Frame(const data::Batch& left, const data::Batch& right) {
  return All({Part(0, 1, left), Part(1, 1, right)});
}
constexpr const char* kExact = R"j({"on": ["tag"], "tolerance": "0s"})j";

TEST(Join, J1) {
  const auto a = Left("[100]", R"j(["tag_value"])j", "[42]");
  const auto b = Right("[100]", R"j(["tag_value"])j", "[3.14]");
  EXPECT_THAT(Over(kExact).RunAll(Frame(a, b)).rows, ElementsAre("100|tag_value|42|3.14"));
  EXPECT_THAT(Over(kExact).RunAll({{b, 1}, {a, 0}}).rows, ElementsAre("100|tag_value|42|3.14"));
}

TEST(Join, J2) {
  const auto a = Left("[105, 110]", R"j(["tag_value", "other"])j", "[43, 44]");
  const auto b = Right("[110]", R"j(["tag_value"])j", "[2.71]");
  const auto rows = Over(kExact).RunAll(Frame(a, b)).rows;
  EXPECT_EQ(rows.at(0), "105|tag_value|43|null");  // by time
  EXPECT_THAT(rows, UnorderedElementsAre("105|tag_value|43|null", "110|other|44|null",
                                         "110|tag_value|null|2.71"));
}

TEST(Join, FramesOfTheSameNumberAreOneWhoeverComesFirst) {
  const auto a1 = Left("[10]", R"j(["x"])j", "[1]"), a2 = Left("[20]", R"j(["x"])j", "[2]");
  const auto b1 = Right("[10]", R"j(["x"])j", "[0.1]"), b2 = Right("[20]", R"j(["x"])j", "[0.2]");
  const auto b3 = Right("[12]", R"j(["y"])j", "[0.3]");  // another instance's part of frame 1
  const Step watermark = {data::Watermark{{15 * kSecond}}, 0};
  const std::vector<std::vector<std::string>> frames = {{"10|x|1|0.1", "12|y|null|0.3"},
                                                        {"20|x|2|0.2"}};
  const Harness harness = Over(R"j({"on": ["tag"], "tolerance": "15s"})j");
  for (const Steps& steps :
       {All({Part(0, 1, a1), Part(0, 2, a2), Part(1, 1, b1), Part(1, 1, b3), Part(1, 2, b2)}),
        All({Part(1, 2, b2), Part(1, 1, b3), Part(0, 2, a2), Part(0, 1, a1), Part(1, 1, b1)}),
        All({Part(1, 1, b3),
             Part(0, 2, a2),
             Part(1, 1, b1),
             Part(0, 1, a1),
             {watermark},
             Part(1, 2, b2)})}) {
    EXPECT_EQ(harness.RunAll(steps).frames, frames);
  }
  // Complete when the watermark has passed it; what waits holds the watermark back.
  const Steps begun =
      All({Part(0, 1, a1), Part(0, 2, a2), Part(1, 1, b1), {{data::Watermark{{10 * kSecond}}, 0}}});
  EXPECT_THAT(harness.Run(begun, {}, false).rows, IsEmpty());
  const Outcome out = harness.Run(All({begun, {{data::Watermark{{25 * kSecond}}, 0}}}), {}, false);
  EXPECT_THAT(out.rows, ElementsAre("10|x|1|0.1", "20|x|2|null"));
  EXPECT_EQ(std::get<data::Watermark>(out.elements.front()).time.ns, 10 * kSecond);
  EXPECT_EQ(std::get<data::Watermark>(out.elements.back()).time.ns, 25 * kSecond);
}

TEST(Join, ToleranceCountsFromTheFirstRowAndTheFirstValueWins) {
  const auto a = Left("[100, 102, 104]", R"j(["x", "x", "x"])j", "[null, 2, 3]");
  const auto b = Right("[101]", R"j(["x"])j", "[0.5]");
  EXPECT_THAT(Over(R"j({"on": ["tag"], "tolerance": "2s"})j").RunAll(Frame(a, b)).rows,
              ElementsAre("100|x|2|0.5", "104|x|3|null"));
}

/// Defect B14: two streams are joined across batches, with memory that expires.
TEST(Join, B14IntervalsReachAcrossBatches) {
  const auto spec = MakeSpec("join", R"j({"on": ["tag"], "within": "5s"})j");
  const auto a = Left("[100, 101, 120]", R"j(["x", null, "x"])j", "[1, 2, 3]");
  const auto b =
      Right("[104, 106, 101, 118]", R"j(["x", "x", null, "x"])j", "[0.5, 1.5, 2.5, 3.5]");
  const std::vector<data::EdgeType> inputs{Edge(a, "t"), Edge(b, "t")};
  const Harness harness(spec, inputs);
  const std::vector<std::string> expected = {"100|x|1|104|0.5", "120|x|3|118|3.5"};
  EXPECT_EQ(harness.RunAll({{a, 0}, {b, 1}}).Sorted(), expected);
  EXPECT_EQ(harness.RunAll({{b, 1}, {a, 0}}).Sorted(), expected);
  EXPECT_EQ(RunLowered(*spec->Lower(component::Dialect::kDuckDb, inputs), {a, b}), expected);
  // A watermark between forgets what cannot match, and what comes behind it is late.
  const Outcome out = harness.RunAll(
      {{a->Slice(0, 1), 0}, {data::Watermark{{105 * kSecond}}}, {b, 1}, {a->Slice(2, 1), 0}});
  EXPECT_EQ(out.Sorted(), (std::vector<std::string>{"120|x|3|118|3.5"}));
  EXPECT_THAT(out.sides.at("late"), ElementsAre("null|x|null|104|0.5"));
}

/// Defects B2, B3: keys never mix, nulls of columns stay nulls.
TEST(Join, B2B3KeysAreApart) {
  const auto a = Left("[100, 100]", R"j(["x", "y"])j", "[1, null]");
  const auto b = Right("[100, 100]", R"j(["y", "x"])j", "[0.5, null]");
  EXPECT_THAT(Over(kExact).RunAll(Frame(a, b)).rows,
              UnorderedElementsAre("100|x|1|null", "100|y|null|0.5"));
}

/// Defect B14 too: the latest row that is not later, whatever the arrival.
TEST(Join, B14AsofTakesTheLatestRowThatIsNotLater) {
  const auto a = Left("[1, 4, 10, 11, 30]", R"j(["x", "x", "x", "y", "x"])j", "[1, 2, 3, 4, 5]");
  const auto b =
      Right("[2, 4, 9, 12, 3]", R"j(["x", "x", "x", "y", "y"])j", "[0.2, 0.4, 0.9, 1.2, 0.3]");
  const auto right = [&](int row) { return Step{b->Slice(row, 1), 1}; };
  const auto left = [&](int row) { return Step{a->Slice(row, 1), 0}; };
  const std::vector<std::string> expected = {"10|x|3|9|0.9", "11|y|4|3|0.3", "1|x|1|null|null",
                                             "30|x|5|9|0.9", "4|x|2|4|0.4"};
  const auto spec = MakeSpec("join", R"j({"on": ["tag"], "asof": {}})j");
  const std::vector<data::EdgeType> inputs{Edge(a, "t"), Edge(b, "t")};
  Harness harness(spec, inputs);
  const std::vector<Steps> arrivals = {{{a, 0}, {b, 1}},
                                       {{b, 1}, {a, 0}},
                                       {left(4), left(3), right(0), left(0), right(3), right(1),
                                        left(1), right(2), left(2), right(4)}};
  for (const Steps& arrival : arrivals) EXPECT_EQ(harness.RunAll(arrival).Sorted(), expected);
  EXPECT_EQ(RunLowered(*spec->Lower(component::Dialect::kDuckDb, inputs), {a, b}), expected);
}

TEST(Join, AsofForgetsRowsBeyondTheToleranceAndMayDropRowsWithoutPartner) {
  const auto a = Left("[1, 4, 10, 17, 30]", R"j(["x", "x", "x", "x", "x"])j", "[1, 2, 3, 4, 5]");
  const auto b = Right("[2, 9]", R"j(["x", "x"])j", "[0.2, 0.9]");
  const std::vector<data::EdgeType> inputs{Edge(a, "t"), Edge(b, "t")};
  for (const auto& [options, expected] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{
           {R"j({"on": ["tag"], "asof": "5s"})j",
            {"10|x|3|9|0.9", "17|x|4|null|null", "1|x|1|null|null", "30|x|5|null|null",
             "4|x|2|2|0.2"}},
           {R"j({"on": ["tag"], "asof": {"tolerance": "5s", "missing": "drop"}})j",
            {"10|x|3|9|0.9", "4|x|2|2|0.2"}}}) {
    const auto spec = MakeSpec("join", options);
    EXPECT_EQ(Harness(spec, inputs).RunAll({{a, 0}, {b, 1}}).Sorted(), expected);
    EXPECT_EQ(RunLowered(*spec->Lower(component::Dialect::kDuckDb, inputs), {a, b}), expected);
  }
}

TEST(Join, AsofWaitsForTheWatermarkAndKeepsNothingThatIsNotNeeded) {
  const auto spec = MakeSpec("join", R"j({"on": ["tag"], "asof": "5s"})j");
  const auto a = Left("[10, 10]", R"j(["x", null])j", "[1, 2]");
  const auto b = Right("[null, 8]", R"j(["x", "x"])j", "[0.5, 0.8]");
  const auto late = Right("[9]", R"j(["x"])j", "[0.9]");
  Harness harness(spec, {Edge(a, "t"), Edge(b, "t")});
  const Steps steps = {{a, 0},
                       {b, 1},
                       {data::Watermark{{10 * kSecond}}, 0},  // a right row at 10 may still come
                       {late, 1},
                       {data::Watermark{{11 * kSecond}}, 0}};
  const Outcome out = harness.Run(steps, {}, false);
  EXPECT_THAT(out.Sorted(), ElementsAre("10|null|2|null|null", "10|x|1|8|0.8"));
  EXPECT_THAT(out.sides.at("late"), ElementsAre("null|x|null|9|0.9"));
  EXPECT_THAT(out.sides.at("rejects"), ElementsAre("null|x|null|null|0.5"));
  EXPECT_TRUE(std::holds_alternative<data::Watermark>(out.elements.front()));
  (void)harness.RunAll(steps);
}

TEST(Join, AsofForgetsKeys) {
  // 4,000 keys, one after the other: each is asked for once, right after it came.
  std::string times, tags;
  for (int i = 0; i < 4000; ++i) {
    times += (i == 0 ? "" : ",") + std::to_string(i);
    tags += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\"";
  }
  const auto a = Left("[" + times + "]", "[" + tags + "]", "[" + times + "]");
  const auto b = Right("[" + times + "]", "[" + tags + "]", "[" + times + "]");
  Harness harness(MakeSpec("join", R"j({"on": ["tag"], "asof": "2s"})j"),
                  {Edge(a, "t"), Edge(b, "t")});
  Steps steps;
  for (int i = 0; i < 4000; i += 100) {
    steps.push_back({a->Slice(i, 100), 0});
    steps.push_back({b->Slice(i, 100), 1});
    steps.push_back({data::Watermark{{(i + 99) * kSecond}}, 0});
  }
  const Outcome out = harness.Run(steps);
  ASSERT_EQ(out.rows.size(), 4000u);
  for (const std::string& row : out.rows) EXPECT_EQ(row.find("null"), std::string::npos) << row;
}

TEST(Join, MistakesAreNamedAtPlanTime) {
  EXPECT_EQ(Over(R"j({"on": ["tag"]})j").Bind().status().slug(), "bad-join");
  EXPECT_EQ(Over(R"j({"on": ["nothing"], "within": "1s"})j").Bind().status().slug(),
            "unknown-column");
}

TEST(Distinct, KeepsTheFirstRowOfAKeyWithinASpan) {
  const auto batch = Rows({{"t", "seconds", "[0, 1, 5, 9, 11, 11]"},
                           {"k", "varchar", R"j(["a", "b", "a", null, "a", null])j"},
                           {"x", "bigint", "[1, 2, 3, 4, 5, 6]"}});
  Harness harness(MakeSpec("distinct", R"j({"by": ["k"], "within": "10s"})j"), {Edge(batch, "t")});
  EXPECT_THAT(harness.RunAll({{batch}}).Sorted(),
              ElementsAre("0|a|1", "11|a|5", "1|b|2", "9|null|4"));
  harness.lateness_ns = 0;
  EXPECT_THAT(harness.RunAll({{batch}}).Sorted(),
              ElementsAre("0|a|1", "11|a|5", "1|b|2", "9|null|4"));
  Harness forever(MakeSpec("distinct", R"j({"by": ["k"]})j"), {Edge(batch, "t")});
  EXPECT_THAT(forever.RunAll({{batch}}).Sorted(), ElementsAre("0|a|1", "1|b|2", "9|null|4"));
}

TEST(Distinct, AnOrderChoosesTheRowWhenTheSpanHasPassed) {
  const auto batch = Rows({{"t", "seconds", "[0, 1, 5, 11]"},
                           {"k", "varchar", R"j(["a", "a", "b", "a"])j"},
                           {"x", "bigint", "[1, 7, 3, 5]"}});
  Harness harness(
      MakeSpec("distinct", R"j({"by": ["k"], "order_by": ["x desc"], "within": "10s"})j"),
      {Edge(batch, "t")});
  EXPECT_THAT(harness.RunAll({{batch}}).Sorted(), ElementsAre("11|a|5", "1|a|7", "5|b|3"));
  EXPECT_THAT(harness.Run({{batch->Slice(0, 3)}}, {}, false).rows, IsEmpty());
  const auto spec = MakeSpec("distinct", R"j({"by": ["k"], "order_by": ["x desc"]})j");
  Harness table(spec, {Edge(batch)});
  const auto rows = table.RunAll({{batch}}).Sorted();
  EXPECT_THAT(rows, ElementsAre("1|a|7", "5|b|3"));
  EXPECT_EQ(
      RunLowered(*spec->Lower(component::Dialect::kDuckDb, std::vector{Edge(batch)}), {batch}),
      rows);
}

}  // namespace
}  // namespace thalweg::operators
