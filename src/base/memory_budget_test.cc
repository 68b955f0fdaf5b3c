#include "base/memory_budget.h"

#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

using namespace std::chrono_literals;

TEST(MemoryBudgetTest, GivesBackAtTheEndOfTheScope) {
  MemoryBudget budget(Bytes(100));
  {
    const auto held = budget.Reserve(Bytes(60), {});
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(budget.used(), Bytes(60));
  }
  EXPECT_EQ(budget.used(), Bytes(0));
}

TEST(MemoryBudgetTest, MovesKeepOneOwner) {
  MemoryBudget budget(Bytes(100));
  MemoryBudget::Reservation first = *budget.Reserve(Bytes(30), {});
  MemoryBudget::Reservation second = *budget.Reserve(Bytes(50), {});
  first = std::move(second);  // gives back its own 30
  EXPECT_EQ(budget.used(), Bytes(50));
  EXPECT_EQ(first.bytes(), Bytes(50));
  second.Release();
  EXPECT_EQ(budget.used(), Bytes(50));
  first.Release();
  first.Release();
  EXPECT_EQ(budget.used(), Bytes(0));
}

TEST(MemoryBudgetTest, RefusesWhatCanNeverFit) {
  MemoryBudget budget(Bytes(100));
  EXPECT_EQ(budget.Reserve(Bytes(101), {}).status().code(), Code::kInvalid);
  EXPECT_EQ(budget.Reserve(Bytes(-1), {}).status().code(), Code::kInvalid);
  EXPECT_TRUE(budget.Reserve(Bytes(100), {}).ok());
}

/// A thread that reserves, reports, and holds what it got until told otherwise.
class Waiter {
 public:
  Waiter(MemoryBudget& budget, Bytes bytes)
      : thread_([this, &budget, bytes](std::stop_token stop) {
          auto held = budget.Reserve(bytes, stop);
          outcome_.set_value(held.status());
          if (held.ok()) leave_.get_future().wait();
        }) {}

  bool IsWaiting() { return future_.wait_for(0s) == std::future_status::timeout; }
  Status Outcome() { return future_.get(); }
  void Stop() { thread_.request_stop(); }
  void Leave() {
    leave_.set_value();
    thread_.join();
  }

 private:
  std::promise<Status> outcome_;
  std::shared_future<Status> future_ = outcome_.get_future().share();
  std::promise<void> leave_;
  std::jthread thread_;
};

/// Returns when `count` threads are in the queue.
void AwaitQueue(MemoryBudget& budget, std::size_t count) {
  while (budget.waiting() != count) std::this_thread::yield();
}

TEST(MemoryBudgetTest, ALargeRequestIsNotStarvedBySmallOnes) {
  MemoryBudget budget(Bytes(100));
  auto held = *budget.Reserve(Bytes(60), {});
  Waiter large(budget, Bytes(80));
  AwaitQueue(budget, 1);
  Waiter small(budget, Bytes(10));  // would fit, but came later
  AwaitQueue(budget, 2);
  EXPECT_TRUE(large.IsWaiting());
  EXPECT_TRUE(small.IsWaiting());

  held.Release();
  EXPECT_TRUE(large.Outcome().ok());
  EXPECT_TRUE(small.Outcome().ok());
  EXPECT_EQ(budget.used(), Bytes(90));
  large.Leave();
  small.Leave();
  EXPECT_EQ(budget.used(), Bytes(0));
}

TEST(MemoryBudgetTest, AStopEndsTheWaitAndLetsTheNextGo) {
  MemoryBudget budget(Bytes(100));
  auto held = *budget.Reserve(Bytes(60), {});
  Waiter large(budget, Bytes(80));
  AwaitQueue(budget, 1);
  Waiter small(budget, Bytes(10));
  AwaitQueue(budget, 2);

  large.Stop();
  EXPECT_EQ(large.Outcome().code(), Code::kCancelled);
  EXPECT_TRUE(small.Outcome().ok());
  EXPECT_EQ(budget.used(), Bytes(70));
  small.Leave();
}

TEST(MemoryBudgetTest, AStopBeforehandReservesNothing) {
  MemoryBudget budget(Bytes(100));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(budget.Reserve(Bytes(1), source.get_token()).status().code(), Code::kCancelled);
  EXPECT_EQ(budget.used(), Bytes(0));
  EXPECT_TRUE(budget.Reserve(Bytes(100), {}).ok());
}

TEST(MemoryBudgetTest, NeverGivesMoreThanThereIs) {
  MemoryBudget budget(Bytes(100));
  std::atomic<std::int64_t> inside = 0, most = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          const Bytes bytes((t * 7 + i * 13) % 100 + 1);
          const auto held = budget.Reserve(bytes, {});
          const std::int64_t now = inside += bytes.value;
          for (std::int64_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          inside -= bytes.value;
        }
      });
    }
  }
  EXPECT_LE(most, 100);
  EXPECT_EQ(budget.used(), Bytes(0));
}

}  // namespace
}  // namespace thalweg
