#include "flow/flow.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include <arrow/type.h>
#include <fmt/format.h>

#include "base/log.h"
#include "flow/epochs.h"
#include "flow/operator_task.h"
#include "flow/source_task.h"

namespace thalweg::flow {
namespace {

class Running : public Flow, public Overseer {
 public:
  explicit Running(FlowOptions options)
      : options_(std::move(options)), epochs_(options_.first_epoch) {}
  ~Running() override { EndThreads(); }

  Status Build(Graph graph);

  Status Run(std::stop_token stop) override;
  std::vector<StepFigures> Figures() const override;
  void Attach(int step, std::shared_ptr<Tap> tap) override {
    taps_[static_cast<std::size_t>(step)]->Attach(std::move(tap));
  }
  void Detach(int step, const std::shared_ptr<Tap>& tap) override {
    taps_[static_cast<std::size_t>(step)]->Detach(tap);
  }
  void Poke() override {
    std::lock_guard lock(mutex_);
    poked_ = true;
    changed_.notify_all();
  }
  std::uint64_t committed() const override { return committed_; }

 private:
  // What tasks say.
  const Clock& clock() const override { return *options_.clock; }
  bool cancelled() const override { return cancelled_.load(std::memory_order_relaxed); }
  std::uint64_t requested() const override { return requested_.load(std::memory_order_acquire); }
  void Fail(const Task& task, Status status) override;
  void Ack(const Task& task, std::uint64_t epoch, TaskPart part) override;
  void Ended(const Task& task, TaskPart part) override;
  void SetTimer(Task& task, component::Timer timer) override;
  void WantCheckpoint() override;

  /// The channels into one step, by port, producing task and instance.
  using Links = std::map<std::tuple<int, int, int>, Channel*>;
  Status BuildStep(const Graph& graph, int index);
  void AddTask(const Step& step, int index, int instance, Inputs inputs);
  Status AddEdges(const Step& step, const Links& links);
  void WakeSources();
  void RunDueTimers();
  void RequestEpoch();
  std::chrono::steady_clock::time_point NextWakeUp() const;
  void CommitLoop();
  void EndThreads();

