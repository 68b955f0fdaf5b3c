#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace thalweg::flow {

/// Something that a scheduler runs again and again, on one thread at a time.
class Runnable {
 public:
  virtual ~Runnable() = default;
  /// Does a bounded piece of work and never waits (unless the scheduler is the runnable's own).
  /// True: there is more to do at once.
  virtual bool RunSome() = 0;

 private:
  friend class Scheduler;
  enum class State { kIdle, kReady, kRunning, kRunningAgain };
  std::atomic<State> state_{State::kIdle};
};

/// A fixed pool of threads and a queue of what is ready. Who makes work for a runnable calls Ready:
/// then it runs once more after that moment, whatever it is doing now. Thread-safe.
class Scheduler {
 public:
  Scheduler() = default;
  ~Scheduler();  ///< as Stop

  /// What was made ready before waits for this.
  void Start(int threads);

  void Ready(Runnable* runnable);
  /// Ends the threads after what they are running; what is queued is not run.
  void Stop();

 private:
  void Work();
  void Push(Runnable* runnable);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Runnable*> queue_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace thalweg::flow
