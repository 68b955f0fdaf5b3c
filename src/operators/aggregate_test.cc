#include "operators/aggregate.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/columns.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Lines = std::vector<std::string>;

Harness Over(const std::string& options, const data::Batch& batch,
             std::optional<std::int64_t> lateness_ns = {}) {
  Harness harness(MakeSpec("aggregate", options), {Edge(batch, "t")});
  harness.lateness_ns = lateness_ns;
  return harness;
}

Steps Frame(const data::Batch& batch, std::uint64_t id) {
  return {{data::FrameBegin{id}}, {batch}, {data::FrameEnd{id}}};
}
Steps Join(Steps a, const Steps& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// ---- vectors A: per frame ----

TEST(Aggregate, A1) {
  const auto first =
      Rows({{"t", "seconds", "[100]"}, {"g", "varchar", "[\"a\"]"}, {"x", "bigint", "[1]"}});
  const auto second =
      Rows({{"t", "seconds", "[101]"}, {"g", "varchar", "[\"a\"]"}, {"x", "bigint", "[2]"}});
  const auto harness =
      Over(R"j({"by": ["g"], "columns": {"time": "last(t)", "x": "last(x)"}})j", first);
  const Outcome out = harness.RunAll(Join(Frame(first, 1), Frame(second, 2)));
  EXPECT_THAT(out.rows, ElementsAre("a|100|1", "a|101|2"));
  EXPECT_EQ(out.frames, (std::vector<Lines>{{"a|100|1"}, {"a|101|2"}}));
}

TEST(Aggregate, A2) {
  const auto batch = Rows({{"t", "seconds", "[100, 100]"},
                           {"g", "varchar", "[\"a\", \"b\"]"},
                           {"x", "bigint", "[1, 2]"}});
  const auto harness = Over(R"j({"by": ["g"], "columns": {"x": "first(x)"}})j", batch);
  EXPECT_THAT(harness.RunAll(Frame(batch, 1)).rows, UnorderedElementsAre("a|1", "b|2"));
}

TEST(Aggregate, A3) {
  const auto batch = Rows({{"t", "seconds", "[100]"}, {"x", "bigint", "[1]"}});
  const auto harness = Over(R"j({"columns": {"after_time": "last(t)", "x": "last(x)"}})j", batch);
  EXPECT_THAT(harness.RunAll(Frame(batch, 1)).rows, ElementsAre("100|1"));
  EXPECT_EQ(harness.Bind()->output.event_time, "after_time");
}

TEST(Aggregate, A4) {
  const auto batch = Rows({{"t", "seconds", "[100, 100]"}});
  const auto harness = Over(R"j({"by": ["t"], "columns": {}})j", batch);
  EXPECT_THAT(harness.RunAll(Frame(batch, 1)).rows, ElementsAre("100"));
}

TEST(Aggregate, A5) {
  const auto first = Rows({{"t", "seconds", "[100, 100]"}, {"x", "bigint", "[0, 2]"}});
  const auto second = Rows({{"t", "seconds", "[101, 101]"}, {"x", "bigint", "[0, 1]"}});
  const auto harness = Over(R"j({"columns": {"m": "mean(x)"}})j", first);
  EXPECT_THAT(harness.RunAll(Join(Frame(first, 1), Frame(second, 2))).rows,
              ElementsAre("1", "0.5"));
}

/// Defect B1: the mean of integers is a double.
TEST(Aggregate, B1MeanOfIntegersIsADouble) {
  const auto batch = Rows({{"t", "seconds", "[1, 1]"}, {"x", "integer", "[0, 1]"}});
  const auto harness = Over(R"j({"columns": {"m": "avg(x)"}})j", batch);
  EXPECT_EQ(harness.Bind()->output.schema->field(0)->type()->id(), arrow::Type::DOUBLE);
  EXPECT_THAT(harness.Run({{batch}}).rows, ElementsAre("0.5"));
}

/// Defect B2: nulls stay nulls.
TEST(Aggregate, B2NullsStayNulls) {
  const auto batch = Rows({{"t", "seconds", "[1, 2, 3, 4]"},
                           {"g", "varchar", "[\"a\", \"a\", null, null]"},
                           {"x", "bigint", "[null, null, 3, null]"},
                           {"s", "varchar", "[null, null, \"v\", null]"}});
  const auto harness = Over(
      R"j({"by": ["g"], "columns": {"n": "count(*)", "c": "count(x)", "sum": "sum(x)", "mean": "mean(x)", "min": "min(x)",
          "max": "max(x)", "first": "first(x)", "last": "last(x)", "d": "count_distinct(x)", "q": "quantile(x, 0.5)",
          "mins": "min(s)", "lasts": "last(s)"}})j",
      batch);
  EXPECT_THAT(harness.RunAll({{batch}}).rows,
              UnorderedElementsAre("a|2|0|null|null|null|null|null|null|0|null|null|null",
                                   "null|2|1|3|3|3|3|3|null|1|3|v|null"));
}