  FlowOptions options_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::unique_ptr<TapPoint>> taps_;
  std::unique_ptr<Scheduler> pool_;
  std::vector<std::unique_ptr<Scheduler>> own_;  // one thread for each sink
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Scheduler*> scheduler_of_;    // by task
  std::vector<std::vector<int>> tasks_of_;  // by step
  std::vector<Outputs*> outputs_of_;        // by task; null: sinks
  std::vector<int> sources_;                // tasks that send barriers

  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> requested_{0}, committed_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Status status_;
  Epochs epochs_;
  std::deque<EpochParts> to_commit_;
  bool committing_ = false, last_committed_ = false, wanted_ = false, poked_ = false;
  struct TimerOf {
    component::Timer timer;
    Task* task;
  };
  std::vector<TimerOf> timers_;
  std::chrono::steady_clock::time_point next_checkpoint_;
  std::thread committer_;
  bool ending_ = false;
};

int Instances(const Step& step) {
  const auto* op = std::get_if<OperatorStep>(&step.what);
  return op == nullptr ? 1 : op->instances;
}

int TableInputs(const Graph& graph, const Step& step) {
  return static_cast<int>(
      std::count_if(step.inputs.begin(), step.inputs.end(), [&](const Input& i) {
        return std::holds_alternative<TableStep>(
            graph.steps[static_cast<std::size_t>(i.step)].what);
      }));
}

Status Running::Build(Graph graph) {
  pool_ = std::make_unique<Scheduler>();
  // Tasks take this for sent already: a barrier that some of them send would be one too many.
  requested_ = options_.first_epoch - 1;
  committed_ = options_.first_epoch - 1;
  tasks_of_.resize(graph.steps.size());
  for (std::size_t i = 0; i < graph.steps.size(); ++i) {
    taps_.push_back(std::make_unique<TapPoint>());
    TW_RETURN_IF_ERROR(BuildStep(graph, static_cast<int>(i)).Annotate(graph.steps[i].node));
  }
  int counted = 0;
  for (const auto& step : graph.steps) {
    if (!std::holds_alternative<TableStep>(step.what)) counted += Instances(step);
  }
  epochs_.Begin(static_cast<int>(tasks_.size()), counted);
  return {};
}

Status Running::BuildStep(const Graph& graph, int index) {
  const Step& step = graph.steps[static_cast<std::size_t>(index)];
  const int instances = Instances(step);
  const int first_task = static_cast<int>(tasks_.size());
  Links links;
  for (int instance = 0; instance < instances; ++instance) {
    Inputs inputs(static_cast<int>(step.inputs.size()), TableInputs(graph, step));
    for (int port = 0; port < static_cast<int>(step.inputs.size()); ++port) {
      const int from = step.inputs[static_cast<std::size_t>(port)].step;
      if (from >= index) return Status::Internal("a step reads one that stands behind it");
      for (const int producer : tasks_of_[static_cast<std::size_t>(from)]) {
        channels_.push_back(std::make_unique<Channel>(options_.channel_limit));
        links[{port, producer, instance}] = channels_.back().get();
        inputs.Add(port, channels_.back().get());
      }
    }
    inputs.Begin();
    AddTask(step, index, instance, std::move(inputs));
  }
  for (const auto& [ends, channel] : links) {
    const auto [port, producer, instance] = ends;
    const auto consumer = static_cast<std::size_t>(first_task + instance);
    channel->Connect(scheduler_of_[static_cast<std::size_t>(producer)],
                     tasks_[static_cast<std::size_t>(producer)].get(), scheduler_of_[consumer],
                     tasks_[consumer].get());
  }
  return AddEdges(step, links);
}

/// What the producers of a step's inputs send, and to which of its instances.
Status Running::AddEdges(const Step& step, const Links& links) {
  const auto* op = std::get_if<OperatorStep>(&step.what);
  for (int port = 0; port < static_cast<int>(step.inputs.size()); ++port) {
    const Input& input = step.inputs[static_cast<std::size_t>(port)];
    for (const int producer : tasks_of_[static_cast<std::size_t>(input.step)]) {
      Outputs::Edge edge{.side = input.side};
      for (int instance = 0; instance < Instances(step); ++instance)
        edge.to.push_back(links.at({port, producer, instance}));
      const auto at = static_cast<std::size_t>(port);
      if (op != nullptr && op->instances > 1 && at < op->bound.partition_by.size() &&
          !op->bound.partition_by[at].empty()) {
        TW_ASSIGN_OR_RETURN(
            edge.router,
            KeyRouter::Make(*op->inputs[at].schema, op->bound.partition_by[at], op->instances));
      }
      edge.to_all = op != nullptr && at >= step.inputs.size() - op->spec->tables().size();
      outputs_of_[static_cast<std::size_t>(producer)]->Add(std::move(edge));
    }
  }
  return {};
}

void Running::AddTask(const Step& step, int index, int instance, Inputs inputs) {
  const int id = static_cast<int>(tasks_.size());
  TapPoint* tap = taps_.back().get();
  Scheduler* scheduler = pool_.get();
  std::unique_ptr<Task> task;
  Outputs* outputs = nullptr;
  const auto keep = [&](auto made) {
    outputs = &made->outputs();
    task = std::move(made);
  };
  if (const auto* source = std::get_if<SourceStep>(&step.what)) {
    keep(std::make_unique<SourceTask>(id, index, step.node, this, *source, scheduler,
                                      options_.batch_bytes, options_.checkpoint_after_elements,
                                      tap));
    sources_.push_back(id);
  } else if (const auto* table = std::get_if<TableStep>(&step.what)) {
    keep(std::make_unique<TableTask>(id, index, step.node, this, *table, tap));
    sources_.push_back(id);
  } else if (const auto* op = std::get_if<OperatorStep>(&step.what)) {
    keep(std::make_unique<OperatorTask>(id, index, instance, step.node, this,
                                        std::make_shared<const OperatorStep>(*op),
                                        std::move(inputs), tap));
  } else if (const auto* timed = std::get_if<EventTimeStep>(&step.what)) {
    keep(std::make_unique<EventTimeTask>(id, index, step.node, this, *timed, std::move(inputs),
                                         tap));
  } else {
    own_.push_back(std::make_unique<Scheduler>());
    scheduler = own_.back().get();
    task = std::make_unique<SinkTask>(id, index, step.node, this, std::get<SinkStep>(step.what),
                                      std::move(inputs));
  }
  tasks_of_[static_cast<std::size_t>(index)].push_back(id);
  tasks_.push_back(std::move(task));
  scheduler_of_.push_back(scheduler);
  outputs_of_.push_back(outputs);
}

void Running::Fail(const Task& task, Status status) {
  Log(LogLevel::kDebug, "flow: node {} failed: {}", task.node(), status.message());
  std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = status.Annotate("node \"" + task.node() + "\"");
  cancelled_ = true;
  changed_.notify_all();
}

void Running::Ack(const Task& task, std::uint64_t epoch, TaskPart part) {
  std::lock_guard lock(mutex_);
  epochs_.Ack(task.id(), task.step(), task.instance(), epoch, std::move(part));
  if (auto complete = epochs_.TakeComplete()) {
    to_commit_.push_back(*std::move(complete));
    changed_.notify_all();
  }
}

void Running::Ended(const Task& task, TaskPart part) {
  std::lock_guard lock(mutex_);
  epochs_.Ended(task.id(), task.step(), task.instance(), std::move(part));
  while (auto complete = epochs_.TakeComplete()) {
    to_commit_.push_back(*std::move(complete));
    changed_.notify_all();
  }
}

void Running::SetTimer(Task& task, component::Timer timer) {
  std::lock_guard lock(mutex_);
  timers_.push_back({timer, &task});
  poked_ = true;
  changed_.notify_all();
}

void Running::WantCheckpoint() {
  std::lock_guard lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
}

void Running::WakeSources() {
  for (const int id : sources_)
    scheduler_of_[static_cast<std::size_t>(id)]->Ready(tasks_[static_cast<std::size_t>(id)].get());
}

/// With the mutex held.
void Running::RequestEpoch() {
  wanted_ = false;
  requested_ = epochs_.Request();
  next_checkpoint_ = options_.clock->Steady() + options_.checkpoint_every;
  WakeSources();
}

void Running::RunDueTimers() {
  const auto now = options_.clock->Steady();
  for (std::size_t i = 0; i < timers_.size();) {
    if (timers_[i].timer.at > now) {
      ++i;
      continue;
    }
    Task* task = timers_[i].task;
    task->AddDueTimer(timers_[i].timer);
    timers_[i] = timers_.back();
    timers_.pop_back();
    scheduler_of_[static_cast<std::size_t>(task->id())]->Ready(task);
  }
}

std::chrono::steady_clock::time_point Running::NextWakeUp() const {
  auto at = options_.clock->Steady() + std::chrono::hours(1);
  if (options_.checkpoint_every.count() > 0) at = std::min(at, next_checkpoint_);
  for (const auto& timer : timers_) at = std::min(at, timer.timer.at);
  return at;
}

void Running::CommitLoop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !to_commit_.empty(); });
    if (to_commit_.empty()) return;
    EpochParts parts = std::move(to_commit_.front());
    to_commit_.pop_front();
    const std::uint64_t epoch = parts.epoch;
    const bool last = parts.last;
    committing_ = true;
    lock.unlock();
    const Status status = options_.commit ? options_.commit(std::move(parts)) : Status();
    lock.lock();
    committing_ = false;
    if (!status.ok()) {
      if (status_.ok()) status_ = status;
      cancelled_ = true;
      to_commit_.clear();
    } else {
      committed_ = epoch;
      last_committed_ |= last;
      WakeSources();
    }
    changed_.notify_all();
  }
}

