#include "runs/live_meter.h"

#include <gtest/gtest.h>

namespace thalweg::runs {
namespace {

using Role = StreamStep::Role;

TEST(LiveMeter, SharesAreOfTheTimeSinceTheLastLook) {
  const std::vector<StreamStep> steps = {
      {0, Role::kSource, {}}, {1, Role::kOperator, {}}, {1, Role::kStored, "counts"}};
  std::vector<flow::StepFigures> figures(3);
  for (auto& step : figures) step.tasks = 1;
  figures[1].tasks = 2;
  figures[1].busy_ns = 5'000'000'000;
  LiveMeter meter;
  std::chrono::steady_clock::time_point now{std::chrono::seconds(100)};
  EXPECT_EQ(meter.Look(figures, steps, 2, now)[1].busy, 0);

  figures[0].blocked_ns += 50'000'000;
  figures[1].busy_ns += 300'000'000;
  figures[1].blocked_ns += 100'000'000;
  figures[1].queued_bytes = 1000;
  figures[1].state_bytes = 77;
  figures[1].watermark = 3'000'000'999;
  figures[2].busy_ns += 20'000'000;
  figures[2].queued_bytes = 500;
  figures[2].watermark = 9'000'000'000;  // of what was stored, not of the node
  now += std::chrono::milliseconds(200);
  const auto live = meter.Look(figures, steps, 2, now);
  EXPECT_DOUBLE_EQ(live[0].blocked, 0.25);
  EXPECT_EQ(live[0].watermark, std::nullopt);
  EXPECT_DOUBLE_EQ(live[1].busy, 1.6);
  EXPECT_DOUBLE_EQ(live[1].blocked, 0.25);  // of two instances
  EXPECT_EQ(live[1].queued.value, 1500);
  EXPECT_EQ(live[1].state.value, 77);
  EXPECT_EQ(live[1].watermark, Instant(std::chrono::microseconds(3'000'000)));
}

}  // namespace
}  // namespace thalweg::runs
