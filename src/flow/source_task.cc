#include "flow/source_task.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "component/reject_rows.h"

namespace thalweg::flow {
namespace {

constexpr int kPollsAtOnce = 16;
constexpr int kMostFailures = 10;
constexpr std::chrono::seconds kLookEvery{1};
// Tags of the task's timers; those of splits lie above.
constexpr std::int64_t kLook = 0, kIdleBase = 1, kRetryBase = 1 << 24;

}  // namespace

/// Wake-ups come from threads of connectors, which may outlive the task by a moment.
struct SourceTask::Waiting {
  std::mutex mutex;
  SourceTask* task = nullptr;  // null: gone
  std::atomic<bool> blocked{false};
  void Wake() {
    blocked = false;
    std::lock_guard lock(mutex);
    if (task != nullptr) task->scheduler_->Ready(task);
  }
};

component::Position PackPosition(const component::Position& at, std::int64_t watermark) {
  nlohmann::json json = {{"at", at.text}};
  if (watermark != INT64_MIN) json["watermark"] = watermark;
  return {json.dump()};
}

Result<std::pair<component::Position, std::int64_t>> UnpackPosition(
    const component::Position& position) {
  if (position.text.empty()) return std::pair(component::Position(), INT64_MIN);
  const auto json = nlohmann::json::parse(position.text, nullptr, false);
  if (!json.is_object() || !json.contains("at") || !json["at"].is_string()) {
    return Status(Code::kCorrupt, Fault::kBug,
                  "a position of a stream cannot be read position=" + position.text);
  }
  const bool timed = json.contains("watermark") && json["watermark"].is_number_integer();
  return std::pair(component::Position{json["at"].get<std::string>()},
                   timed ? json["watermark"].get<std::int64_t>() : INT64_MIN);
}

SourceTask::SourceTask(int id, int step, std::string node, Overseer* overseer, SourceStep source,
                       Scheduler* scheduler, Bytes batch_bytes, std::int64_t checkpoint_after,
                       TapPoint* tap)
    : Task(id, step, 0, std::move(node), overseer),
      source_(std::move(source)),
      scheduler_(scheduler),
      batch_bytes_(batch_bytes),
      checkpoint_after_(checkpoint_after),
      outputs_(this->node(), &counters(), tap),
      barrier_(overseer->requested()) {}

SourceTask::~SourceTask() {
  for (const auto& split : splits_) {
    std::lock_guard lock(split->waiting->mutex);
    split->waiting->task = nullptr;
  }
}

Status SourceTask::Begin() {
  if (source_.event_time) {
    TW_ASSIGN_OR_RETURN(time_column_,
                        FindTimeColumn(*source_.edge.schema, source_.event_time->column));
  }
  TW_RETURN_IF_ERROR(OpenNewSplits());
  if (!source_.edge.bounded)
    overseer().SetTimer(*this, {overseer().clock().Steady() + kLookEvery, kLook});
  return {};
}

Status SourceTask::OpenNewSplits() {
  component::SourceState state = source_.from;
  TW_ASSIGN_OR_RETURN(const auto found, source_.source->Discover(state));
  for (const auto& each : found) {
    const bool known = std::any_of(splits_.begin(), splits_.end(), [&](const auto& split) {
      return split->split.name == each.name;
    });
    if (known) continue;
    auto split = std::make_unique<Split>();
    split->split = each;
    split->index = splits_.size();
    split->waiting = std::make_shared<Waiting>();
    split->waiting->task = this;
    split->last_row = overseer().clock().Steady();
    const auto from = source_.from.positions.find(each.name);
    std::pair<component::Position, std::int64_t> begin({}, INT64_MIN);
    if (from != source_.from.positions.end()) {
      TW_ASSIGN_OR_RETURN(begin, UnpackPosition(from->second));
    }
    TW_ASSIGN_OR_RETURN(split->reader, source_.source->Open(each, begin.first));
    if (time_column_) {
      split->time.emplace(time_column_->index, time_column_->ns_per_unit,
                          source_.event_time->lateness.count());
      split->time->set_watermark(begin.second);
    }
    splits_.push_back(std::move(split));
  }
  LeastWatermark watermarks(splits_.size());
  for (const auto& split : splits_) {
    if (split->time) watermarks.Set(split->index, split->time->watermark());
    if (split->idle) watermarks.SetIdle(split->index);
    if (split->ended) watermarks.SetEnded(split->index);
  }
  watermarks_ = std::move(watermarks);
  return {};
}

Result<Task::Did> SourceTask::Work() {
  if (!begun_) {
    TW_RETURN_IF_ERROR(Begin());
    begun_ = true;
  }
  AckCommitted();
  if (std::exchange(look_again_, false)) TW_RETURN_IF_ERROR(OpenNewSplits());
  for (int i = 0; i < kPollsAtOnce; ++i) {
    if (const std::uint64_t epoch = overseer().requested(); epoch > barrier_) SendBarrier(epoch);
    if (outputs_.Full()) return Did::kBlocked;
    if (checkpoint_after_ > 0 && elements_ >= checkpoint_after_) {
      overseer().WantCheckpoint();
      return Did::kWaiting;
    }
    if (std::all_of(splits_.begin(), splits_.end(), [](const auto& s) { return s->ended; })) {
      const std::size_t before = splits_.size();
      if (!source_.edge.bounded) TW_RETURN_IF_ERROR(OpenNewSplits());
      if (splits_.size() > before) continue;
      outputs_.Broadcast(data::End{});
      TaskPart part;
      part.positions = Positions();
      // The epoch that was asked for takes them, or the next one.
      unacked_[overseer().requested() + 1] = part.positions;
      Finish(std::move(part));
      return Did::kWaiting;
    }
    TW_ASSIGN_OR_RETURN(const bool polled, PollOne());
    TW_RETURN_IF_ERROR(outputs_.status());
    if (!polled) return Did::kWaiting;
  }
  return Did::kMore;
}

Result<bool> SourceTask::PollOne() {
  for (std::size_t tried = 0; tried < splits_.size(); ++tried) {
    Split& split = *splits_[turn_++ % splits_.size()];
    if (split.ended || split.retrying || split.waiting->blocked.load()) continue;
    split.waiting->blocked = true;
    auto polled = split.reader->Poll(batch_bytes_, [waiting = split.waiting] { waiting->Wake(); });
    if (!polled.ok()) {
      split.waiting->blocked = false;
      TW_RETURN_IF_ERROR(Retry(split, polled.status()));
      return true;
    }
    split.failures = 0;
    if (polled->state != component::Polled::State::kBlocked) split.waiting->blocked = false;
    TW_RETURN_IF_ERROR(TakeRejects(polled->rejects));
    if (polled->rows && polled->rows->num_rows() > 0)
      TW_RETURN_IF_ERROR(TakeRows(split, std::move(polled->rows)));
    if (polled->state == component::Polled::State::kBlocked) {
      if (source_.event_time && source_.event_time->idle && !split.idle &&
          !std::exchange(split.idle_timer, true)) {
        overseer().SetTimer(*this, {split.last_row + *source_.event_time->idle,
                                    kIdleBase + static_cast<std::int64_t>(split.index)});
      }
      continue;
    }
    if (polled->state == component::Polled::State::kEnd) {
      split.ended = true;
      watermarks_->SetEnded(split.index);
      SendWatermark();
    }
    return true;
  }
  return false;
}

Status SourceTask::Retry(Split& split, const Status& error) {
  if (!error.retryable() || ++split.failures > kMostFailures) return error;
  split.retrying = true;
  // Closed before it is opened again: the two would share a port, a file or a lock.
  if (split.reader) {
    split.at = split.reader->At();
    split.reader.reset();
  }
  const auto wait = std::chrono::milliseconds(100) * (1 << std::min(split.failures - 1, 7));
  overseer().SetTimer(*this, {overseer().clock().Steady() + wait,
                              kRetryBase + static_cast<std::int64_t>(split.index)});
  return {};
}

Status SourceTask::OpenAgain(Split& split) {
  split.retrying = false;
  auto opened = source_.source->Open(split.split, split.at);
  if (!opened.ok()) return Retry(split, opened.status());
  split.reader = std::move(opened).value();
  return {};
}

Status SourceTask::OnTimer(const component::Timer& timer) {
  if (timer.tag == kLook) {
    look_again_ = true;
    overseer().SetTimer(*this, {overseer().clock().Steady() + kLookEvery, kLook});
    return {};
  }
  if (timer.tag >= kRetryBase) {
    return OpenAgain(*splits_[static_cast<std::size_t>(timer.tag - kRetryBase)]);
  }
  Split& split = *splits_[static_cast<std::size_t>(timer.tag - kIdleBase)];
  split.idle_timer = false;
  if (split.ended || split.idle || !split.waiting->blocked.load()) return {};
  if (overseer().clock().Steady() - split.last_row < *source_.event_time->idle) {
    split.idle_timer = true;
    overseer().SetTimer(*this, {split.last_row + *source_.event_time->idle, timer.tag});
    return {};
  }
  split.idle = true;
  watermarks_->SetIdle(split.index);
  SendWatermark();
  return {};
}

Status SourceTask::TakeRows(Split& split, data::Batch rows) {
  counters().rows_in += rows->num_rows();
  ++elements_;
  split.last_row = overseer().clock().Steady();
  if (!split.time) {
    outputs_.Emit(std::move(rows));
    return {};
  }
  split.idle = false;
  split.time->Cut(
      rows, [this](data::Batch piece) { outputs_.Emit(std::move(piece)); },
      [&] {
        watermarks_->Set(split.index, split.time->watermark());
        SendWatermark();
      });
  watermarks_->Set(split.index, split.time->watermark());
  SendWatermark();
  return {};
}

void SourceTask::SendWatermark() {
  if (!source_.event_time) return;
  const std::int64_t least = watermarks_->Get();
  if (watermarks_->idle()) {
    if (std::exchange(sent_idle_, true)) return;
    if (least > sent_watermark_) {
      counters().watermark = sent_watermark_ = least;
      outputs_.Broadcast(data::Watermark{{least}});
    }
    outputs_.Broadcast(data::Watermark{{data::Watermark::kIdle}});
    return;
  }
  if (least == INT64_MIN || (least <= sent_watermark_ && !sent_idle_)) return;
  sent_idle_ = false;
  sent_watermark_ = std::max(sent_watermark_, least);
  counters().watermark = sent_watermark_;
  outputs_.Broadcast(data::Watermark{{sent_watermark_}});
}

Status SourceTask::TakeRejects(const std::vector<component::Reject>& rejects) {
  if (rejects.empty()) return {};
  rejected_ += static_cast<std::int64_t>(rejects.size());
  const component::RejectPolicy& policy = source_.rejects;
  if (policy.bad_rows == component::BadRows::kFail) {
    return Status::Invalid(component::DescribeReject(rejects.front()))
        .WithSlug("bad-row")
        .WithHint("correct the row, or keep it aside with bad_rows: quarantine");
  }
  if (policy.max_rows && rejected_ > *policy.max_rows) {
    return Status::Invalid(fmt::format("more bad rows than max_bad_rows allows: {}", rejected_))
        .WithSlug("too-many-bad-rows")
        .WithHint("look at them with a higher max_bad_rows, then correct the source");
  }
  if (policy.bad_rows == component::BadRows::kDrop) {
    counters().dropped += static_cast<std::int64_t>(rejects.size());
    return {};
  }
  TW_ASSIGN_OR_RETURN(auto rows, component::RejectRows(rejects));
  outputs_.EmitSide("rejects", std::move(rows));
  return {};
}

std::map<std::string, component::Position> SourceTask::Positions() const {
  std::map<std::string, component::Position> positions;
  for (const auto& split : splits_) {
    positions[split->split.name] = PackPosition(split->reader ? split->reader->At() : split->at,
                                                split->time ? split->time->watermark() : INT64_MIN);
  }
  return positions;
}

void SourceTask::SendBarrier(std::uint64_t epoch) {
  barrier_ = epoch;
  elements_ = 0;
  outputs_.Broadcast(data::Barrier{epoch});
  TaskPart part;
  part.positions = Positions();
  unacked_[epoch] = part.positions;
  overseer().Ack(*this, epoch, std::move(part));
}

void SourceTask::AckCommitted() {
  const std::uint64_t committed = overseer().committed();
  auto past = unacked_.upper_bound(committed);
  if (past == unacked_.begin()) return;
  const auto& positions = std::prev(past)->second;
  for (const auto& split : splits_) {
    const auto at = positions.find(split->split.name);
    if (at == positions.end() || !split->reader) continue;
    const auto unpacked = UnpackPosition(at->second);
    if (unpacked.ok()) {
      // A source that cannot give up what is durable keeps it: no reason to stop.
      const Status ignored = split->reader->Ack(unpacked->first);
      (void)ignored;
    }
  }
  unacked_.erase(unacked_.begin(), past);
}

}  // namespace thalweg::flow