TEST(Aggregate, FirstAndLastGoByEventTimeAndTakeTheFirstRowOfEqualTimes) {
  const auto batch = Rows({{"t", "seconds", "[5, 1, 1, 9, 9]"},
                           {"x", "bigint", "[1, 2, 3, 4, 5]"},
                           {"s", "varchar", "[\"a\", \"b\", \"c\", \"d\", \"e\"]"}});
  const auto harness =
      Over(R"j({"columns": {"f": "first(x)", "l": "last(x)", "fs": "first(s)", "ls": "last(s)"}})j",
           batch);
  EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("2|4|b|d"));
}

TEST(Aggregate, QuantileMinMaxAndDistinctOfReals) {
  const auto batch =
      Rows({{"t", "seconds", "[1, 2, 3, 4]"}, {"x", "double", "[-1.5, 2.5, -0.0, 0.0]"}});
  const auto harness = Over(
      R"j({"columns": {"a": "min(x)", "b": "max(x)", "q": "quantile(x, 0.75)", "d": "count(distinct x)", "s": "sum(x)"}})j",
      batch);
  EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("-1.5|2.5|0|3|1"));
}

TEST(Aggregate, ASumThatDoesNotFitIsAnError) {
  const auto batch =
      Rows({{"t", "seconds", "[1, 1]"}, {"x", "bigint", "[9223372036854775807, 1]"}});
  const Outcome out = Over(R"j({"columns": {"s": "sum(x)"}})j", batch).Run({{batch}});
  ASSERT_FALSE(out.status.ok());
  EXPECT_EQ(out.status.slug(), "overflow");
  EXPECT_EQ(out.status.fault(), Fault::kUser);
}

// ---- tumbling and hopping ----

constexpr const char* kTumbling =
    R"j({"by": ["k"], "window": {"tumbling": "10s"}, "columns": {"n": "count(*)", "s": "sum(x)"}})j";

TEST(Aggregate, TumblingWindowsCloseWithTheWatermarkAndAtTheEnd) {
  const auto batch = Rows({{"t", "seconds", "[1, 9, 10, 12, 25, -3]"},
                           {"k", "bigint", "[1, 1, 1, 2, 1, 1]"},
                           {"x", "bigint", "[1, 2, 4, 8, 16, 32]"}});
  const auto harness = Over(kTumbling, batch, 100 * kSecond);
  const Outcome out = harness.RunAll({{batch}});
  EXPECT_THAT(out.rows, UnorderedElementsAre("1|-10|0|1|32", "1|0|10|2|3", "1|10|20|1|4",
                                             "2|10|20|1|8", "1|20|30|1|16"));
  EXPECT_EQ(out.frames.size(), 4u);
  const auto bound = harness.Bind();
  EXPECT_THAT(bound->output.keys, ElementsAre("k", "window_start"));
  EXPECT_EQ(bound->output.event_time, "window_end");
  // Nothing before its time: the watermark closes [0, 10) when it reaches 10.
  EXPECT_THAT(harness.Run({{batch}, {data::Watermark{{10 * kSecond - 1}}}}, {}, false).rows,
              ElementsAre("1|-10|0|1|32"));
  EXPECT_EQ(harness.Run({{batch}, {data::Watermark{{10 * kSecond}}}}, {}, false).rows.size(), 2u);
}

TEST(Aggregate, HoppingWindowsOverlap) {
  const auto batch = Rows(
      {{"t", "seconds", "[1, 5, 12]"}, {"k", "bigint", "[1, 1, 1]"}, {"x", "bigint", "[1, 2, 4]"}});
  const auto harness = Over(
      R"j({"by": ["k"], "window": {"hopping": {"size": "10s", "every": "5s"}}, "columns": {"n": "count(*)", "m": "max(x)"}})j",
      batch, 0);
  EXPECT_THAT(harness.RunAll({{batch}}).rows,
              UnorderedElementsAre("1|-5|5|1|1", "1|0|10|2|2", "1|5|15|2|4", "1|10|20|1|4"));
}

