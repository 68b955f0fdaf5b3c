#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "component/engine.h"
#include "duckdb/database.h"

namespace thalweg::engines {

/// What a running job tells about itself, from its thread.
class JobMonitor {
 public:
  explicit JobMonitor(std::stop_token stop) : stop_(std::move(stop)) {}
  const std::stop_token& stop() const { return stop_; }

  /// How to learn the job's progress, from any thread; empty: it is not known. Must stay valid
  /// until the next call.
  void Watch(std::function<component::JobProgress()> progress);
  component::JobProgress Progress() const;

  /// The largest figures seen.
  void Saw(const duckdb::Usage& usage);
  duckdb::Usage largest() const;

 private:
  const std::stop_token stop_;
  mutable std::mutex mutex_;
  std::function<component::JobProgress()> progress_;
  duckdb::Usage largest_;
};

/// Runs jobs, each on a thread of its own for as long as it lasts; threads are kept for the next
/// ones. How many run at a time is the caller's choice: every job that is submitted starts at once,
/// up to kMostThreads.
class JobRunner {
 public:
  using Work = std::function<Result<component::JobResult>(const component::Job&, JobMonitor&)>;
  /// Both outlive the runner. `clock` measures wall time.
  JobRunner(Work work, const Clock& clock) : work_(std::move(work)), clock_(clock) {}
  /// Cancels what runs and waits for it.
  ~JobRunner();

  component::JobId Submit(component::Job job, component::Wake wake);
  Result<component::JobState> Poll(const component::JobId& id);
  Status Cancel(const component::JobId& id);

  /// Tells all running jobs what the database uses now, if one of them runs long enough to make it
  /// worth asking.
  void Sample(const std::function<Result<duckdb::Usage>()>& used);

 private:
  static constexpr std::size_t kMostThreads = 64;
  static constexpr std::size_t kJobsKept = 10000;
  static constexpr std::chrono::milliseconds kSampleAfter{200};

  struct Record {
    component::Job job;
    component::Wake wake;
    std::stop_source stop;
    std::unique_ptr<JobMonitor> monitor;
    component::JobState state;
    bool running = false;
    std::chrono::steady_clock::time_point started;
    std::chrono::nanoseconds cpu{0};  ///< its share so far
  };
  using RecordRef = std::shared_ptr<Record>;

  void Serve(const std::stop_token& stop);
  void Execute(const RecordRef& record);
  void Finish(const RecordRef& record, Result<component::JobResult> result);
  /// Gives each running job its share of the process's CPU time since the last call.
  void ShareCpu();
  Result<RecordRef> Find(const component::JobId& id);

  const Work work_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any queued_;
  std::map<component::JobId, RecordRef> records_;
  std::deque<RecordRef> queue_;
  std::deque<component::JobId> submitted_;
  std::vector<RecordRef> running_;
  std::size_t idle_ = 0;
  std::chrono::nanoseconds cpu_shared_{0};
  std::chrono::steady_clock::time_point last_sample_;
  std::vector<std::jthread> threads_;
};

}  // namespace thalweg::engines
