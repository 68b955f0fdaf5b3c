#include "base/clock.h"

#include <chrono>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

Instant At(std::int64_t micros) {
  return Instant(std::chrono::microseconds(micros));
}

TEST(ClockTest, ManualClockMovesOnlyWhenTold) {
  ManualClock clock(At(1'000'000));
  const auto before = clock.Steady();
  EXPECT_EQ(clock.Now(), At(1'000'000));
  clock.Advance(250ms);
  EXPECT_EQ(clock.Now(), At(1'250'000));
  EXPECT_EQ(clock.Steady() - before, 250ms);
}

TEST(ClockTest, InstantsGoThroughTextAndBack) {
  const struct {
    std::int64_t micros;
    const char* text;
  } cases[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {1'357'016'400'000'000, "2013-01-01T05:00:00.000000Z"},
      {951'782'400'123'456, "2000-02-29T00:00:00.123456Z"},
      {-62'135'596'800'000'000, "0001-01-01T00:00:00.000000Z"},
      {253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
  };
  for (const auto& expected : cases) {
    EXPECT_EQ(FormatInstant(At(expected.micros)), expected.text);
    const auto parsed = ParseInstant(expected.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, At(expected.micros)) << expected.text;
  }
}

TEST(ClockTest, ParsesZonesAndShortFractions) {
  const Instant expected = At(1'357'016'400'500'000);
  for (const char* const text :
       {"2013-01-01T05:00:00.5Z", "2013-01-01 05:00:00.500Z", "2013-01-01T06:00:00.5+01:00",
        "2013-01-01T00:00:00.5-0500", "2012-12-31T23:30:00.5-05:30"}) {
    const auto parsed = ParseInstant(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(ClockTest, RefusesWhatIsNoInstant) {
  for (const char* const text :
       {"", "2013-01-01", "2013-01-01T05:00:00", "2013-02-29T00:00:00Z", "2013-13-01T00:00:00Z",
        "2013-01-01T24:00:00Z", "2013-01-01T00:60:00Z", "2013-01-01T00:00:60Z",
        "2013-01-01T00:00:00.Z", "2013-01-01T00:00:00.1234567Z", "2013-01-01T00:00:00Zx",
        "2013-01-01T00:00:00+24:00", "13-01-01T00:00:00Z", "2013-1-1T00:00:00Z", "now"}) {
    EXPECT_FALSE(ParseInstant(text).ok()) << text;
  }
}

TEST(ClockTest, FormatsDurationsForReading) {
  const struct {
    nanoseconds duration;
    const char* text;
  } cases[] = {
      {0ns, "0 ns"},
      {999ns, "999 ns"},
      {1us, "1 us"},
      {3400ns, "3.4 us"},
      {3400us, "3.4 ms"},
      {340ms, "340 ms"},
      {1200ms, "1.2 s"},
      {59900ms, "59.9 s"},
      {130s, "2 m 10 s"},
      {2min, "2 m"},
      {3h + 5min, "3 h 5 m"},
      {51h, "2 d 3 h"},
      {-1500ms, "-1.5 s"},
      // Rounding never prints a full next unit in the smaller one.
      {999'999ns, "1 ms"},
      {999'600us, "1 s"},
      {59'960ms, "1 m"},
      {59min + 59s + 600ms, "1 h"},
      {23h + 59min + 40s, "1 d"},
  };
  for (const auto& expected : cases) {
    EXPECT_EQ(FormatDuration(expected.duration), expected.text) << expected.duration.count();
  }
  EXPECT_EQ(FormatDuration(nanoseconds::min()), "-" + FormatDuration(nanoseconds::max()));
}

TEST(ClockTest, ParsesDurations) {
  const struct {
    const char* text;
    nanoseconds duration;
  } cases[] = {
      {"3ns", 3ns},
      {"1us", 1us},
      {"250ms", 250ms},
      {"10s", 10s},
      {"10 s", 10s},
      {"5m", 5min},
      {"2h", 2h},
      {"1d", 24h},
      {"7w", 7 * 168h},
      {"0s", 0s},
      {"9223372036854775807ns", nanoseconds::max()},
  };
  for (const auto& expected : cases) {
    const auto parsed = ParseDuration(expected.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, expected.duration) << expected.text;
  }
}

TEST(ClockTest, RefusesWhatIsNoDuration) {
  for (const char* const text :
       {"", "10", "s", "-1s", "+1s", "1.5s", "1h30m", "10S", "1 min", "10s ",
        "9223372036854775808ns", "106752d", "15251w", "99999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(ClockTest, CpuTimeGrowsWithWork) {
  const auto before = ProcessCpuTime();
  volatile std::uint64_t sum = 0;
  while (ProcessCpuTime() - before < 2ms) sum = sum + 1;
  EXPECT_GT(sum, 0U);
}

}  // namespace
}  // namespace thalweg