TEST(Aggregate, RowsBetweenWindowsAreInNone) {
  const auto batch = Rows({{"t", "seconds", "[1, 4, 7, 11]"}, {"x", "bigint", "[1, 2, 4, 8]"}});
  const auto harness = Over(
      R"j({"window": {"hopping": {"size": "3s", "every": "10s"}}, "columns": {"n": "count(*)"}})j",
      batch, 0);
  EXPECT_THAT(harness.RunAll({{batch}}).rows, UnorderedElementsAre("0|3|1", "10|13|1"));
}

TEST(Aggregate, LateIsDecidedRowByRow) {
  const auto batch = Rows({{"t", "seconds", "[1, 20, 2, 16, 14, 21]"},
                           {"k", "bigint", "[1, 1, 1, 1, 1, 1]"},
                           {"x", "bigint", "[1, 2, 4, 8, 16, 32]"}});
  const Outcome out = Over(kTumbling, batch, 5 * kSecond).RunAll({{batch}});
  EXPECT_THAT(out.rows, UnorderedElementsAre("1|0|10|1|1", "1|10|20|1|8", "1|20|30|2|34"));
  EXPECT_THAT(out.sides.at("late"), UnorderedElementsAre("2|1|4", "14|1|16"));
}

/// The last row per key and window is the final one.
std::map<std::string, std::string> Folded(const Lines& rows) {
  std::map<std::string, std::string> folded;
  for (const std::string& row : rows) {
    const std::size_t end = row.find('|', row.find('|') + 1);
    folded[row.substr(0, end)] = row.substr(end);
  }
  return folded;
}

TEST(Aggregate, LateRowsUpdateTheirWindows) {
  const auto batch = Rows({{"t", "seconds", "[1, 20, 2, 30, 3, 100, 4, 29]"},
                           {"k", "bigint", "[1, 1, 2, 1, 1, 1, 1, 1]"},
                           {"x", "bigint", "[1, 2, 4, 8, 16, 32, 64, 128]"}});
  const auto harness = Over(
      R"j({"by": ["k"], "window": {"tumbling": "10s"}, "late": "update", "update_for": "80s",
          "columns": {"n": "count(*)", "s": "sum(x)"}})j",
      batch, 0);
  const std::map<std::string, std::string> expected = {{"1|0", "|10|2|17"},
                                                       {"2|0", "|10|1|4"},
                                                       {"1|20", "|30|2|130"},
                                                       {"1|30", "|40|1|8"},
                                                       {"1|100", "|110|1|32"}};
  for (Disturbance disturbance : AllDisturbances()) {
    SCOPED_TRACE(ToString(disturbance));
    const Outcome out = harness.Run({{batch}}, disturbance);
    ASSERT_TRUE(out.status.ok()) << out.status.ToString();
    EXPECT_EQ(Folded(out.rows), expected);
    EXPECT_THAT(out.sides.at("late"), ElementsAre("4|1|64"));  // beyond 10 s + 80 s
  }
  EXPECT_EQ(harness.Bind()->output.changes, data::Changes::kUpsert);
}

/// Defect B3: groups never mix, however rows lie.
TEST(Aggregate, B3GroupsNeverMix) {
  std::string times = "[", keys = "[", values = "[";
  std::map<std::string, std::pair<int, int>> expected;
  for (int i = 0; i < 500; ++i) {
    const int key = i * 7 % 13, time = i / 10;
    times += (i ? "," : "") + std::to_string(time), keys += (i ? "," : "") + std::to_string(key);
    values += (i ? "," : "") + std::to_string(i);
    const int start = time / 10 * 10;
    auto& [rows, sum] = expected[std::to_string(key) + "|" + std::to_string(start) + "|" +
                                 std::to_string(start + 10)];
    ++rows, sum += i;
  }
  const auto batch = Rows(
      {{"t", "seconds", times + "]"}, {"k", "bigint", keys + "]"}, {"x", "bigint", values + "]"}});
  Lines lines;
  for (const auto& [key, sums] : expected) {
    lines.push_back(key + "|" + std::to_string(sums.first) + "|" + std::to_string(sums.second));
  }
  EXPECT_THAT(Over(kTumbling, batch, 0).RunAll({{batch}}).rows,
              ::testing::UnorderedElementsAreArray(lines));
}

