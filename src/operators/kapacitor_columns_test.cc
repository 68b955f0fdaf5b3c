#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/reject_rows.h"
#include "operators/aggregate.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Harness Windows(const std::string& window, const data::Batch& batch) {
  return Harness(MakeSpec("aggregate", R"j({"by": ["k"], "window": )j" + window +
                                           R"j(, "columns": {"n": "count(*)"}})j"),
                 {Edge(batch, "t")});
}

Status Wrong(const std::string& window, const data::Batch& batch) {
  const auto bound = Windows(window, batch).Bind();
  return bound.ok() ? Status() : bound.status();
}

TEST(KapacitorColumns, AreIntegersOrDurations) {
  const auto batch = Rows({{"t", "seconds", "[1]"},
                           {"k", "varchar", "[\"a\"]"},
                           {"r", "double", "[5e9]"},
                           {"b", "boolean", "[true]"},
                           {"i", "integer", "[7]"},
                           {"l", "bigint", "[7]"},
                           {"u", "uinteger", "[7]"}});
  const auto with = [](const std::string& option, const std::string& column) {
    return fmt::format(R"j({{"kapacitor": {{"period": "7s", "every": "5s", "{}": "{}"}}}})j",
                       option, column);
  };
  for (const std::string option : {"period_column", "every_column"}) {
    for (const auto& [column, type] : std::map<std::string, std::string>{
             {"k", "varchar"}, {"r", "double"}, {"b", "boolean"}, {"t", "timestamptz"}}) {
      const Status status = Wrong(with(option, column), batch);
      EXPECT_EQ(status.slug(), "bad-type") << option << " " << column;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(fmt::format("{} names \"{}\", which is {}:", option, column, type)));
    }
    for (const std::string column : {"i", "l", "u", "missing"})
      EXPECT_TRUE(Wrong(with(option, column), batch).ok()) << option << " " << column;
  }
}

TEST(KapacitorColumns, ARowThatAsksForTooManyWindowsIsAReject) {
  // A step of seconds where nanoseconds are meant, as the first row of a key and later; a period
  // that is too long for the step. They change nothing for the rows behind them.
  const auto batch = Rows({{"t", "seconds", "[0, 1, 2, 2, 3, 9]"},
                           {"k", "varchar", "[\"a\", \"a\", \"a\", \"b\", \"a\", \"a\"]"},
                           {"p", "bigint", "[null, null, 9000000000000000, null, null, null]"},
                           {"e", "bigint", "[1, null, null, 5, 1, 700000]"}});
  const auto harness = Windows(
      R"j({"kapacitor": {"period": "7s", "every": "5s", "period_column": "p", "every_column": "e"}})j",
      batch);
  const Outcome out = harness.RunAll({{batch->Slice(0, 5)}});
  EXPECT_THAT(out.rows, ElementsAre("a|-1|6|1"));
  EXPECT_THAT(out.sides.at("rejects"),
              ::testing::UnorderedElementsAre("0|a|null|1", "2|a|9000000000000000|null",
                                              "2|b|null|5", "3|a|null|1"));
  // 10000 steps are no more than allowed.
  EXPECT_THAT(harness.Run({{batch->Slice(5)}}).sides, ::testing::IsEmpty());
}

TEST(KapacitorColumns, ManyWindowsOfARowAreAllEmitted) {
  const auto batch = Rows({{"t", "seconds", "[0]"}, {"k", "varchar", "[\"a\"]"}});
  const auto out =
      Windows(R"j({"kapacitor": {"period": "40000s", "every": "1s"}})j", batch).Run({{batch}});
  EXPECT_THAT(out.rows, SizeIs(40000));
}

TEST(Windows, HaveABoundOnHowManyHoldARow) {
  const auto batch = Rows({{"t", "seconds", "[1]"}, {"k", "varchar", "[\"a\"]"}});
  for (const std::string window : {R"j({"hopping": {"size": "1h", "every": "1ms"}})j",
                                   R"j({"kapacitor": {"period": "1h", "every": "1ms"}})j"}) {
    const Status status = Wrong(window, batch);
    EXPECT_EQ(status.slug(), "bad-window");
    EXPECT_THAT(std::string(status.message()), HasSubstr("3600000 windows"));
  }
  EXPECT_TRUE(Wrong(R"j({"hopping": {"size": "1d", "every": "1s"}})j", batch).ok());
  EXPECT_TRUE(Wrong(R"j({"hopping": {"size": "1s", "every": "1d"}})j", batch).ok());
}

TEST(RejectRows, SayTheReasonThatAnOperatorGave) {
  const auto batch = Rows({{"k", "varchar", "[\"a\"]"}});
  const auto reason = [](const data::Batch& rows) {
    const auto made = component::OwnRejectRows("n", rows);
    return made.ok() ? Render(*made)[0] : made.status().ToString();
  };
  EXPECT_EQ(reason(component::WithReason(batch, "too small")),
            R"(n|null|null|cannot be used: too small|{"k":"a"})");
  EXPECT_EQ(reason(batch),
            R"(n|null|null|cannot be used: its key or its event time is NULL|{"k":"a"})");
}

}  // namespace
}  // namespace thalweg::operators
