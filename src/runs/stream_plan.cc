#include "runs/stream_plan.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "component/scan.h"
#include "operators/parameter_literals.h"
#include "operators/sql_operator.h"
#include "runs/bind_operator.h"
#include "runs/check_event_time.h"
#include "runs/pipeline_parameters.h"
#include "runs/planned_columns.h"
#include "runs/recipe.h"
#include "runs/replay_source.h"
#include "runs/run_state.h"
#include "runs/source_fault.h"
#include "runs/table_source.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kRejects = "rejects", kLate = "late";

class StreamPlanner {
 public:
  StreamPlanner(Workspace& workspace, const Plan& plan, std::stop_token stop,
                Diagnostics& diagnostics)
      : workspace_(workspace), plan_(plan), stop_(std::move(stop)), diagnostics_(diagnostics) {}

  Result<StreamPlan> Make() {
    for (const int i : plan_.graph.order) {
      const GraphNode& node = plan_.graph.nodes[static_cast<std::size_t>(i)];
      if (!node.streams || plan_.nodes[static_cast<std::size_t>(i)].action == Action::kSkip)
        continue;
      if (ReadsFailed(node)) {
        failed_.push_back(i);  // what is wrong was said at what it reads
        continue;
      }
      const std::size_t errors = diagnostics_.errors();
      StreamNode stream;
      stream.index = i;
      const Status status = Bind(node, &stream);
      if (!status.ok()) {
        if (status.fault() != Fault::kUser) return status.Annotate("node \"" + node.name() + "\"");
        Report(node, status);
      }
      if (!status.ok() || diagnostics_.errors() != errors) {
        failed_.push_back(i);
        continue;
      }
      result_.nodes.push_back(std::move(stream));
    }
    return std::move(result_);
  }

 private:
  bool ReadsFailed(const GraphNode& node) const {
    const auto tables = node.reads();
    return std::any_of(tables.begin(), tables.end(), [&](const InputTable& table) {
      return std::find(failed_.begin(), failed_.end(), table.node) != failed_.end();
    });
  }

  void Report(const GraphNode& node, const Status& status) {
    if (node.spec->kind == spec::NodeKind::kSource && status.place()) {
      diagnostics_.Add(SourceFault(status, *node.spec));
      return;
    }
    Diagnostic diagnostic;
    diagnostic.slug = status.slug();
    diagnostic.message = fmt::format("node \"{}\": {}", node.name(), status.message());
    diagnostic.code = status.code();
    diagnostic.span = node.spec->name_span;
    diagnostic.help = status.hint();
    diagnostics_.Add(std::move(diagnostic));
  }

  Status NotYet(std::string what, std::string hint) {
    return Status::Unsupported(std::move(what))
        .WithSlug("not-yet")
        .WithFault(Fault::kUser)
        .WithHint(std::move(hint));
  }

  Status Bind(const GraphNode& node, StreamNode* stream) {
    TW_RETURN_IF_ERROR(CheckCommon(node));
    switch (node.spec->kind) {
      case spec::NodeKind::kSource:
        TW_RETURN_IF_ERROR(BindSource(node, stream));
        break;
      case spec::NodeKind::kSql:
        TW_RETURN_IF_ERROR(BindSql(node, stream));
        break;
      case spec::NodeKind::kOperator:
        TW_RETURN_IF_ERROR(BindOperatorNode(node, stream));
        break;
      case spec::NodeKind::kTarget:
        return BindTarget(node, stream);
      case spec::NodeKind::kGate:
        return NotYet("a gate cannot stop a stream",
                      "store the stream's rows (materialize: append) and put the gate into a "
                      "pipeline that reads that table");
    }
    return SetTables(node, stream);
  }

  Status CheckCommon(const GraphNode& node) {
    if (!node.spec->checks.empty()) {
      return NotYet("checks look at whole tables, and a stream has none",
                    "filter the rows, or check the stored table in another pipeline");
    }
    const auto& materialize = node.spec->materialize;
    if (materialize.given && materialize.mode == spec::Materialize::Mode::kReplace) {
      return Status::Invalid("a stream cannot replace its table: it has no end")
          .WithSlug("materialize-replace")
          .WithHint("use materialize: append, or {merge: [key]}");
    }
    return {};
  }