/// Defect B15: null keys and empty batches are ordinary.
TEST(Aggregate, B15NullKeysAndEmptyBatches) {
  const auto batch = Rows({{"t", "seconds", "[1, 2, 3]"},
                           {"k", "bigint", "[null, 7, null]"},
                           {"x", "bigint", "[1, 2, 4]"}});
  const Steps steps = {{batch->Slice(0, 0)}, {batch}, {batch->Slice(0, 0)}};
  EXPECT_THAT(Over(kTumbling, batch, 0).RunAll(steps).rows,
              UnorderedElementsAre("null|0|10|2|5", "7|0|10|1|2"));
}

/// Rows without an event time cannot be in a window: they are rejects, not lost.
TEST(Aggregate, RowsWithoutTimeAreRejects) {
  const auto batch =
      Rows({{"t", "seconds", "[1, null]"}, {"k", "bigint", "[7, 7]"}, {"x", "bigint", "[1, 2]"}});
  const Outcome out = Over(kTumbling, batch, 0).RunAll({{batch}});
  EXPECT_THAT(out.rows, ElementsAre("7|0|10|1|1"));
  EXPECT_THAT(out.sides.at("rejects"), ElementsAre("null|7|2"));
}

TEST(Aggregate, KeysOfSeveralColumnsAndOfText) {
  const auto batch = Rows({{"t", "seconds", "[1, 1, 1, 1]"},
                           {"a", "varchar", "[\"x\", \"xy\", \"x\", null]"},
                           {"b", "varchar", "[\"yz\", \"z\", \"yz\", \"\"]"},
                           {"c", "boolean", "[true, true, true, null]"}});
  EXPECT_THAT(Over(R"j({"by": ["a", "b", "c"], "columns": {"n": "count(*)"}})j", batch)
                  .RunAll({{batch}})
                  .rows,
              UnorderedElementsAre("x|yz|true|2", "xy|z|true|1", "null||null|1"));
  EXPECT_THAT(
      Over(R"j({"by": ["a"], "columns": {"n": "count(*)"}})j", batch).RunAll({{batch}}).rows,
      UnorderedElementsAre("x|2", "xy|1", "null|1"));
}

TEST(Aggregate, ManyKeysComeAndGo) {
  // Each window has other keys: those of closed windows are forgotten, and what stays is right.
  Steps steps;
  Lines expected;
  for (int window = 0; window < 6; ++window) {
    std::string keys = "[", times = "[";
    for (int i = 0; i < 9000; ++i) {
      const int key = (window % 2 == 0 ? 0 : 100000 * window) + (window % 2 == 0 ? i % 5 : i);
      keys += (i ? "," : "") + std::to_string(key),
          times += (i ? "," : "") + std::to_string(window * 10);
      if (window % 2 == 1)
        expected.push_back(fmt::format("{}|{}|{}|1|1", key, window * 10, window * 10 + 10));
    }
    for (int i = 0; window % 2 == 0 && i < 5; ++i) {
      expected.push_back(fmt::format("{}|{}|{}|1800|1800", i, window * 10, window * 10 + 10));
    }
    std::string ones = "[1";
    for (int i = 1; i < 9000; ++i) ones += ",1";
    steps.push_back({Rows({{"t", "seconds", times + "]"},
                           {"k", "bigint", keys + "]"},
                           {"x", "bigint", ones + "]"}})});
  }
  const auto harness = Over(kTumbling, std::get<data::Batch>(steps[0].element), 0);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(harness.Run(steps).Sorted(), expected);
  EXPECT_EQ(harness.Run(steps, {.checkpoints = true, .parallel = {1, 2}}).Sorted(), expected);
}

// ---- sessions ----

TEST(Aggregate, SessionsEndWithAPauseAndMayGrowTogether) {
  const auto batch = Rows({{"t", "seconds", "[1, 8, 5, 20, 1, 24, 22]"},
                           {"k", "bigint", "[1, 1, 1, 1, 2, 1, 1]"},
                           {"x", "bigint", "[1, 2, 4, 8, 16, 32, 64]"}});
  const auto harness = Over(
      R"j({"by": ["k"], "window": {"session": "5s"}, "columns": {"n": "count(*)", "s": "sum(x)"}})j",
      batch, 30 * kSecond);
  const Outcome out = harness.RunAll({{batch}});
  EXPECT_THAT(out.rows, UnorderedElementsAre("1|1|13|3|7", "1|20|29|3|104", "2|1|6|1|16"));
  EXPECT_THAT(harness.Run({{batch}, {data::Watermark{{13 * kSecond}}}}, {}, false).rows,
              UnorderedElementsAre("1|1|13|3|7", "2|1|6|1|16"));
}

