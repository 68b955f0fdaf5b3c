#include "flow/task.h"

namespace thalweg::flow {
namespace {

std::int64_t Nanoseconds(const Clock& clock) {
  return std::chrono::nanoseconds(clock.Steady().time_since_epoch()).count();
}

}  // namespace

void Task::AddDueTimer(component::Timer timer) {
  std::lock_guard lock(timers_mutex_);
  due_.push_back(timer);
  any_due_ = true;
}

void Task::Finish(TaskPart part) {
  counters_.ended = true;
  overseer_->Ended(*this, std::move(part));
}

bool Task::RunSome() {
  if (failed_ || overseer_->cancelled()) return false;
  const std::int64_t began = Nanoseconds(overseer_->clock());
  if (blocked_since_ != 0) {
    counters_.blocked_ns += began - blocked_since_;
    blocked_since_ = 0;
  }
  Status status;
  if (any_due_.exchange(false) && !ended()) {
    std::vector<component::Timer> due;
    {
      std::lock_guard lock(timers_mutex_);
      due.swap(due_);
    }
    for (const auto& timer : due) {
      if (status.ok()) status = OnTimer(timer);
    }
  }
  Did did = Did::kWaiting;
  if (ended()) AfterCommit();
  if (status.ok() && !ended()) {
    auto result = Work();
    if (result.ok()) {
      did = *result;
    } else {
      status = result.status();
    }
  }
  const std::int64_t now = Nanoseconds(overseer_->clock());
  counters_.busy_ns += now - began;
  if (!status.ok()) {
    failed_ = true;
    overseer_->Fail(*this, std::move(status));
    return false;
  }
  if (did == Did::kBlocked) blocked_since_ = now;
  return did == Did::kMore;
}

}  // namespace thalweg::flow
