#include "runs/executor.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "catalog/event_log.h"
#include "runs/gate_wait.h"
#include "runs/lease_keeper.h"
#include "runs/metric_series.h"
#include "runs/node_runner.h"
#include "runs/run_state.h"
#include "runs/stream_run.h"
#include "runs/sweep.h"

namespace thalweg::runs {

using catalog::NodeState;

namespace {

/// Runs the nodes of one run: a node starts when all it reads and comes after has ended;
/// independent nodes run at once.
class Scheduler {
 public:
  Scheduler(RunState& state, int parallel, std::stop_token stop)
      : state_(state),
        parallel_(parallel),
        stop_(std::move(stop)),
        waits_(state.plan.nodes.size(), 0),
        next_(state.plan.nodes.size()) {}

  void Execute() {
    for (const int i : state_.plan.graph.order) {
      if (!Takes(i)) continue;
      std::set<int> before;
      for (const int other : state_.node(i).upstream) before.insert(other);
      for (const int other : state_.node(i).after) before.insert(other);
      for (const int other : before) {
        if (!Takes(other)) continue;
        next_[At(other)].push_back(i);
        ++waits_[At(i)];
      }
      ++open_;
      if (waits_[At(i)] == 0) ready_.push_back(i);
    }
    LeaseKeeper keeper(state_.workspace.catalog(), running_);
    std::stop_callback wake(stop_, [this] {
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::vector<std::jthread> workers;
    for (int i = 1; i < std::min(parallel_, open_); ++i) workers.emplace_back([this] { Work(); });
    Work();
  }

 private:
  static std::size_t At(int i) { return static_cast<std::size_t>(i); }
  /// Nodes whose result is not settled before execution.
  bool Takes(int i) const {
    return !state_.node_runs[At(i)].empty() && !state_.node(i).streams &&
           state_.results[At(i)].state == NodeState::kPending;
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return open_ == 0 || !ready_.empty(); });
      if (open_ == 0) return;
      const int i = ready_.front();
      ready_.pop_front();
      lock.unlock();
      NodeResult result = RunOne(i);
      {
        std::lock_guard results(state_.mutex);
        state_.results[At(i)] = std::move(result);
      }
      lock.lock();
      --open_;
      for (const int other : next_[At(i)]) {
        if (--waits_[At(other)] == 0) ready_.push_back(other);
      }
      changed_.notify_all();
    }
  }

  NodeResult RunOne(int i) {
    if (std::optional<NodeResult> skipped = SkipBecause(i)) return *std::move(skipped);
    NodeRunner runner(state_, running_);
    return runner.Run(i, stop_);
  }

  /// A node does not start when the run is being stopped or something before it did not succeed.
  std::optional<NodeResult> SkipBecause(int i) {
    if (stop_.stop_requested())
      return NodeResult{.state = NodeState::kCancelled, .detail = "the run was stopped"};
    std::vector<int> before = state_.node(i).upstream;
    before.insert(before.end(), state_.node(i).after.begin(), state_.node(i).after.end());
    std::lock_guard lock(state_.mutex);
    std::optional<NodeResult> skipped;
    for (const int other : before) {
      const NodeResult& result = state_.results[At(other)];
      const std::string& name = state_.node(other).name();
      switch (result.state) {
        case NodeState::kFailed:
        case NodeState::kSkipped:
          if (!Takes(other) && state_.node_runs[At(other)].empty()) break;
          return NodeResult{
              .state = NodeState::kSkipped,
              .detail = fmt::format("{} {}", name,
                                    result.state == NodeState::kFailed ? "failed" : "was skipped")};
        case NodeState::kCancelled:
          return NodeResult{.state = NodeState::kCancelled, .detail = "the run was stopped"};
        case NodeState::kWaiting:
        case NodeState::kPending:
          if (!state_.node_runs[At(other)].empty())
            skipped = NodeResult{.state = NodeState::kPending,
                                 .detail = fmt::format("waits for {}", name)};
          break;
        default:
          break;
      }
    }
    return skipped;
  }

  RunState& state_;
  const int parallel_;
  const std::stop_token stop_;
  RunningAttempts running_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> ready_;
  std::vector<int> waits_;
  std::vector<std::vector<int>> next_;
  int open_ = 0;
};

std::string ParametersJson(const spec::Pipeline& pipeline) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& parameter : pipeline.params) {
    json[parameter.name] = parameter.value ? nlohmann::json(*parameter.value) : nlohmann::json();
  }
  return json.dump();
}

