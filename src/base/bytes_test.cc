#include "base/bytes.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(BytesTest, ParsesDecimalAndBinaryUnits) {
  const struct {
    const char* text;
    std::int64_t bytes;
  } cases[] = {
      {"100", 100},
      {"0", 0},
      {"7B", 7},
      {"64 kB", 64'000},
      {"512MB", 512'000'000},
      {"512mb", 512'000'000},
      {"1GiB", std::int64_t{1} << 30},
      {"3 TiB", std::int64_t{3} << 40},
      {"8191PiB", std::int64_t{8191} << 50},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
  };
  for (const auto& expected : cases) {
    const auto bytes = ParseBytes(expected.text);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(bytes->value, expected.bytes) << expected.text;
  }
}

TEST(BytesTest, RefusesWhatIsNoWholeSize) {
  for (const char* const text :
       {"", " 1MB", "1MB ", "-1MB", "+1", "1.5GB", "1,5GB", "MB", "1 M", "1 MBit", "1MB2", "0x10",
        "8192PiB", "9223372036854775808", "99999999999999999999999", "1\tMB"}) {
    const auto bytes = ParseBytes(text);
    ASSERT_FALSE(bytes.ok()) << text;
    EXPECT_EQ(bytes.status().code(), Code::kInvalid);
    EXPECT_FALSE(bytes.status().hint().empty());
  }
}

TEST(BytesTest, FormatsWithOneDecimal) {
  EXPECT_EQ(FormatBytes(Bytes(0)), "0 B");
  EXPECT_EQ(FormatBytes(Bytes(1023)), "1023 B");
  EXPECT_EQ(FormatBytes(Bytes(1024)), "1 KiB");
  EXPECT_EQ(FormatBytes(Bytes(1536 * 1024)), "1.5 MiB");
  EXPECT_EQ(FormatBytes(Bytes(-2048)), "-2 KiB");
  EXPECT_EQ(FormatBytes(Bytes(std::numeric_limits<std::int64_t>::max())), "8 EiB");
  // Rounds into the next unit, never to "1024 KiB".
  EXPECT_EQ(FormatBytes(Bytes((1 << 20) - 1)), "1 MiB");
}

TEST(BytesTest, GroupsDigits) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(336776), "336,776");
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(-123), "-123");
  EXPECT_EQ(FormatCount(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

}  // namespace
}  // namespace thalweg