// ---- vectors W and DW: windows aligned to the first row ----

std::string Kapacitor(const std::string& window, const std::string& by = "") {
  return "{\"by\": [" + by + "], \"window\": {\"kapacitor\": " + window +
         R"j(}, "columns": {"n": "count(*)", "a": "min(t)", "b": "max(t)"}})j";
}
data::Batch Times(const std::string& values) {
  return Rows({{"t", "seconds", values}});
}

struct KapacitorCase {
  const char* window;
  std::vector<const char*> calls;
  Lines emitted;  // before the end of input
};
void Check(const KapacitorCase& c) {
  Steps steps;
  for (const char* call : c.calls) steps.push_back({Times(call)});
  const auto harness = Over(Kapacitor(c.window), Times("[0]"));
  EXPECT_EQ(harness.Run(steps, {}, false).rows, c.emitted);
  EXPECT_EQ(harness.Run(steps, {.cut = 1, .checkpoints = true}, false).rows, c.emitted);
  harness.RunAll(steps);
}

TEST(Aggregate, W1) {
  Check({R"j({"period": "5s", "every": "3s", "fill_period": true})j",
         {"[0, 4]", "[5, 6]"},
         {"0|5|2|0|4"}});
}
TEST(Aggregate, W2) {
  Check({R"j({"period": "5s", "every": "3s", "fill_period": true})j",
         {"[0, 4, 6, 8]"},
         {"0|5|2|0|4", "3|8|2|4|6"}});
}
TEST(Aggregate, W3) {
  Check(
      {R"j({"period": "5s", "every": "3s"})j", {"[0, 4]", "[5, 6]"}, {"-2|3|1|0|0", "1|6|2|4|5"}});
}
TEST(Aggregate, W4) {
  Check({R"j({"period": "5s", "every": "3s", "fill_period": true})j",
         {"[0, 10, 11]"},
         {"0|5|1|0|0", "6|11|1|10|10"}});
}
TEST(Aggregate, W5) {
  const auto batch = data::MakeBatch({{"t", "timestamp_ns",
                                       "[\"1970-01-01 00:00:00\", \"1970-01-01 00:00:04\", "
                                       "\"1970-01-01 00:00:05\", \"1970-01-01 00:00:06\"]"}});
  const auto harness = Over(Kapacitor(R"j({"period": "5s", "every": "3s"})j"), batch);
  EXPECT_THAT(harness.Run({{batch}}, {}, false).rows, ElementsAre("-2|3|1|0|0", "1|6|2|4|5"));
}
TEST(Aggregate, W7) {
  auto batch = Rows({{"t", "seconds", "[0, 10]"}, {"tag", "varchar", "[\"a\", \"a\"]"}});
  const auto tagged =
      batch->schema()->field(1)->WithMetadata(arrow::key_value_metadata({"role"}, {"tag"}));
  batch = arrow::RecordBatch::Make(arrow::schema({batch->schema()->field(0), tagged}), 2,
                                   batch->columns());
  const auto harness = Over(
      Kapacitor(R"j({"period": "5s", "every": "3s", "fill_period": true})j", "\"tag\""), batch);
  EXPECT_THAT(harness.Run({{batch}}, {}, false).rows, ElementsAre("a|0|5|1|0|0"));
  EXPECT_TRUE(harness.Bind()->output.schema->field(0)->Equals(tagged, true));
}

data::Batch WithEvery(const std::string& times, const std::string& every) {
  return Rows({{"t", "seconds", times}, {"every", "bigint", every}});
}
constexpr const char* kDynamic = R"j({"period": "7s", "every": "5s", "every_column": "every"})j";