std::vector<std::string> SplitWords(const std::string& text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// Executes a planned run that has its number and its lock, and ends it.
class RunDriver {
 public:
  RunDriver(Workspace& workspace, RunObserver& observer, std::stop_token stop)
      : workspace_(workspace), observer_(observer), stop_(std::move(stop)) {}

  Result<RunOutcome> Drive(Plan plan, const catalog::RunRecord& run, int parallel,
                           const Rehearsal* rehearsal = nullptr) {
    RunState state(workspace_, plan, run, observer_);
    state.rehearsal = rehearsal;
    TW_ASSIGN_OR_RETURN(const auto records, workspace_.catalog().NodeRuns(run.id));
    state.node_runs.resize(plan.nodes.size());
    for (const auto& record : records) {
      const int i = plan.graph.Find(record.node_name);
      if (i >= 0) state.node_runs[static_cast<std::size_t>(i)] = record.id;
    }
    TW_RETURN_IF_ERROR(SettleReused(state, records));
    const bool work =
        std::any_of(state.results.begin(), state.results.end(),
                    [](const NodeResult& result) { return result.state == NodeState::kPending; });
    if (work) {
      if (workspace_.engine_opened() || plan.anything_runs()) TW_RETURN_IF_ERROR(Prepare(plan));
      Scheduler(state, parallel > 0 ? parallel : workspace_.threads(), stop_).Execute();
      Stream(state);
    }
    return Finish(state);
  }

 private:
  /// The nodes that stream, as one flow, once the tables that they read are there.
  void Stream(RunState& state) {
    bool any = false;
    NodeResult instead;
    for (const int i : state.plan.graph.order) {
      const auto at = static_cast<std::size_t>(i);
      if (!state.node(i).streams || state.node_runs[at].empty()) continue;
      any = true;
      for (const int other : state.node(i).upstream) {
        const NodeResult& result = state.results[static_cast<std::size_t>(other)];
        if (state.node(other).streams || state.node_runs[static_cast<std::size_t>(other)].empty() ||
            result.state == NodeState::kDone || result.state == NodeState::kReused)
          continue;
        instead.state = result.state == NodeState::kWaiting || result.state == NodeState::kPending
                            ? NodeState::kPending
                            : NodeState::kSkipped;
        instead.detail = fmt::format("needs {}", state.node(other).name());
      }
    }
    if (!any) return;
    if (stop_.stop_requested()) {
      instead.state = NodeState::kCancelled;
      instead.detail = "the run was stopped";
    }
    if (instead.detail.empty()) return RunStream(state, stop_);
    for (const int i : state.plan.graph.order) {
      const auto at = static_cast<std::size_t>(i);
      if (state.node(i).streams && !state.node_runs[at].empty()) state.results[at] = instead;
    }
  }

  /// Nodes that the plan reuses as they are: one transaction for all of them.
  Status SettleReused(RunState& state, const std::vector<catalog::NodeRunRecord>& records) {
    std::vector<std::pair<NodeRunId, catalog::Catalog::NodeRunChange>> changes;
    std::vector<int> settled;
    std::vector<bool> open(state.plan.nodes.size());  // its checks, or some above it, run again
    for (const int i : state.plan.graph.order) {
      const auto at = static_cast<std::size_t>(i);
      const NodePlan& plan = state.plan.nodes[at];
      const std::vector<int>& above = state.node(i).upstream;
      open[at] = plan.recheck || std::any_of(above.begin(), above.end(), [&](int other) {
                   return open[static_cast<std::size_t>(other)];
                 });
      if (state.node_runs[at].empty()) {
        state.results[at].state = NodeState::kSkipped;
        continue;
      }
      if (plan.action != Action::kReuse || open[at]) continue;
      NodeResult& result = state.results[at];
      const auto record = std::find_if(records.begin(), records.end(),
                                       [&](const auto& r) { return r.id == state.node_runs[at]; });
      result.state = record->state == NodeState::kDone ? NodeState::kDone : NodeState::kReused;
      result.version = plan.version;
      // A target that was written before the run was cut off has said so.
      const bool said =
          result.state == NodeState::kDone && state.node(i).spec->kind == spec::NodeKind::kTarget;
      if (!said) result.detail = plan.why;
      if (plan.version) {
        result.rows = plan.version->manifest.rows;
        TW_ASSIGN_OR_RETURN(auto rejects,
                            workspace_.catalog().VersionOfRun(plan.version->pipeline,
                                                              plan.version->table + "_rejects",
                                                              plan.version->run_number));
        if (rejects) {
          result.rejected = rejects->manifest.rows;
          result.sides.emplace(rejects->table, *std::move(rejects));
        }
      }
      settled.push_back(i);
      if (record->state == result.state) continue;
      changes.emplace_back(state.node_runs[at],
                           catalog::Catalog::NodeRunChange{
                               .state = result.state,
                               .action = "reuse: " + plan.why,
                               .recipe_key = plan.recipe_key,
                               .version = plan.version ? plan.version->manifest.id : VersionId(),
                               .actor = state.Us(plan.why)});
    }
    if (!changes.empty()) TW_RETURN_IF_ERROR(workspace_.catalog().SetNodeRuns(changes));
    for (const int i : settled) {
      const NodeResult& result = state.results[static_cast<std::size_t>(i)];
      NodeEvent event;
      event.node = state.node(i).name();
      event.kind = spec::ToString(state.node(i).spec->kind);
      event.state = result.state;
      event.detail = result.detail;
      event.rows = result.rows;
      event.rejected = result.rejected;
      state.Tell(event);
    }
    return {};
  }

  /// Places for the nodes' files, and the walls around the engine.
  Status Prepare(const Plan& plan) {
    FileSystem& files = workspace_.files();
    bool made = false;
    for (const auto& node : plan.nodes) {
      if (node.id.empty()) continue;
      const std::string directory = workspace_.home().NodeDirectory(node.id);
      if (files.Stat(directory).ok()) continue;
      TW_RETURN_IF_ERROR(files.MakeDirectory(directory));
      made = true;
    }
    if (made) TW_RETURN_IF_ERROR(files.SyncDirectory(workspace_.home().TablesDirectory()));
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    std::vector<std::string> allowed = plan.reads;
    allowed.push_back(workspace_.home().TablesDirectory());
    allowed.push_back(workspace_.home().SpillDirectory());
    return engine->Confine(allowed);
  }

  Result<RunOutcome> Finish(RunState& state) {
    RunOutcome outcome;
    std::vector<std::pair<NodeRunId, catalog::Catalog::NodeRunChange>> unstarted;
    std::vector<Recipe> recipes;
    bool failed = false, waiting = false, cancelled = false;
    for (const int i : state.plan.graph.order) {
      const auto at = static_cast<std::size_t>(i);
      if (state.node_runs[at].empty()) continue;
      const NodeResult& result = state.results[at];
      outcome.nodes.push_back({state.node(i).name(), result.state, result.rows, result.rejected,
                               result.detail,
                               result.error.ok() ? "" : Render(result.error, false)});
      if (!result.recipe.empty()) recipes.push_back(result.recipe);
      failed |= result.state == NodeState::kFailed;
      cancelled |= result.state == NodeState::kCancelled;
      waiting |= result.state == NodeState::kWaiting;
      outcome.rejected |= result.gate_rejected;
      outcome.gate_timed_out |= result.gate_timed_out;
      outcome.timed_out |= !result.error.ok() && result.error.code() == Code::kTimeout;
      if (result.state == NodeState::kWaiting) outcome.gates.push_back(state.node(i).name());
      const bool inlined = state.planned(i).action == Action::kInline;
      const bool never_started = result.state == NodeState::kSkipped ||
                                 (result.state == NodeState::kCancelled && result.error.ok());
      if (inlined || never_started)
        unstarted.emplace_back(
            state.node_runs[at],
            catalog::Catalog::NodeRunChange{
                .state = result.state, .action = result.detail, .actor = state.Us(result.detail)});
    }
    if (!unstarted.empty()) TW_RETURN_IF_ERROR(workspace_.catalog().SetNodeRuns(unstarted));
    TW_RETURN_IF_ERROR(RememberRecipes(workspace_, recipes));
    catalog::RunState end = catalog::RunState::kDone;
    std::string reason = "every node ended";
    if (waiting) end = catalog::RunState::kWaiting, reason = "waits at " + outcome.gates.front();
    if (cancelled) end = catalog::RunState::kCancelled, reason = "stopped on request";
    if (failed) end = catalog::RunState::kFailed, reason = "a node failed";
    // Where the catalog refused to hear the end of an attempt.
    if (failed || cancelled) {
      TW_RETURN_IF_ERROR(workspace_.catalog()
                             .LoseAttempts(state.run.id, state.Us("its end was not written"))
                             .status());
    }
    TW_RETURN_IF_ERROR(workspace_.catalog().SetRunState(state.run.id, end, state.Us(reason)));
    TW_ASSIGN_OR_RETURN(const auto record, workspace_.catalog().FindRun(state.run.number));
    outcome.run = *record;
    const auto mirror =
        catalog::EventLog::Open(workspace_.home(), workspace_.catalog(), state.run.number);
    if (!mirror.ok())
      Log(LogLevel::kWarn, "cannot write events.ndjson: {}", mirror.status().message());
    WriteAttemptMetrics(workspace_.home(), workspace_.clock(), workspace_.catalog(), outcome.run);
    std::lock_guard lock(state.observer_mutex);
    observer_.OnRun(outcome.run);
    return outcome;
  }

  Workspace& workspace_;
  RunObserver& observer_;
  std::stop_token stop_;
};

Result<Plan> LoadAndPlan(Workspace& workspace, const RunRequest& request,
                         const std::optional<spec::LoadOptions::RunValues>& values,
                         const RunId& run, Diagnostics& diagnostics) {
  TW_ASSIGN_OR_RETURN(Graph graph, LoadGraph(workspace, request, values, diagnostics));
  if (diagnostics.has_errors()) return diagnostics.ToStatus();
  PlanOptions options{.selection = request.selection, .write_ids = !run.empty(), .run = run};
  TW_ASSIGN_OR_RETURN(Plan plan, MakePlan(workspace, std::move(graph), options, diagnostics));
  if (diagnostics.has_errors()) return diagnostics.ToStatus();
  return plan;
}

bool UsesRun(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const GraphNode& node) { return node.spec->uses_run; });
}

