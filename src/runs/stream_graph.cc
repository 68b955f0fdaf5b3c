#include "runs/stream_graph.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "flow/journaled_source.h"
#include "flow/source_task.h"
#include "flow/state_files.h"
#include "operators/parameter_literals.h"
#include "runs/bind_operator.h"
#include "runs/replay_source.h"
#include "runs/stream_sinks.h"
#include "runs/table_source.h"
#include "runs/whole_frames.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kPinned = "table:";

/// The versions of a table of the home that an operator looks into.
class TableVersions : public flow::TableFeed {
 public:
  TableVersions(RunState& state, InputTable table, data::EdgeType edge, std::string pinned,
                std::stop_token stop)
      : state_(state),
        table_(std::move(table)),
        edge_(std::move(edge)),
        pinned_(std::move(pinned)),
        stop_(std::move(stop)) {}

  Result<std::string> First() override {
    if (!pinned_.empty()) {
      TW_ASSIGN_OR_RETURN(const auto found,
                          state_.workspace.catalog().FindVersion(VersionId(pinned_)));
      if (found) return pinned_;
    }
    TW_ASSIGN_OR_RETURN(const auto version, VersionFor(state_, table_));
    return version.manifest.id.str();
  }

  Result<std::string> Newest(const std::string& current) override {
    TW_ASSIGN_OR_RETURN(const auto newest,
                        state_.workspace.catalog().LatestGood(table_.pipeline, table_.table));
    return newest ? newest->manifest.id.str() : current;
  }

  Status Read(const std::string& version, const std::function<Status(data::Batch)>& each) override {
    TW_ASSIGN_OR_RETURN(const auto found,
                        state_.workspace.catalog().FindVersion(VersionId(version)));
    if (!found)
      return Status::NotFound("a version that a stream looks into is gone version=" + version);
    TW_RETURN_IF_ERROR(CheckColumns(*found, edge_, /*begun=*/version == pinned_));
    TW_ASSIGN_OR_RETURN(component::Engine * engine, state_.workspace.engine());
    data::EdgeType edge;
    TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(found->manifest.columns));
    TW_ASSIGN_OR_RETURN(auto table, TableOf(state_.workspace, *found));
    TW_ASSIGN_OR_RETURN(const auto rows, engine->Query(OrderedRows(std::move(table), edge), stop_));
    while (true) {
      TW_ASSIGN_OR_RETURN(data::Batch batch, rows->Next());
      if (!batch) return {};
      TW_RETURN_IF_ERROR(each(std::move(batch)));
    }
  }

 private:
  RunState& state_;
  const InputTable table_;
  const data::EdgeType edge_;
  const std::string pinned_;
  const std::stop_token stop_;
};

class StreamGraphBuilder {
 public:
  StreamGraphBuilder(RunState& state, const StreamPlan& plan,
                     const std::vector<std::unique_ptr<Attempt>>& attempts, std::stop_token stop)
      : state_(state), plan_(plan), attempts_(attempts), stop_(std::move(stop)) {}

  Result<StreamGraph> Build() {
    for (std::size_t n = 0; n < plan_.nodes.size(); ++n)
      TW_RETURN_IF_ERROR(Add(n).Annotate("node \"" + Node(n).name() + "\""));
    return std::move(result_);
  }

 private:
  const GraphNode& Node(std::size_t n) const { return state_.node(plan_.nodes[n].index); }

  int AddStep(std::size_t n, StreamStep::Role role, decltype(flow::Step::what) what,
              std::vector<flow::Input> inputs, std::string table = {}) {
    result_.graph.steps.push_back({Node(n).name(), std::move(what), std::move(inputs)});
    result_.steps.push_back({n, role, std::move(table)});
    return static_cast<int>(result_.graph.steps.size()) - 1;
  }