  Status BindSource(const GraphNode& node, StreamNode* stream) {
    const auto& body = std::get<spec::SourceBody>(node.spec->body);
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    component::SourceContext context = workspace_.MakeSourceContext(plan_.graph.directory, engine);
    context.stop = stop_;
    if (node.inputs.empty()) {
      stream->source = body.options->Make(context);
    } else {
      TW_ASSIGN_OR_RETURN(stream->source, Replayed(node));
    }
    TW_ASSIGN_OR_RETURN(stream->bound.output, stream->source->Bind());
    TW_ASSIGN_OR_RETURN(stream->columns, stream->source->TableColumns());
    stream->bound.output.bounded = false;
    if (node.spec->event_time) {
      if (!CheckEventTime(*node.spec, *stream->bound.output.schema, diagnostics_)) return {};
      stream->bound.output.event_time = node.spec->event_time->column;
    }
    if (stream->source->reject_policy().bad_rows == component::BadRows::kQuarantine) {
      data::EdgeType rejects;
      TW_ASSIGN_OR_RETURN(rejects.schema, data::ToArrow(component::RejectColumns()));
      stream->bound.sides.emplace_back(kRejects, std::move(rejects));
    }
    if (body.journal && stream->source->replay() == component::Replay::kExact) {
      return Status::Invalid("its source can be read again: a journal would only cost")
          .WithSlug("journal-not-needed")
          .WithHint("remove journal");
    }
    stream->promise = stream->source->replay() == component::Replay::kExact
                          ? "exactly once: it is read again from the last epoch"
                      : body.journal ? "exactly once for what its journal holds"
                                     : "at most once across a crash: what it sent is gone";
    stream->definition = node.spec->canonical;
    return {};
  }

  Result<std::shared_ptr<component::Source>> Replayed(const GraphNode& node) {
    TW_ASSIGN_OR_RETURN(data::EdgeType edge, EdgeOf(node.inputs[0]));
    edge.event_time = node.spec->event_time->column;
    TW_ASSIGN_OR_RETURN(data::Columns columns, data::FromArrow(*edge.schema));
    return std::make_shared<ReplaySource>(workspace_, node.inputs[0], std::move(edge),
                                          std::move(columns), stop_);
  }