Status RefuseWhileActive(Workspace& workspace, const std::string& pipeline) {
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(pipeline, 20));
  for (const auto& run : runs) {
    if (run.state != catalog::RunState::kRunning) continue;
    return Status(Code::kConflict,
                  fmt::format("run {} of pipeline {} is still going on", run.number, pipeline))
        .WithSlug("run-active")
        .WithHint(fmt::format("wait for it, or look at it with: thalweg show {}", run.number));
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> ParametersOf(const catalog::RunRecord& run) {
  std::map<std::string, std::string> parameters;
  const auto json = nlohmann::json::parse(run.parameters, nullptr, false);
  if (!json.is_object()) return parameters;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) parameters[name] = value.get<std::string>();
  }
  return parameters;
}

Result<Graph> LoadGraph(Workspace& workspace, const RunRequest& request,
                        const std::optional<spec::LoadOptions::RunValues>& run,
                        Diagnostics& diagnostics) {
  const std::string directory = ParentPath(AbsolutePath(request.file));
  spec::LoadOptions options;
  options.params = request.params;
  options.run = run;
  auto variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  options.environment = variable;
  options.secret = [variable](const std::string& name) {
    return variable("THALWEG_SECRET_" + name);
  };
  options.read_file = [&workspace, directory](const std::string& path) {
    return ReadFile(workspace.files(), JoinPath(directory, path));
  };

  const auto source = std::make_shared<const SourceText>(request.file, request.text);
  auto pipeline = std::make_shared<spec::Pipeline>(
      spec::LoadText(source, workspace.registry(), options, diagnostics));
  if (diagnostics.has_errors()) {
    // Statements are looked at all the same, so that a file's mistakes are reported in one pass.
    for (const auto& node : pipeline->nodes) {
      if (!node.value.is_null() && node.name.empty()) return diagnostics.ToStatus();
    }
  }
  if (request.rehearsal != nullptr && !diagnostics.has_errors())
    TW_RETURN_IF_ERROR(request.rehearsal->edit(pipeline.get()));
  TW_ASSIGN_OR_RETURN(
      Graph graph,
      GraphBuilder(CachedAnalyze(workspace)).Build(std::move(pipeline), directory, diagnostics));
  diagnostics.Sort();
  return graph;
}