  Status Add(std::size_t n) {
    const StreamNode& node = plan_.nodes[n];
    const GraphNode& of = Node(n);
    TW_ASSIGN_OR_RETURN(progress_,
                        ProgressOf(state_.workspace, state_.planned(node.index).id, node));
    int step = -1;
    if (node.source != nullptr) {
      // What the other nodes of this run read, so that all agree.
      if (auto* replay = dynamic_cast<ReplaySource*>(node.source.get()))
        replay->ChooseBy(
            [&state = state_, table = of.inputs[0]] { return VersionFor(state, table); });
      flow::SourceStep source{Journaled(node, of), node.bound.output, progress_.positions,
                              EventTimeOf(of), node.source->reject_policy()};
      step = AddStep(n, StreamStep::Role::kSource, std::move(source), {});
    } else if (node.target != nullptr) {
      TW_ASSIGN_OR_RETURN(auto inputs, Inputs(n));
      AddStep(n, StreamStep::Role::kTarget,
              flow::SinkStep{std::make_shared<TargetSink>(state_.workspace.files(), node.target,
                                                          state_.planned(node.index).id)},
              std::move(inputs));
      return {};
    } else {
      TW_ASSIGN_OR_RETURN(step, AddOperator(n));
    }
    sides_of_[node.index] = step;
    rows_of_[node.index] = step;
    if (node.source == nullptr && of.spec->event_time) {
      rows_of_[node.index] = AddStep(n, StreamStep::Role::kEventTime,
                                     flow::EventTimeStep{*EventTimeOf(of), node.bound.output.schema,
                                                         Restore(StreamStep::Role::kEventTime)},
                                     {{step, ""}});
    }
    if (node.stored) TW_RETURN_IF_ERROR(Store(n, "", rows_of_[node.index]));
    for (const std::string& side : node.stored_sides) TW_RETURN_IF_ERROR(Store(n, side, step));
    return {};
  }

  std::shared_ptr<component::Source> Journaled(const StreamNode& node, const GraphNode& of) const {
    if (!std::get<spec::SourceBody>(of.spec->body).journal) return node.source;
    const std::string directory = JoinPath(state_.workspace.home().path(),
                                           "topics/journal-" + state_.planned(node.index).id.str());
    return std::make_shared<flow::JournaledSource>(node.source, state_.workspace.files(),
                                                   directory);
  }

  static std::optional<flow::EventTime> EventTimeOf(const GraphNode& node) {
    if (!node.spec->event_time) return std::nullopt;
    const auto& time = *node.spec->event_time;
    flow::EventTime event_time{time.column, time.lateness, {}};
    if (time.idle) event_time.idle = *time.idle;
    return event_time;
  }

  Result<int> AddOperator(std::size_t n) {
    const StreamNode& node = plan_.nodes[n];
    TW_ASSIGN_OR_RETURN(auto inputs, Inputs(n));
    flow::OperatorStep step;
    step.spec = node.spec;
    step.bound = node.bound;
    step.inputs = node.inputs;
    // A stateless operator has one instance: several would reorder rows of a key, and late rows.
    const bool divisible =
        !node.bound.stateless &&
        std::any_of(node.bound.partition_by.begin(), node.bound.partition_by.end(),
                    [](const auto& keys) { return !keys.empty(); });
    const int wanted = divisible ? Node(n).spec->parallel : 1;
    step.instances = wanted > 1 && InstancesCutFrames(plan_, state_.plan.graph, n) ? 1 : wanted;
    step.on_error = Node(n).spec->on_error == spec::OnError::kDrop ? flow::BadRow::kDrop
                    : Node(n).spec->on_error == spec::OnError::kQuarantine
                        ? flow::BadRow::kQuarantine
                        : flow::BadRow::kFail;
    if (const auto* op = std::get_if<spec::OperatorBody>(&Node(n).spec->body)) {
      step.expressions = op->expressions;
    } else if (Node(n).sql) {
      step.expressions = {Node(n).sql->text};
    }
    step.restore = Restore(StreamStep::Role::kOperator);
    TW_ASSIGN_OR_RETURN(auto make_evaluator, state_.workspace.make_evaluator());
    step.make_evaluator = operators::WithParameters(std::move(make_evaluator), state_.Parameters());
    return AddStep(n, StreamStep::Role::kOperator, std::move(step), std::move(inputs));
  }

  std::function<Result<std::unique_ptr<component::SnapshotReader>>()> Restore(
      StreamStep::Role role) {
    const auto files = progress_.state.find(StateName(role));
    if (files == progress_.state.end() || files->second.empty()) return nullptr;
    Workspace& workspace = state_.workspace;
    return [&workspace, chain = files->second]() {
      return Result<std::unique_ptr<component::SnapshotReader>>(
          std::make_unique<flow::StateReader>(workspace.files(), workspace.home().path(), chain));
    };
  }