Status Running::Run(std::stop_token stop) {
  std::stop_callback on_stop(stop, [this] { Poke(); });
  next_checkpoint_ = options_.clock->Steady() + options_.checkpoint_every;
  committer_ = std::thread([this] { CommitLoop(); });
  for (std::size_t i = 0; i < tasks_.size(); ++i) scheduler_of_[i]->Ready(tasks_[i].get());
  pool_->Start(std::max(1, options_.threads));
  for (auto& own : own_) own->Start(1);

  std::optional<std::chrono::steady_clock::time_point> stop_at;
  std::uint64_t stop_epoch = 0;
  std::unique_lock lock(mutex_);
  while (!cancelled_ && !last_committed_) {
    RunDueTimers();
    const bool free = !epochs_.in_flight() && to_commit_.empty() && !committing_;
    if (stop.stop_requested() && !epochs_.all_ended()) {
      const auto now = std::chrono::steady_clock::now();
      if (!stop_at) stop_at = now + options_.stop_within;
      if (stop_epoch == 0 && free) {
        RequestEpoch();
        stop_epoch = requested_;
      }
      if (now >= *stop_at || (stop_epoch != 0 && committed_ >= stop_epoch)) {
        status_ = Status::Cancelled("stopped on request");
        break;
      }
    } else if (free && !epochs_.all_ended() &&
               (wanted_ || (options_.checkpoint_every.count() > 0 &&
                            options_.clock->Steady() >= next_checkpoint_))) {
      RequestEpoch();
    }
    poked_ = false;
    auto wait = NextWakeUp() - options_.clock->Steady();
    if (stop_at) wait = std::min<decltype(wait)>(wait, std::chrono::milliseconds(20));
    if (!free) wait = std::max<decltype(wait)>(wait, std::chrono::milliseconds(5));
    changed_.wait_for(lock, wait);
  }
  cancelled_ = true;
  lock.unlock();
  if (options_.ending) options_.ending();
  EndThreads();
  const bool good = last_committed_;  // also by a commit that was under way
  for (const auto& task : tasks_) {
    task->AfterCommit();
    task->Abort();
  }
  return good ? Status() : status_;
}