Result<RunOutcome> Run(Workspace& workspace, const RunRequest& request, RunObserver& observer,
                       std::stop_token stop, Diagnostics& diagnostics) {
  TW_ASSIGN_OR_RETURN(const auto recovered, Recover(workspace));
  for (const auto& line : recovered) observer.OnMessage(line);
  TW_ASSIGN_OR_RETURN(Plan plan,
                      LoadAndPlan(workspace, request, std::nullopt, RunId(), diagnostics));
  const std::string pipeline = plan.graph.pipeline->name;
  TW_RETURN_IF_ERROR(RefuseWhileActive(workspace, pipeline));
  TW_RETURN_IF_ERROR(GiveIds(workspace, &plan));  // from here on a run takes place

  catalog::NewRun wanted{.pipeline = pipeline,
                         .file_path = AbsolutePath(request.file),
                         .file_text = request.text,
                         .parameters = ParametersJson(*plan.graph.pipeline),
                         .selection = fmt::format("{}", fmt::join(request.selection, " ")),
                         .actor = {workspace.actor(), "run"}};
  for (const int i : plan.graph.order) {
    const auto at = static_cast<std::size_t>(i);
    if (plan.nodes[at].action == Action::kSkip) continue;
    wanted.stream |= plan.graph.nodes[at].streams;
    const spec::Node& node = *plan.graph.nodes[at].spec;
    wanted.nodes.push_back(
        {plan.nodes[at].id, node.name, std::string(spec::ToString(node.kind)),
         fmt::format("{}: {}", ToString(plan.nodes[at].action), plan.nodes[at].why)});
  }
  TW_ASSIGN_OR_RETURN(catalog::RunRecord run, workspace.catalog().CreateRun(wanted));
  workspace.files().Point("run.created");
  TW_ASSIGN_OR_RETURN(const auto lock, catalog::RunLock::TryAcquire(workspace.home(), run.number));
  if (!lock)
    return Status::Internal(fmt::format("run {} is locked by another process", run.number));
  TW_RETURN_IF_ERROR(workspace.catalog().SetRunState(run.id, catalog::RunState::kRunning,
                                                     {workspace.actor(), "run"}));
  TW_RETURN_IF_ERROR(SettleOlderGates(workspace, run));
  observer.OnRun(run);
  if (UsesRun(plan.graph)) {
    TW_ASSIGN_OR_RETURN(
        plan, LoadAndPlan(workspace, request, spec::LoadOptions::RunValues{run.number, run.started},
                          run.id, diagnostics));
  }
  return RunDriver(workspace, observer, stop)
      .Drive(std::move(plan), run, request.parallel, request.rehearsal);
}

