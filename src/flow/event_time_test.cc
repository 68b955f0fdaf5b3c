#include "flow/event_time.h"

#include <gtest/gtest.h>

namespace thalweg::flow {
namespace {

TEST(LeastWatermark, IdleInputsHoldNobodyBackInWhateverOrderTheyFallIdle) {
  for (const bool slow_first : {true, false}) {
    LeastWatermark least(2);
    least.Set(0, 60);
    least.Set(1, 10);
    EXPECT_EQ(least.Get(), 10);
    least.SetIdle(slow_first ? 1 : 0);
    EXPECT_EQ(least.Get(), slow_first ? 60 : 10);
    EXPECT_FALSE(least.idle());
    least.SetIdle(slow_first ? 0 : 1);
    EXPECT_TRUE(least.idle());
    EXPECT_EQ(least.Get(), 60);
    least.Set(1, 20);
    EXPECT_EQ(least.Get(), 60);
  }
}

TEST(LeastWatermark, AnInputWithoutAnyHoldsTheOthersBackUntilItIsIdle) {
  LeastWatermark least(2);
  least.Set(0, 60);
  EXPECT_EQ(least.Get(), INT64_MIN);
  least.SetIdle(0);
  EXPECT_EQ(least.Get(), INT64_MIN);
  least.SetIdle(1);
  EXPECT_EQ(least.Get(), 60);
}

}  // namespace
}  // namespace thalweg::flow