void Running::EndThreads() {
  cancelled_ = true;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (pool_) pool_->Stop();
  for (auto& own : own_) own->Stop();
  if (committer_.joinable()) committer_.join();
}

std::vector<StepFigures> Running::Figures() const {
  std::vector<StepFigures> all;
  for (const auto& ids : tasks_of_) {
    StepFigures sum;
    sum.ended = !ids.empty();
    bool first = true;
    for (const int id : ids) {
      const Task& task = *tasks_[static_cast<std::size_t>(id)];
      const TaskCounters& each = task.counters();
      sum.node = task.node();
      sum.rows_in += each.rows_in;
      sum.rows_out += each.rows_out;
      sum.bytes_out += each.bytes_out;
      sum.rejected += each.rejected;
      sum.late += each.late;
      sum.dropped += each.dropped;
      sum.busy_ns += each.busy_ns;
      sum.blocked_ns += each.blocked_ns;
      sum.state_bytes += each.state_bytes;
      sum.queued_bytes += task.queued_bytes();
      sum.queued_limit += task.queued_limit();
      sum.watermark =
          first ? each.watermark.load() : std::min(sum.watermark, each.watermark.load());
      sum.ended &= each.ended;
      ++sum.tasks;
      first = false;
    }
    all.push_back(std::move(sum));
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<Flow>> Flow::Make(Graph graph, FlowOptions options) {
  auto flow = std::make_unique<Running>(std::move(options));
  TW_RETURN_IF_ERROR(flow->Build(std::move(graph)));
  return std::unique_ptr<Flow>(std::move(flow));
}

}  // namespace thalweg::flow