TEST(Aggregate, DW1) {
  const auto batch = WithEvery("[0, 3, 5]", "[5000000000, 3000000000, 3000000000]");
  const auto harness = Over(Kapacitor(kDynamic), batch);
  EXPECT_THAT(harness.Run({{batch}}, {}, false).rows, ElementsAre("-4|3|1|0|0"));
  harness.RunAll({{batch}});
}
TEST(Aggregate, DW2) {
  const auto batch = WithEvery("[0, 5]", "[5000000000, 7000000000]");
  const auto harness = Over(Kapacitor(kDynamic), batch);
  EXPECT_THAT(harness.Run({{batch}}, {}, false).rows, IsEmpty());
  EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("0|7|2|0|5"));
}
TEST(Aggregate, WhatHasEndedIsNotMovedWhetherTheWatermarkCameOrNot) {
  const auto batch = WithEvery("[0, 7, 12]", "[5000000000, 8000000000, 8000000000]");
  const auto harness = Over(Kapacitor(kDynamic), batch);
  // Emitted at 5, before the row at 7 makes the step 8 s: next at 13.
  const Lines rows = {"-2|5|1|0|0", "6|13|2|7|12"};
  EXPECT_EQ(harness.RunAll({{batch}}).rows, rows);
  EXPECT_EQ(
      harness.RunAll({{batch->Slice(0, 1)}, {data::Watermark{{6 * kSecond}}}, {batch->Slice(1)}})
          .rows,
      rows);
  // At 5 itself a row may still come that moves it.
  const auto moved = WithEvery("[0, 5]", "[5000000000, 7000000000]");
  EXPECT_THAT(
      harness.RunAll({{moved->Slice(0, 1)}, {data::Watermark{{5 * kSecond}}}, {moved->Slice(1)}})
          .rows,
      ElementsAre("0|7|2|0|5"));
}
TEST(Aggregate, DW4) {
  // Columns that the input does not have change nothing; neither do NULLs in them.
  Check({kDynamic, {"[0, 4]", "[5, 6]"}, {"-2|5|2|0|4"}});
  const auto batch = WithEvery("[0, 4, 5, 6]", "[null, null, null, null]");
  EXPECT_THAT(Over(Kapacitor(kDynamic), batch).Run({{batch}}, {}, false).rows,
              ElementsAre("-2|5|2|0|4"));
}

/// Defects B3, B16: each key has its own windows; the end of input and the watermark emit the tail.
TEST(Aggregate, B16KapacitorWindowsAreFlushedPerKey) {
  const auto batch =
      Rows({{"t", "seconds", "[0, 1, 2, 9]"}, {"k", "varchar", "[\"a\", \"b\", \"a\", \"b\"]"}});
  const auto harness = Over(Kapacitor(R"j({"period": "5s", "every": "5s"})j", "\"k\""), batch);
  EXPECT_THAT(harness.RunAll({{batch}}).rows,
              UnorderedElementsAre("a|0|5|2|0|2", "b|1|6|1|1|1", "b|6|11|1|9|9"));
  EXPECT_THAT(harness.Run({{batch}, {data::Watermark{{5 * kSecond}}}}, {}, false).rows,
              UnorderedElementsAre("a|0|5|2|0|2", "b|1|6|1|1|1"));
}

// ---- options ----

TEST(Aggregate, MistakesAreNamedAtPlanTime) {
  const auto batch = Rows({{"t", "seconds", "[1]"}, {"s", "varchar", "[\"a\"]"}});
  const auto slug = [&](const std::string& options) {
    const auto bound = Over(options, batch).Bind();
    return bound.ok() ? "" : bound.status().slug();
  };
  EXPECT_EQ(slug(R"j({"columns": {"a": "sum(missing)"}})j"), "unknown-column");
  EXPECT_EQ(slug(R"j({"columns": {"a": "sum(s)"}})j"), "bad-aggregate");
  EXPECT_EQ(slug(R"j({"columns": {"a": "sum(x + 1)"}})j"), "bad-aggregate");
  EXPECT_EQ(slug(R"j({"columns": {}})j"), "bad-value");
  EXPECT_EQ(slug(R"j({"window": {"tumbling": "1s"}, "update_for": "5s", "columns": {}})j"),
            "bad-value");
  EXPECT_EQ(slug(R"j({"columns": {"a": "quantile(t, 2)"}})j"), "bad-aggregate");
  EXPECT_EQ(slug(R"j({"by": ["s"], "columns": {"s": "count(*)"}})j"), "duplicate-column");
  EXPECT_EQ(slug(R"j({"window": {"tumbling": "1s", "session": "1s"}, "columns": {}})j"),
            "bad-window");
  EXPECT_EQ(slug(R"j({"window": {"tumbling": "0s"}, "columns": {}})j"), "bad-window");
  EXPECT_EQ(slug(R"j({"window": {"session": "1s"}, "late": "update", "columns": {}})j"),
            "bad-window");
  Harness without_time(MakeSpec("aggregate", kTumbling), {Edge(batch)});
  EXPECT_EQ(without_time.Bind().status().slug(), "no-event-time");
  EXPECT_EQ(OptionErrors("aggregate", R"j({"late": "never", "columns": {}})j"), "bad-value");
}

}  // namespace
}  // namespace thalweg::operators
