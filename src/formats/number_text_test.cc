#include "formats/number_text.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace thalweg::formats {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();

NumberError Integer(std::string_view text, std::int64_t* out) {
  return ParseInteger(text, kLeast, kGreatest, out);
}

TEST(NumberTextTest, WholeNumbersInEveryForm) {
  std::int64_t value = 0;
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, std::int64_t>>{{"0", 0},
                                                         {"-0", 0},
                                                         {"+7", 7},
                                                         {" 42\t", 42},
                                                         {"007", 7},
                                                         {"1.", 1},
                                                         {".0", 0},
                                                         {"1.000", 1},
                                                         {"1e3", 1000},
                                                         {"1.5e1", 15},
                                                         {"100e-2", 1},
                                                         {"-9223372036854775808", kLeast},
                                                         {"9223372036854775807", kGreatest},
                                                         {"9.223372036854775807e18", kGreatest},
                                                         {"1" + std::string(60, '0') + "e-60", 1},
                                                         {"0e999999999999", 0}}) {
    ASSERT_EQ(Integer(text, &value), NumberError::kNone) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(NumberTextTest, WhatIsNoWholeNumberSaysWhy) {
  std::int64_t value = 0;
  for (const std::string text :
       {"1.5", "0.1", "1e-1", "-2.50", "0.0000000000000000000000000000000000000000001"}) {
    EXPECT_EQ(Integer(text, &value), NumberError::kFraction) << text;
  }
  for (const std::string& text :
       std::vector<std::string>{"9223372036854775808", "-9223372036854775809", "1e19", "1e400",
                                "1" + std::string(400, '0'), "1" + std::string(400, '7')}) {
    EXPECT_EQ(Integer(text, &value), NumberError::kRange) << text;
  }
  for (const std::string text : {"", " ", "-", "+", ".", "e5", "1e", "1e+", "1_000", "0x10", "1 2",
                                 "--1", "+-1", "1,000", "1.2.3", "NaN", "١"}) {
    EXPECT_EQ(Integer(text, &value), NumberError::kSyntax) << text;
  }
  std::uint64_t positive = 0;
  EXPECT_EQ(ParseUnsigned("-1", 255, &positive), NumberError::kRange);
  EXPECT_EQ(ParseUnsigned("-0", 255, &positive), NumberError::kNone);
  EXPECT_EQ(ParseUnsigned("256", 255, &positive), NumberError::kRange);
  EXPECT_EQ(ParseUnsigned("18446744073709551615", ~0ULL, &positive), NumberError::kNone);
  EXPECT_EQ(positive, ~0ULL);
}

TEST(NumberTextTest, DecimalsAreExact) {
  __int128 value = 0;
  ASSERT_EQ(ParseDecimal("-1.50", 5, 2, &value), NumberError::kNone);
  EXPECT_EQ(static_cast<std::int64_t>(value), -150);
  ASSERT_EQ(ParseDecimal("9007199254740993.25", 18, 2, &value), NumberError::kNone);
  EXPECT_EQ(static_cast<std::int64_t>(value), 900719925474099325);
  ASSERT_EQ(ParseDecimal("1.2400", 5, 2, &value), NumberError::kNone);
  EXPECT_EQ(static_cast<std::int64_t>(value), 124);
  EXPECT_EQ(ParseDecimal("999.99", 5, 2, &value), NumberError::kNone);
  EXPECT_EQ(ParseDecimal("1000", 5, 2, &value), NumberError::kRange);
  EXPECT_EQ(ParseDecimal("1.005", 5, 2, &value), NumberError::kFraction);
  EXPECT_EQ(ParseDecimal(std::string(38, '9'), 38, 0, &value), NumberError::kNone);
  EXPECT_EQ(ParseDecimal("1" + std::string(38, '0'), 38, 0, &value), NumberError::kRange);
  EXPECT_EQ(ParseDecimal("0." + std::string(37, '0') + "1", 38, 38, &value), NumberError::kNone);
}

TEST(NumberTextTest, RealsReachTheirEnds) {
  double value = 0;
  ASSERT_EQ(ParseReal("+1.5", &value), NumberError::kNone);
  EXPECT_EQ(value, 1.5);
  ASSERT_EQ(ParseReal(" -Infinity ", &value), NumberError::kNone);
  EXPECT_TRUE(std::isinf(value) && value < 0);
  ASSERT_EQ(ParseReal("nan", &value), NumberError::kNone);
  EXPECT_TRUE(std::isnan(value));
  ASSERT_EQ(ParseReal("4.9e-324", &value), NumberError::kNone);
  EXPECT_EQ(value, std::numeric_limits<double>::denorm_min());
  ASSERT_EQ(ParseReal("-1e-400", &value), NumberError::kNone);
  EXPECT_EQ(value, 0);
  for (const std::string& text :
       std::vector<std::string>{"1e400", "-1e400", std::string(400, '7')}) {
    EXPECT_EQ(ParseReal(text, &value), NumberError::kRange) << text;
  }
  for (const std::string text : {"", "+-1", "1.5x", "0x1p3", "nan(5)", "1_0"}) {
    EXPECT_EQ(ParseReal(text, &value), NumberError::kSyntax) << text;
  }
  float small = 0;
  EXPECT_EQ(ParseReal("1e39", &small), NumberError::kRange);
  ASSERT_EQ(ParseReal("0.1", &small), NumberError::kNone);
  EXPECT_EQ(small, 0.1F);
}

TEST(NumberTextTest, JsonNumbersAreOfTheStandard) {
  for (const std::string text : {"0", "-0", "12", "1.5", "1e5", "1E+5", "-0.1e-7"})
    EXPECT_TRUE(IsJsonNumber(text)) << text;
  for (const std::string text :
       {"", "-", "+1", "01", "-01", ".5", "1.", "1e", "1e+", "1.e5", "0x1", "1 ", "NaN"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

}  // namespace
}  // namespace thalweg::formats
