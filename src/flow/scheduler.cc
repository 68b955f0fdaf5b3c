#include "flow/scheduler.h"

namespace thalweg::flow {

void Scheduler::Start(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Scheduler::~Scheduler() {
  Stop();
}

void Scheduler::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Scheduler::Ready(Runnable* runnable) {
  using State = Runnable::State;
  State seen = runnable->state_.load(std::memory_order_acquire);
  while (true) {
    if (seen == State::kReady || seen == State::kRunningAgain) {
      // It will run once more; the exchange makes what was done before this call visible to it.
      if (runnable->state_.compare_exchange_weak(seen, seen, std::memory_order_acq_rel)) return;
      continue;
    }
    const State next = seen == State::kIdle ? State::kReady : State::kRunningAgain;
    if (!runnable->state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel)) continue;
    if (next == State::kReady) Push(runnable);
    return;
  }
}

void Scheduler::Push(Runnable* runnable) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(runnable);
  }
  wake_.notify_one();
}

void Scheduler::Work() {
  using State = Runnable::State;
  while (true) {
    Runnable* runnable = nullptr;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) return;
      runnable = queue_.front();
      queue_.pop_front();
    }
    runnable->state_.exchange(State::kRunning);  // sees what was done before the last Ready
    const bool more = runnable->RunSome();
    State seen = State::kRunning;
    if (!more && runnable->state_.compare_exchange_strong(seen, State::kIdle)) continue;
    runnable->state_.exchange(State::kReady);
    Push(runnable);
  }
}

}  // namespace thalweg::flow
