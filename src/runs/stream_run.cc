#include "runs/stream_run.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/log.h"
#include "flow/flow.h"
#include "runs/lease_keeper.h"
#include "runs/live_meter.h"
#include "runs/metric_series.h"
#include "runs/stream_commit.h"
#include "runs/stream_graph.h"
#include "runs/tap_server.h"

namespace thalweg::runs {

using catalog::NodeState;

namespace {

constexpr std::chrono::milliseconds kTellEvery{200};
constexpr std::chrono::seconds kMeasureEvery{1};

/// In test builds the environment can cut a stream otherwise; results must not depend on it.
StreamOptions OptionsFromEnvironment() {
  StreamOptions options;
#ifdef THALWEG_TEST_HOOKS
  const auto number = [](const char* name) -> std::optional<std::int64_t> {
    const char* text = std::getenv(name);
    return text == nullptr ? std::nullopt : std::optional(std::atoll(text));
  };
  if (const auto ms = number("THALWEG_CHECKPOINT_MS"))
    options.checkpoint_every = std::chrono::milliseconds(*ms);
  if (const auto elements = number("THALWEG_CHECKPOINT_ELEMENTS"))
    options.checkpoint_after_elements = *elements;
  if (const auto bytes = number("THALWEG_BATCH_BYTES")) options.batch_bytes = Bytes(*bytes);
#endif
  return options;
}

class StreamRunner {
 public:
  StreamRunner(RunState& state, std::stop_token stop) : state_(state), stop_(std::move(stop)) {}

  void Run() {
    const Status status = Stream();
    Settle(status);
  }

 private:
  Status Stream() {
    Diagnostics diagnostics;
    TW_ASSIGN_OR_RETURN(
        plan_, PlanStream(state_.workspace, state_.plan, connectors_.get_token(), diagnostics));
    TW_RETURN_IF_ERROR(diagnostics.ToStatus());
    for (const StreamNode& node : plan_.nodes) {
      TW_ASSIGN_OR_RETURN(
          auto attempt,
          Attempt::Start(state_.workspace, state_.node_runs[static_cast<std::size_t>(node.index)],
                         state_.planned(node.index).id, node.target == nullptr));
      running_.Add(attempt->id());
      attempts_.push_back(std::move(attempt));
    }
    TW_RETURN_IF_ERROR(RecoverTargets());
    TW_ASSIGN_OR_RETURN(graph_,
                        BuildStreamGraph(state_, plan_, attempts_, connectors_.get_token()));
    TW_ASSIGN_OR_RETURN(commit_, StreamCommit::Make(state_, plan_, graph_.steps, attempts_,
                                                    connectors_.get_token()));

    const StreamOptions given = OptionsFromEnvironment();
    flow::FlowOptions options;
    options.clock = &state_.workspace.clock();
    options.threads = state_.workspace.threads();
    options.checkpoint_every = given.checkpoint_every;
    options.checkpoint_after_elements = given.checkpoint_after_elements;
    options.batch_bytes = given.batch_bytes;
    TW_ASSIGN_OR_RETURN(options.first_epoch, FirstEpoch());
    options.commit = [this](flow::EpochParts parts) { return commit_->Commit(std::move(parts)); };
    options.ending = [this] { connectors_.request_stop(); };
    if (state_.rehearsal != nullptr) state_.rehearsal->stream(&options);
    TW_ASSIGN_OR_RETURN(flow_, flow::Flow::Make(graph_.graph, std::move(options)));
    for (const StreamNode& node : plan_.nodes) Tell(node, NodeState::kRunning, -1);

    std::unique_ptr<TapServer> taps;
    if (auto server = TapServer::Start(state_.workspace.home().RunDirectory(state_.run.number),
                                       flow_.get(), TapPlaces());
        server.ok()) {
      taps = std::move(server).value();
    } else {
      Log(LogLevel::kWarn, "thalweg tap will not work: {}", server.status().message());
    }
    LeaseKeeper keeper(state_.workspace.catalog(), running_);
    std::jthread teller([this](std::stop_token ended) { KeepTelling(ended); });
    return flow_->Run(stop_);
  }