Result<RunOutcome> Resume(Workspace& workspace, std::int64_t number, RunObserver& observer,
                          std::stop_token stop, Diagnostics& diagnostics) {
  TW_ASSIGN_OR_RETURN(const auto found, workspace.catalog().FindRun(number));
  if (!found)
    return Status::NotFound(fmt::format("there is no run {}", number))
        .WithSlug("unknown-run")
        .WithHint("thalweg runs lists them");
  const catalog::RunRecord& run = *found;
  if (run.state == catalog::RunState::kDone || run.state == catalog::RunState::kInvalidated) {
    return Status(Code::kConflict, fmt::format("run {} is {}: there is nothing to resume", number,
                                               catalog::ToString(run.state)))
        .WithHint("start a new one: thalweg run");
  }
  TW_ASSIGN_OR_RETURN(const auto lock, catalog::RunLock::TryAcquire(workspace.home(), number));
  if (!lock) {
    return Status(Code::kConflict,
                  fmt::format("run {} is still going on in another process", number))
        .WithHint(fmt::format("thalweg show {}", number));
  }
  TW_ASSIGN_OR_RETURN(const auto recovered, Recover(workspace));
  for (const auto& line : recovered) observer.OnMessage(line);
  TW_RETURN_IF_ERROR(
      workspace.catalog().LoseAttempts(run.id, {workspace.actor(), "resume"}).status());
  TW_RETURN_IF_ERROR(SweepAttempts(workspace).status());
  TW_RETURN_IF_ERROR(FailTimedOutGates(workspace, run).status());

  RunRequest request{.file = run.file_path,
                     .text = run.file_text,
                     .params = ParametersOf(run),
                     .selection = SplitWords(run.selection)};
  TW_ASSIGN_OR_RETURN(Plan plan, LoadAndPlan(workspace, request,
                                             spec::LoadOptions::RunValues{run.number, run.started},
                                             run.id, diagnostics));
  TW_ASSIGN_OR_RETURN(const auto records, workspace.catalog().NodeRuns(run.id));
  std::vector<std::pair<NodeRunId, catalog::Catalog::NodeRunChange>> again;
  for (const auto& record : records) {
    if (record.state == NodeState::kDone || record.state == NodeState::kReused ||
        record.state == NodeState::kPending)
      continue;
    TW_ASSIGN_OR_RETURN(const bool waits_on, WaitGoesOn(workspace, plan, record));
    if (waits_on) continue;
    again.emplace_back(record.id,
                       catalog::Catalog::NodeRunChange{.state = NodeState::kPending,
                                                       .actor = {workspace.actor(), "resume"}});
  }
  if (!again.empty()) TW_RETURN_IF_ERROR(workspace.catalog().SetNodeRuns(again));
  TW_RETURN_IF_ERROR(workspace.catalog().SetRunState(run.id, catalog::RunState::kRunning,
                                                     {workspace.actor(), "resume"}));
  observer.OnRun(run);
  return RunDriver(workspace, observer, stop).Drive(std::move(plan), run, 0);
}

}  // namespace thalweg::runs
