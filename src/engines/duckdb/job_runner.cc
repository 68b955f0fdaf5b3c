#include "engines/duckdb/job_runner.h"

#include <algorithm>
#include <utility>

namespace thalweg::engines {

using component::Job;
using component::JobId;
using component::JobResult;
using component::JobState;

void JobMonitor::Watch(std::function<component::JobProgress()> progress) {
  const std::lock_guard lock(mutex_);
  progress_ = std::move(progress);
}

component::JobProgress JobMonitor::Progress() const {
  const std::lock_guard lock(mutex_);
  return progress_ ? progress_() : component::JobProgress();
}

void JobMonitor::Saw(const duckdb::Usage& usage) {
  const std::lock_guard lock(mutex_);
  largest_.memory = std::max(largest_.memory, usage.memory);
  largest_.spilled = std::max(largest_.spilled, usage.spilled);
}

duckdb::Usage JobMonitor::largest() const {
  const std::lock_guard lock(mutex_);
  return largest_;
}

JobRunner::~JobRunner() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, record] : records_) record->stop.request_stop();
    for (std::jthread& thread : threads_) thread.request_stop();
  }
  threads_.clear();
}

JobId JobRunner::Submit(Job job, component::Wake wake) {
  auto record = std::make_shared<Record>();
  record->job = std::move(job);
  record->wake = std::move(wake);
  record->monitor = std::make_unique<JobMonitor>(record->stop.get_token());
  const JobId id = JobId::New();
  const std::lock_guard lock(mutex_);
  records_.emplace(id, record);
  queue_.push_back(std::move(record));
  if (idle_ < queue_.size() && threads_.size() < kMostThreads) {
    threads_.emplace_back([this](const std::stop_token& stop) { Serve(stop); });
  } else {
    queued_.notify_one();
  }
  submitted_.push_back(id);
  while (submitted_.size() > kJobsKept) {
    const auto oldest = records_.find(submitted_.front());
    if (oldest->second->state.state == JobState::State::kRunning) break;
    records_.erase(oldest);
    submitted_.pop_front();
  }
  return id;
}

void JobRunner::Serve(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    const bool work = queued_.wait(lock, stop, [&] { return !queue_.empty(); });
    --idle_;
    if (!work) return;
    const RecordRef record = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Execute(record);
    lock.lock();
  }
}

void JobRunner::Execute(const RecordRef& record) {
  {
    const std::lock_guard lock(mutex_);
    ShareCpu();
    record->started = clock_.Steady();
    record->running = true;
    running_.push_back(record);
  }
  if (record->stop.stop_requested()) {
    Finish(record, Status::Cancelled("the job was stopped before it began"));
  } else {
    Finish(record, work_(record->job, *record->monitor));
  }
}

void JobRunner::Finish(const RecordRef& record, Result<JobResult> result) {
  component::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    ShareCpu();
    std::erase(running_, record);
    record->running = false;
    JobState& state = record->state;
    if (result.ok()) {
      state.state = JobState::State::kDone;
      state.progress = {.fraction = 1, .rows = result->rows_out};
      result->cpu = record->cpu;
      result->wall = clock_.Steady() - record->started;
      result->peak_memory = record->monitor->largest().memory;
      result->spilled = record->monitor->largest().spilled;
      state.result = *std::move(result);
    } else {
      state.state = JobState::State::kFailed;
      state.error = result.status();
    }
    wake = std::move(record->wake);
  }
  if (wake) wake();
}

void JobRunner::ShareCpu() {
  const std::chrono::nanoseconds now = ProcessCpuTime();
  if (!running_.empty()) {
    const std::chrono::nanoseconds share =
        (now - cpu_shared_) / static_cast<std::int64_t>(running_.size());
    for (const RecordRef& record : running_) record->cpu += share;
  }
  cpu_shared_ = now;
}

Result<JobRunner::RecordRef> JobRunner::Find(const JobId& id) {
  const auto found = records_.find(id);
  if (found == records_.end()) return Status::NotFound("there is no such job id=" + id.str());
  return found->second;
}

Result<JobState> JobRunner::Poll(const JobId& id) {
  const std::lock_guard lock(mutex_);
  TW_ASSIGN_OR_RETURN(const RecordRef record, Find(id));
  if (record->state.state == JobState::State::kRunning) {
    record->state.progress = record->monitor->Progress();
  }
  return record->state;
}

Status JobRunner::Cancel(const JobId& id) {
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    TW_ASSIGN_OR_RETURN(const RecordRef record, Find(id));
    stop = record->stop;
  }
  // Outside of the lock: this calls into the database.
  stop.request_stop();
  return {};
}

void JobRunner::Sample(const std::function<Result<duckdb::Usage>()>& used) {
  std::vector<RecordRef> running;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.Steady();
    const bool long_job = std::ranges::any_of(
        running_, [&](const RecordRef& record) { return now - record->started > kSampleAfter; });
    if (!long_job || now - last_sample_ < kSampleAfter) return;
    last_sample_ = now;
    running = running_;
  }
  const Result<duckdb::Usage> usage = used();
  if (!usage.ok()) return;
  for (const RecordRef& record : running) record->monitor->Saw(*usage);
}

}  // namespace thalweg::engines