  /// The clock says which epochs are newer than others, also after the rows of old ones are gone;
  /// the catalog says when the clock was set back.
  Result<std::uint64_t> FirstEpoch() {
    std::vector<NodeId> nodes;
    for (const StreamNode& node : plan_.nodes) nodes.push_back(state_.planned(node.index).id);
    TW_ASSIGN_OR_RETURN(const std::uint64_t last, state_.workspace.catalog().LastSequence(nodes));
    const std::int64_t now = state_.workspace.clock().Now().time_since_epoch().count();
    return std::max(static_cast<std::uint64_t>(std::max<std::int64_t>(now, 1)), last + 1);
  }

  Status RecoverTargets() {
    TW_ASSIGN_OR_RETURN(const auto prepared, state_.workspace.catalog().PreparedReceipts());
    for (const StreamNode& node : plan_.nodes) {
      if (node.target == nullptr) continue;
      std::vector<component::Receipt> wanted;
      for (const auto& receipt : prepared) {
        if (receipt.target == node.target->identity())
          wanted.push_back({receipt.target, receipt.receipt});
      }
      TW_RETURN_IF_ERROR(node.target->Recover({state_.planned(node.index).id, 0}, wanted));
    }
    return {};
  }

  std::map<std::string, TapServer::Place> TapPlaces() const {
    std::map<std::string, TapServer::Place> places;
    for (std::size_t i = 0; i < graph_.steps.size(); ++i) {
      const StreamStep& step = graph_.steps[i];
      const StreamNode& node = plan_.nodes[step.node];
      const bool gives = step.role == StreamStep::Role::kOperator ||
                         step.role == StreamStep::Role::kEventTime ||
                         (step.role == StreamStep::Role::kSource && node.source != nullptr);
      if (gives)
        places[state_.node(node.index).name()] = {static_cast<int>(i), node.bound.output.schema};
    }
    return places;
  }

  /// Rows that a node has given so far, from the figures of its first step.
  std::int64_t RowsOf(const std::vector<flow::StepFigures>& figures, std::size_t node,
                      std::int64_t* rejected) const {
    std::int64_t rows = 0;
    *rejected = 0;
    for (std::size_t i = 0; i < graph_.steps.size(); ++i) {
      const StreamStep& step = graph_.steps[i];
      if (step.node != node) continue;
      const bool gives =
          step.role == StreamStep::Role::kOperator || step.role == StreamStep::Role::kTarget ||
          (step.role == StreamStep::Role::kSource && plan_.nodes[node].source != nullptr);
      if (!gives) continue;
      rows += figures[i].rows_out;
      *rejected += figures[i].rejected;
    }
    return rows;
  }

  /// Rows that are in no table: late ones that the node drops, bad ones that it drops.
  std::string LeftOut(const std::vector<flow::StepFigures>& figures, std::size_t node) const {
    std::int64_t late = 0, dropped = 0;
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (graph_.steps[i].node != node) continue;
      late += figures[i].late;
      dropped += figures[i].dropped;
    }
    std::string text;
    if (late > 0) text += fmt::format(", {} late", FormatCount(late, "row"));
    if (dropped > 0) text += fmt::format(", {} dropped", FormatCount(dropped, "bad row"));
    return text;
  }

  void Tell(const StreamNode& node, NodeState state, std::int64_t rows, std::int64_t rejected = 0,
            const std::string& more = {}, std::optional<LiveFigures> live = {}) {
    NodeEvent event;
    event.live = live;
    event.node = state_.node(node.index).name();
    event.kind = spec::ToString(state_.node(node.index).spec->kind);
    event.state = state;
    event.detail = node.restart + more;
    event.rows = state == NodeState::kRunning ? -1 : rows;
    event.rejected = rejected;
    event.progress.rows = std::max<std::int64_t>(rows, 0);
    event.wall = state_.workspace.clock().Steady() - began_;
    state_.Tell(event);
  }

  void KeepTelling(std::stop_token ended) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (!ended.stop_requested()) {
      never.wait_for(lock, ended, kTellEvery, [] { return false; });
      if (ended.stop_requested()) return;
      const auto figures = flow_->Figures();
      Measure(figures);
      const auto live =
          meter_.Look(figures, graph_.steps, plan_.nodes.size(), state_.workspace.clock().Steady());
      for (std::size_t n = 0; n < plan_.nodes.size(); ++n) {
        std::int64_t rejected = 0;
        const std::int64_t rows = RowsOf(figures, n, &rejected);
        Tell(plan_.nodes[n], NodeState::kRunning, rows, rejected, {}, live[n]);
      }
    }
  }

