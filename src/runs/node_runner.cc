#include "runs/node_runner.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "runs/gate.h"
#include "runs/gate_wait.h"
#include "runs/node_checks.h"
#include "runs/operator_job.h"
#include "runs/outside_files.h"

namespace thalweg::runs {

using catalog::NodeState;

struct NodeRunner::Task {
  int index = 0;
  const GraphNode& node;
  NodeId id;
  NodeRunId node_run;
  std::stop_token stop;
  BoundInputs bound;
  Reads foreign;
  Decision decision;
  std::unique_ptr<Attempt> attempt;
  MemoryBudget::Reservation memory;
  std::chrono::steady_clock::time_point began;
};

namespace {

/// Requests a stop when a node's time is over, and remembers that it was the time.
class Deadline {
 public:
  Deadline(std::stop_token outer, std::optional<std::chrono::nanoseconds> limit)
      : forward_(std::move(outer), [this] { source_.request_stop(); }) {
    if (!limit) return;
    watch_ = std::jthread([this, limit = *limit](std::stop_token ended) {
      std::unique_lock lock(mutex_);
      std::condition_variable_any never;
      if (!never.wait_for(lock, ended, limit, [&] { return ended.stop_requested(); }) &&
          !ended.stop_requested()) {
        passed_ = true;
        source_.request_stop();
      }
    });
  }
  std::stop_token token() const { return source_.get_token(); }
  bool passed() const { return passed_; }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> forward_;
  std::mutex mutex_;
  std::atomic<bool> passed_ = false;
  std::jthread watch_;
};

std::string RejectsName(const std::string& node) {
  return node + "_rejects";
}

component::RejectPolicy PolicyOf(const component::Scan& scan) {
  return std::visit(
      [](const auto& s) {
        if constexpr (requires { s.rejects; }) {
          return s.rejects;
        } else {
          return component::RejectPolicy();
        }
      },
      scan);
}

/// Rows that a statement cannot compute with: where it says so in the pipeline file, or as a whole.
Status AtStatement(const Status& error, const component::SqlText& text) {
  if (error.fault() != Fault::kUser) return error;
  const Span span = Locate(error, text, "").span;
  return span.source ? error.WithPlace(span.ToPlace()) : error;
}

}  // namespace

void RunningAttempts::Add(const AttemptId& id) {
  std::lock_guard lock(mutex_);
  ids_.insert(id);
}
void RunningAttempts::Remove(const AttemptId& id) {
  std::lock_guard lock(mutex_);
  ids_.erase(id);
}
std::vector<AttemptId> RunningAttempts::All() const {
  std::lock_guard lock(mutex_);
  return {ids_.begin(), ids_.end()};
}

NodeResult NodeRunner::Run(int index, std::stop_token stop) {
  const GraphNode& node = state_.node(index);
  NodeResult result;
  if (state_.planned(index).action == Action::kInline) {
    result.state = NodeState::kDone;
    result.detail = state_.planned(index).why;
    return result;
  }
  Deadline deadline(stop, node.spec->timeout);
  Task task{index, node, state_.planned(index).id,
            state_.node_runs[static_cast<std::size_t>(index)], deadline.token()};
  task.began = state_.workspace.clock().Steady();
  Result<NodeResult> outcome = Start(task);
  if (outcome.ok()) {
    result = std::move(outcome).value();
  } else {
    result.error = outcome.status();
    if (deadline.passed()) {
      result.error = Status(Code::kTimeout, Fault::kUser,
                            fmt::format("stopped: its timeout of {} passed",
                                        FormatDuration(*node.spec->timeout)))
                         .WithHint("give it more time with timeout:");
    }
    result.state =
        result.error.code() == Code::kCancelled ? NodeState::kCancelled : NodeState::kFailed;
    if (task.attempt) {
      running_.Remove(task.attempt->id());
      const Status ended = task.attempt->Fail(result.error, result.state);
      if (!ended.ok()) result.error = result.error.WithCause(ended);
    } else {
      const Status set = state_.workspace.catalog().SetNodeRun(
          task.node_run, {.state = result.state,
                          .error = result.error.message(),
                          .actor = state_.Us(result.error.message())});
      if (!set.ok()) result.error = result.error.WithCause(set);
    }
  }
  NodeEvent event;
  event.node = node.name();
  event.kind = spec::ToString(node.spec->kind);
  event.state = result.state;
  event.detail = result.error.ok() ? result.detail : FirstLineOf(result.error);
  event.rows = result.rows;
  event.rejected = result.rejected;
  if (task.attempt) {
    event.bytes = task.attempt->measures().bytes;
    event.peak_memory = task.attempt->measures().peak_memory;
    event.spilled = task.attempt->measures().spilled;
  }
  event.wall = state_.workspace.clock().Steady() - task.began;
  state_.Tell(event);
  return result;
}

Result<NodeResult> NodeRunner::Start(Task& task) {
  TW_ASSIGN_OR_RETURN(task.bound, BindInputs(state_, task.node));
  for (const InputTable& table : task.node.foreign) {
    // One that is missing is said where the check looks into it.
    const auto version = VersionFor(state_, table);
    task.foreign.push_back(version.ok() ? Read{.version = *version}
                                        : Read{.state = Read::State::kRuns});
  }
  TW_ASSIGN_OR_RETURN(task.decision,
                      state_.decider.Decide(task.node, task.id, task.bound.reads, task.foreign));
  switch (task.decision.action) {
    case Action::kReuse:
      return Reuse(task);
    case Action::kWait:
      if (task.node.spec->kind != spec::NodeKind::kGate)
        return NodeResult{.state = NodeState::kPending, .detail = task.decision.why};
      return AskAtGate(task);
    case Action::kRun:
    case Action::kSkip:
    case Action::kInline:
      break;
  }
  TW_RETURN_IF_ERROR(task.bound.readable);
  switch (task.node.spec->kind) {
    case spec::NodeKind::kSource:
      return RunSource(task);
    case spec::NodeKind::kSql:
      return RunSql(task);
    case spec::NodeKind::kGate:
      return RunGate(task);
    case spec::NodeKind::kTarget:
      return RunTarget(task);
    case spec::NodeKind::kOperator:
      return RunOperator(task);
  }
  return Status::Internal("unknown kind of node");
}

Result<NodeResult> NodeRunner::Reuse(Task& task) {
  NodeResult result{
      .state = NodeState::kReused, .version = task.decision.version, .detail = task.decision.why};
  catalog::Catalog::NodeRunChange change{.state = NodeState::kReused,
                                         .action = "reuse: " + task.decision.why,
                                         .recipe_key = task.decision.recipe_key,
                                         .actor = state_.Us(task.decision.why)};
  if (result.version) {
    change.version = result.version->manifest.id;
    result.rows = result.version->manifest.rows;
    const std::string rejects = RejectsName(task.node.name());
    for (const std::string& table : {rejects, task.node.name() + "_late"}) {
      TW_ASSIGN_OR_RETURN(auto side,
                          state_.workspace.catalog().VersionOfRun(result.version->pipeline, table,
                                                                  result.version->run_number));
      if (!side) continue;
      if (table == rejects) result.rejected = side->manifest.rows;
      result.sides.emplace(table, *std::move(side));
    }
  }
  if (task.decision.recheck) {
    TW_ASSIGN_OR_RETURN(const auto rows, TableOf(state_.workspace, *result.version));
    TW_ASSIGN_OR_RETURN(const auto checks, CheckRows(state_, task.node, rows, task.stop));
    change.checks = EncodeChecks(checks);
    result.detail += ", " + Summary(checks);
    if (SomeFailed(checks)) return ChecksFailed(checks, task.node.name(), result.version->number);
    const std::pair<std::string, std::string> entry(
        ChecksCacheKey(state_.plan.graph, task.node, result.version->manifest.id, task.foreign),
        change.checks);
    TW_RETURN_IF_ERROR(state_.workspace.catalog().CachePut(kChecksCache, std::span(&entry, 1)));
  }
  TW_RETURN_IF_ERROR(state_.workspace.catalog().SetNodeRun(task.node_run, change));
  return result;
}

Status NodeRunner::Begin(Task& task, bool with_directory) {
  MemoryBudget& budget = state_.workspace.memory();
  const Bytes share(budget.total().value / std::max(1, state_.workspace.threads()));
  TW_ASSIGN_OR_RETURN(task.memory,
                      budget.Reserve(task.node.spec->memory.value_or(share), task.stop));
  TW_ASSIGN_OR_RETURN(task.attempt,
                      Attempt::Start(state_.workspace, task.node_run, task.id, with_directory));
  running_.Add(task.attempt->id());
  NodeEvent event;
  event.node = task.node.name();
  event.kind = spec::ToString(task.node.spec->kind);
  event.state = NodeState::kRunning;
  event.detail = task.decision.why;
  state_.Tell(event);
  return {};
}

Result<component::JobResult> NodeRunner::Execute(Task& task, component::Job job) {
  TW_ASSIGN_OR_RETURN(component::Engine * engine, state_.workspace.engine());
  job.memory = task.memory.bytes();
  job.label = task.node.name();
  NodeEvent event;
  event.node = task.node.name();
  event.kind = spec::ToString(task.node.spec->kind);
  event.state = NodeState::kRunning;
  return RunJob(*engine, std::move(job), task.stop, [&](const component::JobProgress& progress) {
    event.progress = progress;
    event.wall = state_.workspace.clock().Steady() - task.began;
    state_.Tell(event);
  });
}

Result<component::JobResult> NodeRunner::Pump(Task& task, component::Source& source) {
  NodeEvent event;
  event.node = task.node.name();
  event.kind = spec::ToString(task.node.spec->kind);
  event.state = NodeState::kRunning;
  return PumpSource(state_.workspace.files(), source, task.attempt->directory(), task.stop,
                    [&](const component::JobProgress& progress) {
                      event.progress = progress;
                      event.wall = state_.workspace.clock().Steady() - task.began;
                      state_.Tell(event);
                    });
}

Result<NodeResult> NodeRunner::RunSource(Task& task) {
  TW_ASSIGN_OR_RETURN(component::Engine * engine, state_.workspace.engine());
  const auto& body = std::get<spec::SourceBody>(task.node.spec->body);
  const auto source =
      body.options->Make(state_.workspace.MakeSourceContext(state_.plan.graph.directory, engine));
  const auto& scan = state_.planned(task.index).scan;
  const bool refers = scan && std::holds_alternative<component::ParquetScan>(*scan);
  TW_RETURN_IF_ERROR(Begin(task, !refers || QuarantinesByCheck(*task.node.spec)));

  component::JobResult made;
  component::RejectPolicy policy = source->reject_policy();
  if (refers) {
    const auto& parquet = std::get<component::ParquetScan>(*scan);
    made.columns = parquet.columns;
    made.files = parquet.files;
    for (const auto& file : made.files) made.rows_out += file.rows;
  } else if (scan) {
    policy = PolicyOf(*scan);
    component::Job job{.work = *scan, .out_directory = task.attempt->directory()};
    if (policy.bad_rows == component::BadRows::kQuarantine)
      job.rejects_path = JoinPath(job.out_directory, "rejects.parquet");
    TW_ASSIGN_OR_RETURN(made, Execute(task, std::move(job)));
  } else {
    TW_ASSIGN_OR_RETURN(made, Pump(task, *source));
  }
  // What was read must be what the recipe key says.
  TW_ASSIGN_OR_RETURN(const Decision again,
                      state_.decider.Decide(task.node, task.id, task.bound.reads, task.foreign));
  if (again.recipe_key != task.decision.recipe_key) {
    return Status(Code::kConflict, Fault::kExternal, "its files changed while they were read")
        .WithHint("run again when nobody writes them")
        .Retryable();
  }
  return CommitTable(task, std::move(made), policy.bad_rows == component::BadRows::kQuarantine);
}

Result<NodeResult> NodeRunner::RunSql(Task& task) {
  TW_RETURN_IF_ERROR(Begin(task, true));
  component::Job job;
  job.work = sql::MakeStatement(task.node.sql->text.text, task.node.sql->analysis,
                                std::move(task.bound.inputs), state_.Parameters());
  job.out_directory = task.attempt->directory();
  auto made = Execute(task, std::move(job));
  if (!made.ok()) return AtStatement(made.status(), task.node.sql->text);
  return CommitTable(task, std::move(made).value(), false);
}

Result<NodeResult> NodeRunner::RunOperator(Task& task) {
  TW_RETURN_IF_ERROR(Begin(task, true));
  OperatorJob job{task.node.spec, state_.planned(task.index).op, std::move(task.bound.inputs),
                  task.attempt->directory(), state_.Parameters()};
  if (job.plan == nullptr) {
    return Status(Code::kConflict, Fault::kExternal,
                  "what it reads changed since the run was planned")
        .Retryable();
  }
  OperatorResult made;
  if (task.node.spec->engine.empty()) {
    NodeEvent event;
    event.node = task.node.name();
    event.kind = spec::ToString(task.node.spec->kind);
    event.state = NodeState::kRunning;
    TW_ASSIGN_OR_RETURN(made, RunOperatorJob(state_.workspace, job, task.stop,
                                             [&](const component::JobProgress& progress) {
                                               event.progress = progress;
                                               event.wall =
                                                   state_.workspace.clock().Steady() - task.began;
                                               state_.Tell(event);
                                             }));
  } else {
    TW_ASSIGN_OR_RETURN(auto statement, LoweredStatement(state_.workspace, job));
    TW_ASSIGN_OR_RETURN(made.table, Execute(task, {.work = std::move(statement),
                                                   .out_directory = task.attempt->directory()}));
  }
  std::vector<SideTable> sides;
  for (const auto& [side, columns] : job.plan->sides) {
    sides.push_back({fmt::format("{}_{}", task.node.name(), side), columns, made.sides[side]});
  }
  return CommitTable(task, std::move(made.table), false, std::move(sides));
}

/// Side tables that the node does not make any more end empty: their rows belong to an older
/// version.
Status NodeRunner::EmptyOldSides(Task& task, catalog::CommitEpoch* epoch) {
  for (const std::string& table : {RejectsName(task.node.name()), task.node.name() + "_late"}) {
    if (std::any_of(epoch->versions.begin(), epoch->versions.end(),
                    [&](const auto& version) { return version.table == table; }))
      continue;
    TW_ASSIGN_OR_RETURN(const auto old, state_.workspace.catalog().LatestGood(
                                            state_.plan.graph.pipeline->name, table));
    if (!old) continue;
    epoch->versions.push_back({table, task.attempt->Stage(old->manifest.columns, {}), true, ""});
  }
  return {};
}

Result<NodeResult> NodeRunner::CommitTable(Task& task, component::JobResult made, bool with_rejects,
                                           std::vector<SideTable> sides) {
  Workspace& workspace = state_.workspace;
  std::vector<CheckResult> checks;
  std::vector<data::DataFile> rejects;
  if (made.rejects) rejects.push_back(*made.rejects);
  if (QuarantinesByCheck(*task.node.spec)) {
    Diagnostics diagnostics;
    TW_ASSIGN_OR_RETURN(
        const auto moved,
        MoveViolations(
            state_, task.node, *task.attempt,
            LowerChecks(*task.node.spec, made.columns, diagnostics),
            [&](component::Job job) { return Execute(task, std::move(job)); }, &made));
    if (moved) rejects.push_back(*moved);
    with_rejects = true;
  }
  catalog::CommitEpoch epoch;
  TW_ASSIGN_OR_RETURN(
      const auto before,
      workspace.catalog().Versions(state_.plan.graph.pipeline->name, task.node.name(), 1));
  if (!before.empty()) GiveFieldIds(before.front().manifest.columns, &made.columns);
  if (before.empty()) GiveFieldIds({}, &made.columns);
  data::Manifest manifest = task.attempt->Stage(made.columns, made.files);
  if (task.node.spec->materialize.mode == spec::Materialize::Mode::kAppend) {
    TW_ASSIGN_OR_RETURN(const auto base, workspace.catalog().LatestGood(
                                             state_.plan.graph.pipeline->name, task.node.name()));
    if (base) {
      TW_RETURN_IF_ERROR(CheckOutsideFiles(workspace.files(), *base));
      TW_ASSIGN_OR_RETURN(const bool whole,
                          HasItsFiles(workspace.files(), workspace.home().path(), *base));
      if (!whole) {
        return Status(Code::kCorrupt, "files of its table are gone or damaged: nothing is appended")
            .WithSlug("table-damaged")
            .WithHint("restore them from a backup; materialize: replace begins anew");
      }
      if (!data::SchemaChanges(base->manifest.columns, made.columns).empty()) {
        return Status::Invalid("its columns changed, so its rows cannot be appended: " +
                               data::SchemaChanges(base->manifest.columns, made.columns).front())
            .WithSlug("schema-changed")
            .WithHint("materialize: replace rebuilds the table");
      }
      manifest.parent = base->manifest.id;
      manifest.files.insert(manifest.files.begin(), base->manifest.files.begin(),
                            base->manifest.files.end());
      manifest.rows += base->manifest.rows;
      manifest.bytes += base->manifest.bytes;
    }
  }
  if (!task.node.spec->checks.empty()) {
    TW_ASSIGN_OR_RETURN(
        checks, CheckRows(state_, task.node, {manifest, workspace.home().path()}, task.stop));
    epoch.checks = EncodeChecks(checks);
  }
  const bool failed = SomeFailed(checks);
  epoch.recipe_key = task.decision.recipe_key;
  epoch.ends = failed ? NodeState::kFailed : NodeState::kDone;
  epoch.actor = state_.Us(task.decision.why);
  if (failed) epoch.error = ChecksFailed(checks, task.node.name(), 0).message();
  epoch.versions.push_back({task.node.name(), std::move(manifest), !failed, ""});
  if (with_rejects) {
    data::Columns columns = component::RejectColumns();
    GiveFieldIds({}, &columns);
    epoch.versions.push_back(
        {RejectsName(task.node.name()), task.attempt->Stage(columns, rejects), true, ""});
  }
  for (SideTable& side : sides) {
    GiveFieldIds({}, &side.columns);
    epoch.versions.push_back({side.name, task.attempt->Stage(side.columns, side.files), true, ""});
  }
  if (!failed) TW_RETURN_IF_ERROR(EmptyOldSides(task, &epoch));
  catalog::AttemptRecord& measures = task.attempt->measures();
  measures.rows_in = made.rows_in;
  measures.rows_out = made.rows_out;
  measures.rows_rejected = made.rows_rejected;
  measures.bytes = epoch.versions.front().manifest.bytes;
  measures.peak_memory = made.peak_memory;
  measures.spilled = made.spilled;
  measures.cpu_us = std::chrono::duration_cast<std::chrono::microseconds>(made.cpu).count();

  TW_ASSIGN_OR_RETURN(const auto committed, task.attempt->Commit(std::move(epoch)));
  running_.Remove(task.attempt->id());
  NodeResult result{
      .state = NodeState::kDone, .version = committed.front(), .detail = Summary(checks)};
  result.rows = committed.front().manifest.rows;
  result.rejected = made.rows_rejected;
  result.recipe = std::move(task.decision.recipe);
  for (std::size_t i = 1; i < committed.size(); ++i)
    result.sides.emplace(committed[i].table, committed[i]);
  if (failed) {
    result.state = NodeState::kFailed;
    result.version.reset();
    result.error = ChecksFailed(checks, task.node.name(), committed.front().number);
  } else if (!checks.empty()) {
    const std::pair<std::string, std::string> entry(
        ChecksCacheKey(state_.plan.graph, task.node, committed.front().manifest.id, task.foreign),
        EncodeChecks(checks));
    TW_RETURN_IF_ERROR(workspace.catalog().CachePut(kChecksCache, std::span(&entry, 1)));
  }
  return result;
}

Result<NodeResult> NodeRunner::RunGate(Task& task) {
  const catalog::VersionRecord input = *task.bound.reads.front().version;
  TW_RETURN_IF_ERROR(Begin(task, false));
  catalog::CommitEpoch epoch;
  catalog::NewVersion version{task.node.name(), input.manifest, true, input.digest};
  version.manifest.id = VersionId::New();
  version.manifest.parent = input.manifest.id;
  version.manifest.node = task.id;
  epoch.versions.push_back(std::move(version));
  epoch.recipe_key = task.decision.recipe_key;
  epoch.ends = NodeState::kDone;
  epoch.actor = state_.Us(task.decision.why);
  task.attempt->measures().rows_out = input.manifest.rows;
  TW_ASSIGN_OR_RETURN(const auto committed, task.attempt->Commit(std::move(epoch)));
  running_.Remove(task.attempt->id());
  return NodeResult{.state = NodeState::kDone,
                    .version = committed.front(),
                    .detail = task.decision.why,
                    .rows = input.manifest.rows};
}

Result<NodeResult> NodeRunner::AskAtGate(Task& task) {
  const Read& input = task.bound.reads.front();
  if (input.state != Read::State::kKnown)
    return NodeResult{.state = NodeState::kPending, .detail = task.decision.why};
  if (task.decision.rejected) {
    NodeResult result{.state = NodeState::kFailed, .gate_rejected = true};
    result.error =
        Status(Code::kRefused, Fault::kUser, task.decision.why)
            .WithSlug("gate-rejected")
            .WithHint("correct the data and run again: other data needs another signature");
    TW_RETURN_IF_ERROR(state_.workspace.catalog().SetNodeRun(
        task.node_run, {.state = NodeState::kFailed,
                        .error = task.decision.why,
                        .actor = state_.Us(task.decision.why)}));
    return result;
  }
  const Status over = CheckStillWaits(state_.workspace, state_.run.id, task.node_run);
  if (!over.ok()) {
    if (over.code() != Code::kTimeout) return over;
    TW_RETURN_IF_ERROR(
        state_.workspace.catalog().SetNodeRun(task.node_run, {.state = NodeState::kFailed,
                                                              .error = over.message(),
                                                              .actor = state_.Us(over.message())}));
    NodeResult result{.state = NodeState::kFailed, .gate_timed_out = true};
    result.error = over;
    return result;
  }
  std::vector<std::vector<catalog::VersionRecord>> tables;
  for (const auto& evidence : task.node.evidence) {
    auto& versions = tables.emplace_back();
    for (const auto& table : evidence.tables) {
      TW_ASSIGN_OR_RETURN(auto version, VersionFor(state_, table));
      versions.push_back(std::move(version));
    }
  }
  TW_RETURN_IF_ERROR(CollectEvidence(state_.workspace, state_.plan.graph, task.node, task.id,
                                     *input.version, tables, state_.run.number, task.stop)
                         .status());
  TW_RETURN_IF_ERROR(state_.workspace.catalog().SetNodeRun(
      task.node_run, {.state = NodeState::kWaiting,
                      .action = "wait: " + task.decision.why,
                      .recipe_key = task.decision.recipe_key,
                      .actor = state_.Us(task.decision.why)}));
  return NodeResult{.state = NodeState::kWaiting,
                    .detail = task.decision.why,
                    .rows = input.version->manifest.rows};
}

Result<NodeResult> NodeRunner::RunTarget(Task& task) {
  Workspace& workspace = state_.workspace;
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  const auto& body = std::get<spec::TargetBody>(task.node.spec->body);
  const auto target = body.options->Make(workspace.MakeTargetContext(state_.plan.graph.directory));
  TW_RETURN_IF_ERROR(Begin(task, false));

  std::string text = "SELECT * FROM thalweg_in";
  const std::string_view name = "thalweg_in";
  component::Statement statement{text,
                                 {{text.find(name), text.size(), "thalweg_in", 0}},
                                 std::move(task.bound.inputs),
                                 state_.Parameters()};
  for (std::size_t i = 0; i < body.order_by.size(); ++i) {
    std::string column = body.order_by[i].column;
    for (std::size_t at = 0; (at = column.find('"', at)) != std::string::npos; at += 2)
      column.insert(at, "\"");
    statement.text += fmt::format("{}\"{}\"{}", i == 0 ? " ORDER BY " : ", ", column,
                                  body.order_by[i].descending ? " DESC" : "");
  }
  TW_ASSIGN_OR_RETURN(const auto rows, engine->Query(statement, task.stop));
  data::EdgeType edge;
  edge.schema = rows->schema();
  TW_RETURN_IF_ERROR(target->Bind(rows->columns(), edge, body.write).status());

  const component::WriterId writer_id{task.id, 0};
  std::vector<component::Receipt> wanted;
  TW_ASSIGN_OR_RETURN(const auto prepared, workspace.catalog().PreparedReceipts());
  for (const auto& receipt : prepared) {
    if (receipt.target == target->identity()) wanted.push_back({receipt.target, receipt.receipt});
  }
  TW_RETURN_IF_ERROR(target->Recover(writer_id, wanted));
  catalog::CommitEpoch epoch;
  epoch.id = EpochId::New();
  TW_ASSIGN_OR_RETURN(const auto writer, target->Open(writer_id, epoch.id));
  std::int64_t written = 0;
  while (true) {
    if (task.stop.stop_requested())
      return Status::Cancelled("stopped while writing " + target->identity());
    TW_ASSIGN_OR_RETURN(const data::Batch batch, rows->Next());
    if (!batch) break;
    TW_RETURN_IF_ERROR(writer->Write(batch));
    written += batch->num_rows();
  }
  TW_ASSIGN_OR_RETURN(const component::Receipt receipt, writer->Prepare(epoch.id));
  workspace.files().Point("target.prepared");

  catalog::ReceiptRecord record;
  record.target = receipt.target;
  record.node = task.id;
  record.epoch = epoch.id;
  record.recipe_key = task.decision.recipe_key;
  record.receipt = receipt.text;
  if (task.bound.reads.front().version)
    epoch.receipt_version = task.bound.reads.front().version->manifest.id;
  record.version = epoch.receipt_version;
  epoch.recipe_key = task.decision.recipe_key;
  epoch.receipts.push_back(receipt);
  epoch.actor = state_.Us(task.decision.why);
  task.attempt->measures().rows_out = written;
  TW_RETURN_IF_ERROR(task.attempt->Commit(std::move(epoch)).status());
  TW_RETURN_IF_ERROR(Apply(task, *target, record));
  return NodeResult{
      .state = NodeState::kDone, .detail = target->Describe(receipt), .rows = written};
}

Status NodeRunner::Apply(Task& task, component::Target& target,
                         const catalog::ReceiptRecord& receipt) {
  const component::Receipt prepared{receipt.target, receipt.receipt};
  TW_RETURN_IF_ERROR(target.Commit(std::span(&prepared, 1)));
  state_.workspace.files().Point("target.committed");
  TW_RETURN_IF_ERROR(state_.workspace.catalog().MarkApplied(std::span(&receipt, 1)));
  TW_RETURN_IF_ERROR(task.attempt->End(NodeState::kDone, "target written"));
  running_.Remove(task.attempt->id());
  return {};
}

}  // namespace thalweg::runs