  Result<data::EdgeType> EdgeOf(const InputTable& table) {
    if (const StreamNode* from = result_.Find(table.node)) {
      const GraphNode& node = plan_.graph.nodes[static_cast<std::size_t>(table.node)];
      const std::string side = SideOf(node.name(), table.table);
      if (side.empty()) return from->bound.output;
      for (const auto& [name, edge] : from->bound.sides) {
        if (name == side) return edge;
      }
      return Status::Invalid(fmt::format("\"{}\" makes no rows {}", node.name(), table.table))
          .WithSlug("unknown-table");
    }
    data::EdgeType edge;
    TW_ASSIGN_OR_RETURN(const data::Columns columns, StoredColumns(table));
    TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(columns));
    if (table.node < 0) return edge;
    const auto& time = plan_.graph.nodes[static_cast<std::size_t>(table.node)].spec->event_time;
    if (time && edge.schema->GetFieldIndex(time->column) >= 0) edge.event_time = time->column;
    return edge;
  }

  /// Of a table that is there before the stream begins: as planned, else as stored.
  Result<data::Columns> StoredColumns(const InputTable& table) {
    auto planned = PlannedColumns(plan_, table);
    if (planned && !planned->empty()) return *std::move(planned);
    if (table.node >= 0 && !planned) {
      const auto& reused = plan_.nodes[static_cast<std::size_t>(table.node)].version;
      if (reused) {
        TW_ASSIGN_OR_RETURN(
            const auto stored,
            workspace_.catalog().VersionOfRun(table.pipeline, table.table, reused->run_number));
        if (stored) return stored->manifest.columns;
      }
    }
    TW_ASSIGN_OR_RETURN(const auto version, ChooseVersion(workspace_.catalog(), table));
    return version.manifest.columns;
  }

  Status BindInputs(const GraphNode& node, StreamNode* stream) {
    for (const InputTable& table : node.reads()) {
      TW_ASSIGN_OR_RETURN(data::EdgeType edge, EdgeOf(table));
      stream->inputs.push_back(std::move(edge));
    }
    return {};
  }

  Status BindOperatorNode(const GraphNode& node, StreamNode* stream) {
    const auto& body = std::get<spec::OperatorBody>(node.spec->body);
    TW_RETURN_IF_ERROR(BindInputs(node, stream));
    for (std::size_t port = node.spec->from.size(); port < node.inputs.size(); ++port) {
      if (result_.Find(node.inputs[port].node) != nullptr) {
        return NotYet(fmt::format("\"{}\" is a stream: a stream can only look into tables",
                                  node.inputs[port].table),
                      "join the two streams instead");
      }
    }
    TW_ASSIGN_OR_RETURN(auto make_evaluator, workspace_.make_evaluator());
    TW_ASSIGN_OR_RETURN(const auto bound, BindOperator(*node.spec, stream->inputs,
                                                       operators::WithParameters(
                                                           std::move(make_evaluator), Parameters()),
                                                       diagnostics_));
    if (bound == nullptr) return {};
    stream->spec = body.spec;
    stream->bound = bound->bound;
    stream->columns = bound->columns;
    const auto* entry = workspace_.registry().Find(component::Kind::kOperator, body.name);
    stream->state_version = entry == nullptr ? 0 : entry->descriptor.state_version;
    SetDefinition(node, stream);
    return {};
  }

  std::vector<component::Parameter> Parameters() const {
    return ParametersOf(*plan_.graph.pipeline);
  }

  Status BindSql(const GraphNode& node, StreamNode* stream) {
    TW_RETURN_IF_ERROR(BindInputs(node, stream));
    const auto locate = [&](const Status& error) -> Status {
      if (error.fault() != Fault::kUser) return error;
      diagnostics_.Add(Locate(error, node.sql->text, node.name()));
      return {};
    };
    auto made = operators::MakeSqlOperator(node.sql->text.text, node.sql->analysis, Parameters());
    if (!made.ok()) return locate(made.status());
    stream->spec = *made;
    TW_ASSIGN_OR_RETURN(const auto make_evaluator, workspace_.make_evaluator());
    auto bound = stream->spec->Bind(stream->inputs, make_evaluator);
    if (!bound.ok()) return locate(bound.status());
    stream->bound = *std::move(bound);
    if (node.spec->event_time) {
      if (!CheckEventTime(*node.spec, *stream->bound.output.schema, diagnostics_)) return {};
      stream->bound.output.event_time = node.spec->event_time->column;
    }
    TW_ASSIGN_OR_RETURN(stream->columns, data::FromArrow(*stream->bound.output.schema));
    SetDefinition(node, stream);
    return {};
  }

  Status BindTarget(const GraphNode& node, StreamNode* stream) {
    const auto& body = std::get<spec::TargetBody>(node.spec->body);
    if (!body.order_by.empty()) {
      return Status::Invalid("a stream has no end, so its target cannot be ordered")
          .WithSlug("order-of-a-stream")
          .WithHint("remove order_by");
    }
    TW_RETURN_IF_ERROR(BindInputs(node, stream));
    component::TargetContext context = workspace_.MakeTargetContext(plan_.graph.directory);
    context.stop = stop_;
    stream->target = body.options->Make(context);
    TW_ASSIGN_OR_RETURN(stream->columns, data::FromArrow(*stream->inputs[0].schema));
    WarnOfOldRows(
        node, stream->inputs[0], "the target",
        "the last row of a key is the right one; a table keeps it alone with materialize: "
        "{merge: [KEYS]}");
    data::EdgeType edge = stream->inputs[0];
    edge.bounded = false;
    TW_ASSIGN_OR_RETURN(const component::Guarantee guarantee,
                        stream->target->Bind(stream->columns, edge, component::WriteMode::kAppend));
    stream->promise = component::ToString(guarantee);
    const std::string identity = stream->target->identity();
    for (const StreamNode& other : result_.nodes) {
      if (other.target == nullptr || other.target->identity() != identity ||
          guarantee == component::Guarantee::kAtLeastOnce)
        continue;
      return Status::Invalid(
                 fmt::format("it writes the same as \"{}\": {}",
                             plan_.graph.nodes[static_cast<std::size_t>(other.index)].name(),
                             identity))
          .WithSlug("target-written-twice")
          .WithHint("give one of them another name");
    }
    stream->definition = node.spec->canonical;
    return {};
  }

  void SetDefinition(const GraphNode& node, StreamNode* stream) {
    std::string text = DefinitionOf(workspace_, plan_.graph, node).Key();
    for (const data::EdgeType& input : stream->inputs) {
      text += "\n" + input.schema->ToString() + "\n" + input.event_time.value_or("");
    }
    stream->definition = HashBytes(text).ToHex();
  }

  /// A row that takes the place of an earlier one, where nothing takes the earlier one away.
  void WarnOfOldRows(const GraphNode& node, const data::EdgeType& rows, std::string_view where,
                     std::string help) {
    if (rows.changes != data::Changes::kUpsert) return;
    diagnostics_.Warning("old-rows-stay",
                         fmt::format("node \"{}\": its rows replace earlier ones of their key "
                                     "(late: update), which stay in {} beside them",
                                     node.name(), where),
                         node.spec->name_span, "", std::move(help));
  }

  /// Which of its rows the home keeps.
  Status SetTables(const GraphNode& node, StreamNode* stream) {
    const auto mode = node.spec->materialize.mode;
    if (mode == spec::Materialize::Mode::kAppend) {
      WarnOfOldRows(node, stream->bound.output, "its table",
                    fmt::format("use materialize: {{merge: [{}]}}",
                                fmt::join(stream->bound.output.keys, ", ")));
    }
    stream->stored =
        mode == spec::Materialize::Mode::kAppend || mode == spec::Materialize::Mode::kMerge;
    for (const std::string& key : node.spec->materialize.merge_key) {
      if (stream->bound.output.schema && stream->bound.output.schema->GetFieldIndex(key) < 0) {
        return Status::Invalid(fmt::format("merge names \"{}\", which its rows do not have", key))
            .WithSlug("unknown-column");
      }
    }
    for (const data::Column& column : stream->columns) {
      if (stream->stored) TW_RETURN_IF_ERROR(data::CheckStorable(column));
    }
    for (auto& [side, edge] : stream->bound.sides) {
      if (side == kRejects) {
        TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(component::RejectColumns()));
        edge.event_time.reset();
      }
      if (side == kRejects || KeepsLate(node)) stream->stored_sides.push_back(side);
    }
    return {};
  }

  /// Late rows are kept when the operator is told so; with `update` they are those that came too
  /// late for that.
  bool KeepsLate(const GraphNode& node) const {
    if (const auto* body = std::get_if<spec::OperatorBody>(&node.spec->body)) {
      const auto* value = node.spec->value.Find(body->name);
      const auto* late = value == nullptr || value->kind() != component::Value::Kind::kMap
                             ? nullptr
                             : value->Find(kLate);
      if (late != nullptr && (late->text() == "side" || late->text() == "update")) return true;
    }
    return false;
  }

  Workspace& workspace_;
  const Plan& plan_;
  const std::stop_token stop_;
  Diagnostics& diagnostics_;
  StreamPlan result_;
  std::vector<int> failed_;
};

}  // namespace