  /// Series of each node's figures, kept beside the run.
  void Measure(const std::vector<flow::StepFigures>& figures) {
    const auto now = state_.workspace.clock().Steady();
    if (now < next_measure_) return;
    next_measure_ = now + kMeasureEvery;
    for (std::size_t i = 0; i < graph_.steps.size(); ++i) {
      const StreamStep& step = graph_.steps[i];
      if (step.role == StreamStep::Role::kTable || step.role == StreamStep::Role::kStored) continue;
      const flow::StepFigures& each = figures[i];
      const auto add = [&](std::string_view measure, std::int64_t value) {
        metrics_.Add(each.node, measure, static_cast<double>(value));
      };
      add("rows_in", each.rows_in);
      add("rows_out", each.rows_out);
      add("bytes_out", each.bytes_out);
      add("rows_rejected", each.rejected + each.dropped);
      add("rows_late", each.late);
      add("busy_ms", each.busy_ns / 1'000'000);
      add("blocked_ms", each.blocked_ns / 1'000'000);
      add("queued_bytes", each.queued_bytes);
      add("state_bytes", each.state_bytes);
      if (each.watermark != INT64_MIN) {
        const auto now_ns =
            std::chrono::nanoseconds(state_.workspace.clock().Now().time_since_epoch()).count();
        add("watermark_lag_ms", (now_ns - each.watermark) / 1'000'000);
      }
    }
    metrics_.WriteIfDue();
  }

  /// Ends the attempts that the last epoch has not ended, and writes what each node came to.
  void Settle(const Status& status) {
    const auto figures = flow_ ? flow_->Figures() : std::vector<flow::StepFigures>();
    if (!figures.empty()) {
      next_measure_ = {};
      Measure(figures);
      metrics_.Write();
    }
    const NodeState end = status.ok()                         ? NodeState::kDone
                          : status.code() == Code::kCancelled ? NodeState::kCancelled
                                                              : NodeState::kFailed;
    std::set<int> planned;
    for (std::size_t n = 0; n < plan_.nodes.size(); ++n) {
      const StreamNode& node = plan_.nodes[n];
      planned.insert(node.index);
      NodeResult result;
      result.state = end;
      result.error = status;
      result.detail = node.target ? node.target->identity() : node.restart;
      if (!figures.empty()) result.detail += LeftOut(figures, n);
      if (!figures.empty()) result.rows = RowsOf(figures, n, &result.rejected);
      if (commit_) result.version = commit_->Version(n);
      if (n < attempts_.size()) {
        running_.Remove(attempts_[n]->id());
        if (!status.ok()) {
          const Status ended = attempts_[n]->Fail(status, end);
          if (!ended.ok()) Log(LogLevel::kWarn, "cannot end an attempt: {}", ended.message());
        }
      }
      Tell(node, end, result.rows, result.rejected, LeftOut(figures, n));
      std::lock_guard lock(state_.mutex);
      state_.results[static_cast<std::size_t>(node.index)] = std::move(result);
    }
    for (const int i : state_.plan.graph.order) {
      const auto at = static_cast<std::size_t>(i);
      if (!state_.node(i).streams || planned.contains(i) || state_.node_runs[at].empty()) continue;
      std::lock_guard lock(state_.mutex);
      state_.results[at].state = status.ok() ? NodeState::kSkipped : end;
      state_.results[at].error = status;
      if (end == NodeState::kFailed) {
        const Status set = state_.workspace.catalog().SetNodeRun(
            state_.node_runs[at],
            {.state = end, .error = status.message(), .actor = state_.Us("")});
        if (!set.ok()) Log(LogLevel::kWarn, "cannot end a node: {}", set.message());
      }
    }
  }

  RunState& state_;
  const std::stop_token stop_;
  std::stop_source connectors_;
  const std::chrono::steady_clock::time_point began_ = state_.workspace.clock().Steady();
  StreamPlan plan_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  RunningAttempts running_;
  StreamGraph graph_;
  std::unique_ptr<StreamCommit> commit_;
  std::unique_ptr<flow::Flow> flow_;
  MetricSeries metrics_{state_.workspace.home(), state_.workspace.clock(), state_.run.number};
  std::chrono::steady_clock::time_point next_measure_;
  LiveMeter meter_;
};

}  // namespace

void RunStream(RunState& state, std::stop_token stop) {
  StreamRunner(state, std::move(stop)).Run();
}

}  // namespace thalweg::runs
