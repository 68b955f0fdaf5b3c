#include "formats/time_text.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "formats/time_format.h"

namespace thalweg::formats {
namespace {

constexpr std::int64_t kMicros = 1'000'000;

std::string Timestamp(const CivilTime& civil) {
  std::int64_t ticks = 0;
  if (!TicksOf(civil, kMicros, &ticks)) return "no such time";
  std::string text;
  AppendTimestamp(ticks, kMicros, civil.has_offset, &text);
  return text;
}

std::string Iso(std::string_view text) {
  CivilTime civil;
  return ParseIso(text, &civil) ? Timestamp(civil) : "no form";
}

std::string Formatted(std::string_view form, std::string_view text) {
  const auto format = TimeFormat::Compile(form);
  if (!format.ok()) return format.status().slug();
  CivilTime civil;
  return format->Parse(text, &civil) ? Timestamp(civil) : "no form";
}

TEST(TimeTextTest, IsoWithTheUsualLiberties) {
  EXPECT_EQ(Iso("2013-01-02"), "2013-01-02T00:00:00");
  EXPECT_EQ(Iso(" 2013/1/2 3:04 "), "2013-01-02T03:04:00");
  EXPECT_EQ(Iso("2013-01-02T03:04:05.1"), "2013-01-02T03:04:05.100");
  EXPECT_EQ(Iso("2013-01-02T03:04:05.1234567Z"), "2013-01-02T03:04:05.123456Z");
  EXPECT_EQ(Iso("2013-01-02 03:04:05+02"), "2013-01-02T01:04:05Z");
  EXPECT_EQ(Iso("2013-01-02 03:04:05 -0530"), "2013-01-02T08:34:05Z");
  EXPECT_EQ(Iso("2013-01-02T03:04Z"), "2013-01-02T03:04:00Z");
  EXPECT_EQ(Iso("2013-01-02 03:04:05 UTC"), "2013-01-02T03:04:05Z");
  EXPECT_EQ(Iso("2013-01-02 24:00:00"), "2013-01-03T00:00:00");
  EXPECT_EQ(Iso("1969-12-31T23:59:59.999999"), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(Iso("0000-02-29"), "0000-02-29T00:00:00");
  EXPECT_EQ(Iso("-0044-03-15"), "-0044-03-15T00:00:00");
  EXPECT_EQ(Iso("12013-01-02"), "+12013-01-02T00:00:00");
}

TEST(TimeTextTest, WhatIsNoTimeIsRefused) {
  for (const std::string text :
       {"", "x", "2013", "2013-01", "13-01-02", "2013-01/02", "20130102", "2013-01-02 03",
        "2013-01-02T", "2013-01-02 03:04:05 Europe/Berlin", "2013-01-02 03:04:05.",
        "2013-01-02 03:04:05+2", "2013-01-02 03:04:05+99", "infinity", "2013-01-02x"}) {
    EXPECT_EQ(Iso(text), "no form") << text;
  }
  for (const std::string text :
       {"2013-02-29", "2013-13-01", "2013-00-01", "2013-01-00", "2013-01-02 25:00:00",
        "2013-01-02 24:00:01", "2013-01-02 03:60:00", "2013-01-02 03:04:60", "300000-01-01"}) {
    EXPECT_EQ(Iso(text), "no such time") << text;
  }
}

TEST(TimeTextTest, EveryDayOfFourCenturiesComesBack) {
  std::int32_t day = -719'528;  // 0000-01-01
  for (std::int64_t year = 0; year < 400; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int of_month = 1; of_month <= 31; ++of_month) {
        CivilTime civil{.year = year, .month = month, .day = of_month};
        std::int32_t days = 0;
        if (!DaysOf(civil, &days)) continue;
        ASSERT_EQ(days, day);
        std::string text;
        AppendDate(days, &text);
        CivilTime again;
        ASSERT_TRUE(ParseIso(text, &again)) << text;
        ASSERT_EQ(again.month, month);
        ASSERT_EQ(again.day, of_month);
        ++day;
      }
    }
  }
  EXPECT_EQ(day, -719'528 + 146'097);
}

TEST(TimeTextTest, InfinityIsAWord) {
  std::string text;
  AppendTimestamp(std::numeric_limits<std::int64_t>::max(), kMicros, true, &text);
  AppendDate(-std::numeric_limits<std::int32_t>::max(), &text);
  EXPECT_EQ(text, "infinity-infinity");
}

TEST(TimeFormatTest, PartsOfAForm) {
  EXPECT_EQ(Formatted("%d.%m.%Y", "2.1.2013"), "2013-01-02T00:00:00");
  EXPECT_EQ(Formatted("%Y%m%d%H%M%S", "20130102030405"), "2013-01-02T03:04:05");
  EXPECT_EQ(Formatted("%m/%d/%y %I:%M %p", "01/02/13 12:30 AM"), "2013-01-02T00:30:00");
  EXPECT_EQ(Formatted("%m/%d/%y %I:%M %p", "01/02/69 12:30 pm"), "1969-01-02T12:30:00");
  EXPECT_EQ(Formatted("%d/%b/%Y:%H:%M:%S %z", "02/Jan/2013:03:04:05 +0200"),
            "2013-01-02T01:04:05Z");
  EXPECT_EQ(Formatted("%A, %d %B %Y", "Wednesday, 02 january 2013"), "2013-01-02T00:00:00");
  EXPECT_EQ(Formatted("%Y-%j", "2012-366"), "2012-12-31T00:00:00");
  EXPECT_EQ(Formatted("%H:%M:%S.%f %Y-%m-%d", "03:04:05.5 2013-01-02"), "2013-01-02T03:04:05.500");
  EXPECT_EQ(Formatted("%s.%g", "1357095845.678"), "2013-01-02T03:04:05.678Z");
  EXPECT_EQ(Formatted("%s", "-1"), "1969-12-31T23:59:59Z");
  EXPECT_EQ(Formatted("%Y%%%-m-%d", "2013%1-2"), "2013-01-02T00:00:00");
}

TEST(TimeFormatTest, TextsOfAnotherFormAreRefused) {
  EXPECT_EQ(Formatted("%d.%m.%Y", "2013-01-02"), "no form");
  EXPECT_EQ(Formatted("%d.%m.%Y", "2.1.2013 x"), "no form");
  EXPECT_EQ(Formatted("%d.%m.%Y", ""), "no form");
  EXPECT_EQ(Formatted("%d.%m.%Y", "31.2.2013"), "no such time");
  EXPECT_EQ(Formatted("%I:%M", "13:00"), "no form");
  EXPECT_EQ(Formatted("%Y-%j", "2013-366"), "no form");
  EXPECT_EQ(Formatted("%b", "Foo"), "no form");
}

TEST(TimeFormatTest, UnknownPartsAreNamed) {
  EXPECT_EQ(Formatted("%Q", ""), "bad-date-form");
  EXPECT_EQ(Formatted("%", ""), "bad-date-form");
  EXPECT_EQ(Formatted("yyyy-mm-dd", ""), "bad-date-form");
}

}  // namespace
}  // namespace thalweg::formats
