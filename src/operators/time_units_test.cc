#include <limits>

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/columns.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Event times come in any unit and are counted in nanoseconds: exactly, or at the end of the
/// range; never wrapped around.
TEST(TimeUnits, TU1TimesInNanosecondsAreExactOrAtTheEndOfTheRange) {
  const std::vector<std::pair<arrow::TimeUnit::type, std::int64_t>> units = {
      {arrow::TimeUnit::SECOND, 1'000'000'000},
      {arrow::TimeUnit::MILLI, 1'000'000},
      {arrow::TimeUnit::MICRO, 1'000},
      {arrow::TimeUnit::NANO, 1}};
  for (const auto& [unit, ns] : units) {
    ASSERT_EQ(NanosecondsPerUnit(*arrow::timestamp(unit)).value(), ns);
    ASSERT_EQ(NanosecondsPerUnit(*arrow::duration(unit)).value(), ns);
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                     std::int64_t{42}, kMost / ns, -(kMost / ns)}) {
      EXPECT_EQ(ToNanoseconds(value, ns), value * ns);
    }
    if (ns == 1) continue;
    EXPECT_EQ(ToNanoseconds(kMost / ns + 1, ns), kMost - 1);
    EXPECT_EQ(ToNanoseconds(-(kMost / ns) - 1, ns), -kMost);
  }
  EXPECT_EQ(NanosecondsPerUnit(*arrow::int64()).status().slug(), "bad-time-type");
}

TEST(TimeUnits, TU1TheSameRowsInEveryUnitGiveTheSameWindows) {
  for (const auto& [unit, per_second] : std::vector<std::pair<arrow::TimeUnit::type, std::int64_t>>{
           {arrow::TimeUnit::SECOND, 1},
           {arrow::TimeUnit::MILLI, 1000},
           {arrow::TimeUnit::MICRO, 1000000},
           {arrow::TimeUnit::NANO, 1000000000}}) {
    std::vector<std::int64_t> times;
    for (const std::int64_t second : {-1, 0, 9, 10}) times.push_back(second * per_second);
    const data::SchemaRef schema =
        arrow::schema({arrow::field("t", arrow::timestamp(unit, "UTC"))});
    const data::Batch batch =
        MakeRows(schema, 4, {MakeWide(schema->field(0)->type(), std::move(times))});
    Harness harness(
        MakeSpec("aggregate", R"j({"window": {"tumbling": "10s"}, "columns": {"n": "count(*)"}})j"),
        {Edge(batch, "t")});
    EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("-10|0|1", "0|10|2", "10|20|1"));
  }
}

/// Every unit that a duration is written in, and what does not fit.
TEST(TimeUnits, TU1DurationsAreReadExactlyOrRefused) {
  const auto errors = [](const std::string& size) {
    return OptionErrors("aggregate",
                        R"j({"window": {"tumbling": ")j" + size + R"j("}, "columns": {}})j");
  };
  for (const char* size : {"1ns", "1us", "1ms", "1s", "1m", "1h", "1d", "1w", "106751d"})
    EXPECT_EQ(errors(size), "") << size;
  for (const char* size :
       {"1y", "1", "s", "0.5s", "1 s s", "-", "106752d", "9223372036854775808ns", "0.5ns"})
    EXPECT_NE(errors(size), "") << size;
}

}  // namespace
}  // namespace thalweg::operators
