#include "cli/interrupts.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

namespace thalweg::cli {
namespace {

void WaitForStop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::seconds(30), [] { return false; });
}

TEST(Interrupts, TheFirstSignalAsksForAStop) {
  Interrupts interrupts;
  EXPECT_EQ(interrupts.signal(), 0);
  kill(getpid(), SIGTERM);
  WaitForStop(interrupts.token());
  EXPECT_TRUE(interrupts.token().stop_requested());
  EXPECT_EQ(interrupts.signal(), SIGTERM);
}

TEST(InterruptsDeathTest, TheSecondSignalEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        Interrupts interrupts;
        kill(getpid(), SIGINT);
        WaitForStop(interrupts.token());
        kill(getpid(), SIGINT);
        WaitForStop({});
      },
      testing::ExitedWithCode(130), "");
}

TEST(InterruptsDeathTest, AfterItSignalsActAsBefore) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        { Interrupts interrupts; }
        kill(getpid(), SIGTERM);
        WaitForStop({});
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace thalweg::cli
