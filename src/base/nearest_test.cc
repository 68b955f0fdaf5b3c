#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/diagnostic.h"

namespace thalweg {
namespace {

TEST(NearestTest, FindsSlips) {
  const std::vector<std::string> columns = {"carrier", "origin", "dep_delay", "visib"};
  EXPECT_EQ(Nearest("carier", columns), "carrier");       // left out
  EXPECT_EQ(Nearest("carrierr", columns), "carrier");     // doubled
  EXPECT_EQ(Nearest("oirgin", columns), "origin");        // swapped
  EXPECT_EQ(Nearest("dep_deley", columns), "dep_delay");  // changed
  EXPECT_EQ(Nearest("CARRIER", columns), "carrier");      // case
}

TEST(NearestTest, SaysNothingWhenItWouldBeAGuess) {
  EXPECT_EQ(Nearest("weather", {"carrier", "origin"}), "");
  EXPECT_EQ(Nearest("a", {"b"}), "");
  EXPECT_EQ(Nearest("ab", {"cb"}), "");
  EXPECT_EQ(Nearest("", {"b", ""}), "");
  EXPECT_EQ(Nearest("x", {}), "");
  EXPECT_EQ(Nearest(std::string(1 << 20, 'x'), {std::string(1 << 20, 'x')}), "");
}

TEST(NearestTest, ASwapIsOneSlip) {
  EXPECT_EQ(Nearest("abc", {"acb"}), "acb");
  EXPECT_EQ(Nearest("abc", {"cab"}), "");
}

TEST(NearestTest, TheNearestWinsThenTheFirst) {
  EXPECT_EQ(Nearest("flight", {"flighty_", "flights", "flighta"}), "flights");
}

TEST(NearestTest, CountsCodePoints) {
  EXPECT_EQ(Nearest("stra\u00dfe", {"strase"}), "strase");
  EXPECT_EQ(Nearest("\u6f22\u5b57\u540d", {"\u6f22\u5b57\u4f8b"}), "\u6f22\u5b57\u4f8b");
}

}  // namespace
}  // namespace thalweg
