#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/testing/captured_console.h"

namespace thalweg::cli {
namespace {

using catalog::NodeState;
using testing::HasSubstr;

runs::NodeEvent Event(const std::string& node, NodeState state) {
  runs::NodeEvent event;
  event.node = node;
  event.kind = "sql";
  event.state = state;
  return event;
}

catalog::RunRecord RunThree() {
  catalog::RunRecord run;
  run.number = 3;
  run.pipeline = "flights";
  return run;
}

class ProgressTest : public testing::Test {
 protected:
  CapturedConsole console_;
  ManualClock clock_{Instant()};
  Progress progress_{*console_, clock_,
                     [](const RunId&) {
                       return std::vector<std::string>{"flights", "a_long_node_name"};
                     },
                     false};
};

TEST(NodeLine, FiguresInColumns) {
  runs::NodeEvent event = Event("flights", NodeState::kDone);
  event.rows = 336'776;
  event.bytes = Bytes::MiB(12);
  event.wall = std::chrono::milliseconds(1100);
  event.rejected = 1;
  event.detail = "3 of 3 checks passed";
  EXPECT_EQ(NodeLine(event, 12, false),
            "  flights      done          336,776 rows      12 MiB     1.1 s   3 of 3 checks "
            "passed, 1 rejected");
  EXPECT_EQ(NodeLine(Event("x", NodeState::kSkipped), 3, false), "  x   skipped");
}

TEST(NodeLine, DetailsCannotHarmTheTerminal) {
  runs::NodeEvent event = Event("x", NodeState::kFailed);
  event.detail = "bad\x1b[2J\nvalue";
  EXPECT_THAT(NodeLine(event, 3, false), HasSubstr("bad\\u{1b}[2J\\nvalue"));
}

TEST_F(ProgressTest, ALineForEachNodeThatEnded) {
  progress_.OnRun(RunThree());
  progress_.OnNode(Event("flights", NodeState::kRunning));
  progress_.OnNode(Event("flights", NodeState::kDone));
  progress_.OnNode(Event("below", NodeState::kPending));
  progress_.OnRun(RunThree());
  EXPECT_EQ(console_.Err(), "run 3 of flights\n  flights          done\n");
  EXPECT_EQ(console_.Out(), "");
  EXPECT_EQ(progress_.last_events().at("below").state, NodeState::kPending);
}

TEST_F(ProgressTest, ALongNodeIsMentionedOnce) {
  progress_.OnRun(RunThree());
  runs::NodeEvent event = Event("flights", NodeState::kRunning);
  for (int seconds = 1; seconds <= 30; ++seconds) {
    event.wall = std::chrono::seconds(seconds);
    progress_.OnNode(event);
  }
  const std::string text = console_.Err();
  EXPECT_THAT(text, HasSubstr("flights          running"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(LiveFigures, AreShownAsFarAsTheySaySomething) {
  const Instant now = Instant(std::chrono::hours(24 * 365));
  runs::LiveFigures live;
  EXPECT_EQ(LiveText(live, now), "");
  live.busy = 1.37;
  live.blocked = 0.004;
  live.queued = Bytes::KiB(12);
  live.state = Bytes::MiB(3);
  live.watermark = now - std::chrono::seconds(5);
  EXPECT_EQ(LiveText(live, now), "  busy 137 %  queue 12 KiB  state 3 MiB  lag 5 s");
  live.blocked = 0.5;
  live.watermark = Instant(std::chrono::milliseconds(1500));
  EXPECT_EQ(LiveText(live, now),
            "  busy 137 %  blocked 50 %  queue 12 KiB  state 3 MiB  at 1970-01-01T00:00:01Z");
}

TEST(Progress, QuietSaysNothingAndStillKnows) {
  CapturedConsole console;
  ManualClock clock{Instant()};
  Progress progress(
      *console, clock, [](const RunId&) { return std::vector<std::string>(); }, true);
  progress.OnRun(RunThree());
  progress.OnNode(Event("a", NodeState::kDone));
  progress.OnMessage("recovered");
  EXPECT_EQ(console.Err(), "");
  EXPECT_EQ(progress.last_events().count("a"), 1U);
}

}  // namespace
}  // namespace thalweg::cli
