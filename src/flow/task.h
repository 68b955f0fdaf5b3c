#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "component/operator.h"
#include "component/source.h"
#include "flow/counters.h"
#include "flow/scheduler.h"
#include "flow/sink.h"
#include "flow/state_files.h"

namespace thalweg::flow {

class Task;

/// What one task adds to an epoch.
struct TaskPart {
  std::map<std::string, component::Position> positions;  ///< sources and tables
  std::unique_ptr<StateBuffer> state;                    ///< operators; null: no state (any more)
  Sealed sealed;                                         ///< sinks
};

/// What a task can say to the flow that runs it. Thread-safe.
class Overseer {
 public:
  virtual ~Overseer() = default;
  virtual const Clock& clock() const = 0;
  /// The flow is ending without a result: do nothing more.
  virtual bool cancelled() const = 0;
  /// The newest epoch that was asked for: sources send its barrier.
  virtual std::uint64_t requested() const = 0;
  /// The newest epoch that is committed.
  virtual std::uint64_t committed() const = 0;
  virtual void Fail(const Task& task, Status status) = 0;
  virtual void Ack(const Task& task, std::uint64_t epoch, TaskPart part) = 0;
  /// The task has sent its end; `part` is what it did since its last Ack.
  virtual void Ended(const Task& task, TaskPart part) = 0;
  virtual void SetTimer(Task& task, component::Timer timer) = 0;
  /// Tests: a checkpoint now.
  virtual void WantCheckpoint() = 0;
};

/// One instance of a step. Its own part runs on one thread at a time.
class Task : public Runnable {
 public:
  Task(int id, int step, int instance, std::string node, Overseer* overseer)
      : id_(id), step_(step), instance_(instance), node_(std::move(node)), overseer_(overseer) {}

  bool RunSome() final;
  /// From any thread; the task takes it when it runs next.
  void AddDueTimer(component::Timer timer);
  virtual std::int64_t queued_bytes() const { return 0; }
  virtual std::int64_t queued_limit() const { return 0; }
  /// The flow is over: what was written since the last epoch goes away.
  virtual void Abort() {}
  /// The task has ended and an epoch was committed since, or the flow is over.
  virtual void AfterCommit() {}

  int id() const { return id_; }
  int step() const { return step_; }
  int instance() const { return instance_; }
  const std::string& node() const { return node_; }
  TaskCounters& counters() { return counters_; }
  const TaskCounters& counters() const { return counters_; }
  bool ended() const { return counters_.ended; }

 protected:
  enum class Did {
    kMore,     ///< there is more to do at once
    kWaiting,  ///< for input
    kBlocked,  ///< for room behind it
  };
  /// A bounded piece of work.
  virtual Result<Did> Work() = 0;
  virtual Status OnTimer(const component::Timer&) { return {}; }
  Overseer& overseer() { return *overseer_; }
  void Finish(TaskPart part);

 private:
  const int id_, step_, instance_;
  const std::string node_;
  Overseer* const overseer_;
  TaskCounters counters_;
  bool failed_ = false;
  std::mutex timers_mutex_;
  std::vector<component::Timer> due_;
  std::atomic<bool> any_due_{false};
  std::int64_t blocked_since_ = 0;
};

}  // namespace thalweg::flow