const StreamNode* StreamPlan::Find(int index) const {
  for (const StreamNode& node : nodes) {
    if (node.index == index) return &node;
  }
  return nullptr;
}

Result<StreamProgress> ProgressOf(Workspace& workspace, const NodeId& id, const StreamNode& node) {
  StreamProgress progress;
  if (id.empty()) return progress;
  TW_ASSIGN_OR_RETURN(const auto positions, workspace.catalog().Positions(id));
  for (const auto& [split, position] : positions) progress.positions.positions[split] = {position};
  TW_ASSIGN_OR_RETURN(const auto states, workspace.catalog().States(id));
  for (const auto& state : states) {
    if (state.definition == node.definition && state.state_version == node.state_version) {
      progress.state[state.operator_name] = state.files;
    } else {
      progress.other_states.push_back(state.operator_name);
    }
  }
  return progress;
}

Result<StreamPlan> PlanStream(Workspace& workspace, const Plan& plan, std::stop_token stop,
                              Diagnostics& diagnostics) {
  TW_ASSIGN_OR_RETURN(StreamPlan stream,
                      StreamPlanner(workspace, plan, std::move(stop), diagnostics).Make());
  for (StreamNode& node : stream.nodes) {
    const NodeId& id = plan.nodes[static_cast<std::size_t>(node.index)].id;
    TW_ASSIGN_OR_RETURN(const StreamProgress progress, ProgressOf(workspace, id, node));
    if (node.source != nullptr) {
      node.restart = progress.positions.positions.empty() ? "streams from the beginning"
                                                          : "streams on from its last epoch";
    } else if (!progress.other_states.empty()) {
      node.restart = "streams; its state is dropped: the node or its input was changed";
    } else if (!progress.state.empty()) {
      node.restart = "streams; its state is kept";
    } else {
      node.restart = "streams";
    }
  }
  return stream;
}

}  // namespace thalweg::runs