  Result<std::vector<flow::Input>> Inputs(std::size_t n) {
    const StreamNode& node = plan_.nodes[n];
    const GraphNode& of = Node(n);
    const auto tables = of.reads();
    std::vector<flow::Input> inputs;
    for (std::size_t port = 0; port < tables.size(); ++port) {
      const InputTable& table = tables[port];
      if (const auto rows = rows_of_.find(table.node); rows != rows_of_.end()) {
        const std::string side = SideOf(state_.node(table.node).name(), table.table);
        inputs.push_back({side.empty() ? rows->second : sides_of_.at(table.node), side});
      } else if (node.spec != nullptr && of.spec->kind == spec::NodeKind::kOperator &&
                 port >= of.spec->from.size()) {
        TW_ASSIGN_OR_RETURN(const int step, LookInto(n, port, table));
        inputs.push_back({step, ""});
      } else {
        TW_ASSIGN_OR_RETURN(const int step, ReadTable(n, port, table));
        inputs.push_back({step, ""});
      }
    }
    return inputs;
  }

  Result<int> LookInto(std::size_t n, std::size_t port, const InputTable& table) {
    const std::string prefix = fmt::format("{}{}:", kPinned, table.table);
    const auto pinned = progress_.positions.positions.find(prefix + "version");
    auto feed = std::make_shared<TableVersions>(
        state_, table, plan_.nodes[n].inputs[port],
        pinned == progress_.positions.positions.end() ? std::string() : pinned->second.text, stop_);
    return AddStep(n, StreamStep::Role::kTable,
                   flow::TableStep{std::move(feed), plan_.nodes[n].spec->refresh()}, {}, prefix);
  }

  /// A table as a stream. Goes on with the version that was begun; a stream that ended has begun
  /// none.
  Result<int> ReadTable(std::size_t n, std::size_t port, const InputTable& table) {
    std::optional<catalog::VersionRecord> version;
    for (const auto& [split, position] : progress_.positions.positions) {
      if (split.starts_with(kPinned)) continue;
      TW_ASSIGN_OR_RETURN(const auto from, flow::UnpackPosition(position));
      if (from.first.text == kEndOfTable) continue;
      TW_ASSIGN_OR_RETURN(auto begun, state_.workspace.catalog().FindVersion(VersionId(split)));
      if (begun && begun->table == table.table && begun->pipeline == table.pipeline)
        version = std::move(begun);
    }
    const data::EdgeType& edge = plan_.nodes[n].inputs[port];
    const bool begun = version.has_value();
    if (!begun) {
      TW_ASSIGN_OR_RETURN(version, VersionFor(state_, table));
    }
    TW_RETURN_IF_ERROR(CheckColumns(*version, edge, begun));
    TW_ASSIGN_OR_RETURN(component::Engine * engine, state_.workspace.engine());
    TW_ASSIGN_OR_RETURN(auto rows, TableOf(state_.workspace, *version));
    auto source = std::make_shared<TableSource>(engine, std::move(rows), edge,
                                                version->manifest.columns, stop_);
    std::optional<flow::EventTime> time;
    if (edge.event_time) time = flow::EventTime{*edge.event_time, {}, {}};
    return AddStep(n, StreamStep::Role::kSource,
                   flow::SourceStep{std::move(source), edge, progress_.positions, time, {}}, {});
  }

  Status Store(std::size_t n, const std::string& side, int step) {
    const StreamNode& node = plan_.nodes[n];
    data::SchemaRef schema = node.bound.output.schema;
    for (const auto& [name, edge] : node.bound.sides) {
      if (name == side) schema = edge.schema;
    }
    const std::string table = side.empty() ? Node(n).name() : Node(n).name() + "_" + side;
    AddStep(n, StreamStep::Role::kStored,
            flow::SinkStep{
                std::make_shared<TableSink>(state_.workspace.files(), attempts_[n]->directory(),
                                            side.empty() ? "part" : side, std::move(schema))},
            {{step, side}}, table);
    return {};
  }

  RunState& state_;
  const StreamPlan& plan_;
  const std::vector<std::unique_ptr<Attempt>>& attempts_;
  const std::stop_token stop_;
  StreamGraph result_;
  StreamProgress progress_;
  std::map<int, int> rows_of_, sides_of_;  // steps by node of the pipeline
};

}  // namespace

std::string StateName(StreamStep::Role role) {
  return role == StreamStep::Role::kEventTime ? "event_time" : "operator";
}

Result<StreamGraph> BuildStreamGraph(RunState& state, const StreamPlan& plan,
                                     const std::vector<std::unique_ptr<Attempt>>& attempts,
                                     std::stop_token stop) {
  return StreamGraphBuilder(state, plan, attempts, std::move(stop)).Build();
}

}  // namespace thalweg::runs
