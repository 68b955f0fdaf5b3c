#include "runs/plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/parameter_literals.h"
#include "runs/bind_checks.h"
#include "runs/check_event_time.h"
#include "runs/decide.h"
#include "runs/pipeline_parameters.h"
#include "runs/planned_columns.h"
#include "runs/source_fault.h"
#include "runs/stream_plan.h"
#include "runs/target_paths.h"

namespace thalweg::runs {

namespace {

std::size_t At(int i) {
  return static_cast<std::size_t>(i);
}

/// Looks the ids of all nodes up; with `write`, nodes never seen get new ones.
Status SetIds(Workspace& workspace, bool write, Plan* plan) {
  std::vector<catalog::Catalog::NodeWish> wishes;
  for (const auto& node : plan->graph.nodes) {
    wishes.push_back({node.name(), std::string(spec::ToString(node.spec->kind)), node.spec->was});
  }
  const std::string& pipeline = plan->graph.pipeline->name;
  TW_ASSIGN_OR_RETURN(const auto ids, write ? workspace.catalog().ResolveNodes(pipeline, wishes)
                                            : workspace.catalog().LookUpNodes(pipeline, wishes));
  for (std::size_t i = 0; i < ids.size(); ++i) plan->nodes[i].id = ids[i];
  return {};
}

class Planner {
 public:
  Planner(Workspace& workspace, Graph graph, const PlanOptions& options, Diagnostics& diagnostics)
      : workspace_(workspace), options_(options), diagnostics_(diagnostics) {
    plan_.graph = std::move(graph);
    plan_.nodes.resize(plan_.graph.nodes.size());
  }

  Result<Plan> Make() {
    TW_RETURN_IF_ERROR(SetIds(workspace_, options_.write_ids, &plan_));
    TW_ASSIGN_OR_RETURN(selected_, Select(plan_.graph, options_.selection));
    SettleInlining();
    const Decider decider(workspace_, plan_.graph, options_.run);
    Status missing;
    for (const int i : plan_.graph.order) {
      const Status status = PlanNode(decider, i);
      if (status.ok()) continue;
      failed_.insert(i);
      const spec::Node& node = *plan_.graph.nodes[At(i)].spec;
      if (node.kind == spec::NodeKind::kSource && status.code() != Code::kCancelled &&
          (status.fault() == Fault::kUser || status.fault() == Fault::kExternal)) {
        diagnostics_.Add(SourceFault(status, node));  // beside what is wrong with others
        continue;
      }
      if (missing.ok())
        missing = status.Annotate(fmt::format("node \"{}\"", plan_.graph.nodes[At(i)].name()));
    }
    CheckTargetPaths(workspace_, plan_, diagnostics_);
    if (!diagnostics_.has_errors() && !missing.ok()) return missing;
    if (!diagnostics_.has_errors()) TW_RETURN_IF_ERROR(BindStream());
    std::sort(plan_.reads.begin(), plan_.reads.end());
    plan_.reads.erase(std::unique(plan_.reads.begin(), plan_.reads.end()), plan_.reads.end());
    return std::move(plan_);
  }

 private:
  /// A node that is not stored belongs to its reader: selected with it, and stored when selected
  /// alone.
  void SettleInlining() {
    for (auto it = plan_.graph.order.rbegin(); it != plan_.graph.order.rend(); ++it) {
      GraphNode& node = plan_.graph.nodes[At(*it)];
      if (!node.inlined) continue;
      const bool reader = selected_[At(node.downstream.front())];
      if (selected_[At(*it)] && !reader) node.inlined = false;
      if (reader) selected_[At(*it)] = true;
    }
  }

  Status PlanNode(const Decider& decider, int i) {
    const GraphNode& node = plan_.graph.nodes[At(i)];
    NodePlan& plan = plan_.nodes[At(i)];
    if (!selected_[At(i)]) {
      plan.why = node.spec->manual ? "starts only by name" : "not selected";
      return {};
    }
    if (std::any_of(node.upstream.begin(), node.upstream.end(),
                    [&](int other) { return failed_.contains(other); })) {
      failed_.insert(i);
      return {};
    }
    if (node.streams) {
      plan.action = Action::kRun;  // bound below, with the others of the stream
      plan.why = "streams";
      return AllowStored(node, plan.id);
    }
    TW_ASSIGN_OR_RETURN(const Reads reads, ReadsOf(node));
    if (node.inlined) {
      plan.action = Action::kInline;
      plan.why = fmt::format("passed through to {}",
                             plan_.graph.nodes[At(node.downstream.front())].name());
      SetInlinedRead(i, node, reads);
    } else {
      Reads foreign;
      for (const InputTable& table : node.foreign) {
        // One that is missing is said where the check looks into it.
        auto read = ReadOf(table);
        foreign.push_back(read.ok() ? *std::move(read) : Read{.state = Read::State::kRuns});
      }
      TW_ASSIGN_OR_RETURN(Decision decision, decider.Decide(node, plan.id, reads, foreign));
      plan.action = decision.action;
      plan.why = decision.why;
      plan.recipe_key = decision.recipe_key;
      plan.version = decision.version;
      plan.promise = decision.promise;
      plan.recheck = decision.recheck;
      if (!node.not_inlined_because.empty())
        plan.why += fmt::format("; stored, because {}", node.not_inlined_because);
    }
    if (plan.version) plan.columns = plan.version->manifest.columns;
    if (plan.version) AllowOutside(plan.version->manifest);
    if (plan.action == Action::kReuse && !options_.describe_all)
      return plan.recheck ? BindChecksOf(i) : Status();
    return Bind(i);
  }

  Status BindStream() {
    TW_ASSIGN_OR_RETURN(const StreamPlan stream,
                        PlanStream(workspace_, plan_, std::stop_token(), diagnostics_));
    for (const StreamNode& node : stream.nodes) {
      NodePlan& plan = plan_.nodes[At(node.index)];
      plan.why = node.restart;
      plan.promise = node.promise;
      plan.columns = node.columns;
    }
    return {};
  }

  /// The recipe of a node that is not stored stands for its rows in its reader's recipe.
  void SetInlinedRead(int i, const GraphNode& node, const Reads& reads) {
    Read read;
    Recipe recipe = DefinitionOf(workspace_, plan_.graph, node);
    for (std::size_t k = 0; k < reads.size(); ++k) {
      if (reads[k].state != Read::State::kKnown) {
        if (read.state != Read::State::kWaits) read.state = reads[k].state;
        continue;
      }
      AddInput(recipe, node.sql->tables[k],
               reads[k].version ? reads[k].version->manifest.id.str() : reads[k].recipe);
    }
    read.recipe = recipe.Key();
    inlined_[i] = std::move(read);
  }

  Result<Reads> ReadsOf(const GraphNode& node) {
    Reads reads;
    for (const InputTable& table : node.reads()) {
      TW_ASSIGN_OR_RETURN(Read read, ReadOf(table));
      reads.push_back(std::move(read));
    }
    return reads;
  }

  Result<Read> ReadOf(const InputTable& table) {
    Read read;
    if (table.node < 0 || !selected_[At(table.node)]) {
      TW_ASSIGN_OR_RETURN(read.version, ChooseVersion(workspace_.catalog(), table));
      AllowOutside(read.version->manifest);
      if (table.node >= 0 && table.table == plan_.graph.nodes[At(table.node)].name()) {
        plan_.nodes[At(table.node)].columns = read.version->manifest.columns;
      }
      stored_columns_[table.pipeline + "." + table.table] = read.version->manifest.columns;
      return read;
    }
    const NodePlan& plan = plan_.nodes[At(table.node)];
    switch (plan.action) {
      case Action::kReuse:
        read.version = plan.version;
        if (table.table != plan_.graph.nodes[At(table.node)].name()) {
          TW_ASSIGN_OR_RETURN(read.version, SideVersion(table, *plan.version));
          stored_columns_[table.pipeline + "." + table.table] = read.version->manifest.columns;
        }
        break;
      case Action::kInline:
        return inlined_.at(table.node);
      case Action::kWait:
        read.state = Read::State::kWaits;
        break;
      case Action::kRun:
      case Action::kSkip:
        read.state = Read::State::kRuns;
        break;
    }
    return read;
  }

  /// The rejects that were committed together with a version.
  Result<catalog::VersionRecord> SideVersion(const InputTable& table,
                                             const catalog::VersionRecord& version) {
    TW_ASSIGN_OR_RETURN(auto side, workspace_.catalog().VersionOfRun(table.pipeline, table.table,
                                                                     version.run_number));
    if (side) return *std::move(side);
    return Status::NotFound(fmt::format("table {}.{} does not exist: the node rejects no rows",
                                        table.pipeline, table.table))
        .WithSlug("no-version")
        .WithHint(
            "bad_rows: quarantine on the source, or severity: quarantine on a check, makes it");
  }

  /// Tables that a stream reads and that this run does not make, and the versions that it goes on
  /// with. What is missing is said when the stream is bound.
  Status AllowStored(const GraphNode& node, const NodeId& id) {
    if (node.reads().empty()) return {};
    for (const InputTable& table : node.reads()) {
      if (table.node >= 0 && selected_[At(table.node)]) continue;
      const auto version = ChooseVersion(workspace_.catalog(), table);
      if (version.ok()) AllowOutside(version->manifest);
    }
    if (id.empty()) return {};
    TW_ASSIGN_OR_RETURN(const auto positions, workspace_.catalog().Positions(id));
    for (const auto& [split, position] : positions) {
      for (const std::string* name : {&split, &position}) {
        TW_ASSIGN_OR_RETURN(const auto begun, workspace_.catalog().FindVersion(VersionId(*name)));
        if (begun) AllowOutside(begun->manifest);
      }
    }
    return {};
  }

  void AllowOutside(const data::Manifest& manifest) {
    for (const auto& file : manifest.files) {
      if (file.outside()) plan_.reads.push_back(ParentPath(file.path));
    }
  }

  // Binding: what columns come out, and everything that can be wrong with them.

  Status Bind(int i) {
    const GraphNode& node = plan_.graph.nodes[At(i)];
    NodePlan& plan = plan_.nodes[At(i)];
    switch (node.spec->kind) {
      case spec::NodeKind::kSource:
        TW_RETURN_IF_ERROR(BindSource(node, plan));
        break;
      case spec::NodeKind::kSql:
        TW_RETURN_IF_ERROR(BindSql(i, node, plan));
        break;
      case spec::NodeKind::kGate:
        plan.columns = ColumnsOf(*node.from);
        return BindEvidence(node);
      case spec::NodeKind::kTarget:
        return BindTarget(node, plan);
      case spec::NodeKind::kOperator:
        TW_RETURN_IF_ERROR(BindOperatorNode(i));
        if (plan.op == nullptr) return {};
        plan.columns = plan.op->columns;
        break;
    }
    TW_RETURN_IF_ERROR(BindChecksOf(i));
    return BindEventTime(i);
  }

  Status BindChecksOf(int i) {
    const GraphNode& node = plan_.graph.nodes[At(i)];
    if (node.spec->checks.empty()) return {};
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    std::vector<data::Columns> foreign;
    for (const InputTable& table : node.foreign) foreign.push_back(ColumnsOf(table));
    return BindChecks(*engine, *node.spec, plan_.nodes[At(i)].columns, foreign, Parameters(),
                      diagnostics_);
  }

  /// At the node that declares it: its readers would each say the same.
  Status BindEventTime(int i) {
    const spec::Node& node = *plan_.graph.nodes[At(i)].spec;
    const data::Columns& columns = plan_.nodes[At(i)].columns;
    if (!node.event_time || columns.empty() || node.kind == spec::NodeKind::kOperator) return {};
    TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(columns));
    if (!CheckEventTime(node, *schema, diagnostics_)) failed_.insert(i);
    return {};
  }

  Status BindSource(const GraphNode& node, NodePlan& plan) {
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    const auto& body = std::get<spec::SourceBody>(node.spec->body);
    const auto source =
        body.options->Make(workspace_.MakeSourceContext(plan_.graph.directory, engine));
    TW_RETURN_IF_ERROR(source->Bind().status());
    TW_ASSIGN_OR_RETURN(plan.columns, source->TableColumns());
    TW_ASSIGN_OR_RETURN(plan.scan, source->Lower());
    if (plan.scan) {
      std::visit([&](const auto& scan) { AllowScan(scan); }, *plan.scan);
    }
    return {};
  }

  void AllowScan(const component::ParquetScan& scan) {
    for (const auto& file : scan.files) plan_.reads.push_back(ParentPath(file.path));
  }
  template <typename TextScan>
  void AllowScan(const TextScan& scan) {
    for (const auto& path : scan.paths) plan_.reads.push_back(ParentPath(path));
  }

  Status BindOperatorNode(int i) {
    const GraphNode& node = plan_.graph.nodes[At(i)];
    NodePlan& plan = plan_.nodes[At(i)];
    if (plan.op != nullptr) return {};
    std::vector<data::EdgeType> inputs;
    for (const InputTable& table : node.inputs) {
      TW_ASSIGN_OR_RETURN(auto edge, EdgeOf(table));
      if (!edge) {
        failed_.insert(i);
        return {};
      }
      inputs.push_back(*std::move(edge));
    }
    TW_ASSIGN_OR_RETURN(auto make_evaluator, workspace_.make_evaluator());
    TW_ASSIGN_OR_RETURN(
        plan.op, BindOperator(*node.spec, std::move(inputs),
                              operators::WithParameters(std::move(make_evaluator), Parameters()),
                              diagnostics_));
    if (plan.op == nullptr) failed_.insert(i);
    return {};
  }

  /// What an operator is told of an input; none when what is above it has failed.
  Result<std::optional<data::EdgeType>> EdgeOf(const InputTable& table) {
    if (table.node >= 0 && failed_.contains(table.node)) return std::optional<data::EdgeType>();
    data::Columns columns = ColumnsOf(table);
    if (columns.empty()) {  // above a node that is not selected
      TW_ASSIGN_OR_RETURN(const auto version, ChooseVersion(workspace_.catalog(), table));
      columns = version.manifest.columns;
    }
    data::EdgeType edge;
    TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(columns));
    TW_ASSIGN_OR_RETURN(edge.event_time, EventTimeOf(table));
    return std::optional(std::move(edge));
  }

  /// Declared by the node, or inherited: through gates, and as operators say.
  Result<std::optional<std::string>> EventTimeOf(const InputTable& table) {
    std::optional<std::string> none;
    if (table.node < 0) return none;
    const GraphNode& node = plan_.graph.nodes[At(table.node)];
    const std::string side = SideOf(node.name(), table.table);
    if (side.empty() && node.spec->event_time) return std::optional(node.spec->event_time->column);
    if (node.spec->kind == spec::NodeKind::kGate) return EventTimeOf(*node.from);
    if (node.spec->kind != spec::NodeKind::kOperator) return none;
    TW_RETURN_IF_ERROR(BindOperatorNode(table.node));
    const auto& op = plan_.nodes[At(table.node)].op;
    if (op == nullptr) return none;
    if (side.empty()) return op->bound.output.event_time;
    for (const auto& [name, edge] : op->bound.sides) {
      if (name == side) return edge.event_time;
    }
    return none;
  }

  data::Columns ColumnsOf(const InputTable& table) const {
    if (auto planned = PlannedColumns(plan_, table)) return *std::move(planned);
    const auto it = stored_columns_.find(table.pipeline + "." + table.table);
    return it == stored_columns_.end() ? data::Columns() : it->second;
  }

  /// Binds a statement over empty inputs. False when the user's text is wrong (reported) or an
  /// input failed already.
  Result<bool> DescribeSql(const GraphNode& node, const BoundSql& sql, data::Columns* columns) {
    std::vector<component::Input> inputs;
    for (const auto& table : sql.tables) {
      data::Columns of = ColumnsOf(table);
      if (of.empty() && table.node >= 0 && failed_.contains(table.node)) return false;
      inputs.push_back(component::EmptyInput{std::move(of)});
    }
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    auto described = engine->Describe(
        sql::MakeStatement(sql.text.text, sql.analysis, std::move(inputs), Parameters()));
    if (!described.ok()) {
      if (described.status().fault() != Fault::kUser) return described.status();
      diagnostics_.Add(Locate(described.status(), sql.text, node.name()));
      return false;
    }
    *columns = std::move(described->columns);
    return true;
  }

  Status BindSql(int i, const GraphNode& node, NodePlan& plan) {
    TW_ASSIGN_OR_RETURN(const bool bound, DescribeSql(node, *node.sql, &plan.columns));
    if (!bound) failed_.insert(i);
    return {};
  }

  Status BindEvidence(const GraphNode& node) {
    data::Columns ignored;
    for (const auto& evidence : node.evidence) {
      const bool from_unseen =
          std::any_of(evidence.tables.begin(), evidence.tables.end(),
                      [&](const InputTable& table) { return ColumnsOf(table).empty(); });
      if (!from_unseen) TW_RETURN_IF_ERROR(DescribeSql(node, evidence, &ignored).status());
    }
    return {};
  }

  Status BindTarget(const GraphNode& node, NodePlan& plan) {
    const auto& body = std::get<spec::TargetBody>(node.spec->body);
    const auto target = body.options->Make(workspace_.MakeTargetContext(plan_.graph.directory));
    const auto [other, fresh] = identities_.emplace(target->identity(), node.name());
    if (!fresh) {
      diagnostics_.Error("target-written-twice",
                         fmt::format("nodes \"{}\" and \"{}\" write the same thing: {}",
                                     other->second, node.name(), target->identity()),
                         node.spec->name_span, "", "give one of them another name");
    }
    const data::Columns columns = ColumnsOf(*node.from);
    if (columns.empty()) return {};
    for (const auto& key : body.order_by) {
      CheckColumn(node, key.column, columns, "order_by");
    }
    data::EdgeType edge;
    TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(columns));
    auto guarantee = target->Bind(columns, edge, body.write);
    if (!guarantee.ok()) {
      if (guarantee.status().fault() != Fault::kUser) return guarantee.status();
      diagnostics_.Error(guarantee.status().slug(),
                         fmt::format("node \"{}\": {}", node.name(), guarantee.status().message()),
                         node.spec->name_span, "", guarantee.status().hint());
      return {};
    }
    plan.promise = component::ToString(*guarantee);
    return {};
  }

  void CheckColumn(const GraphNode& node, const std::string& column, const data::Columns& columns,
                   std::string_view key) {
    std::vector<std::string> names;
    for (const auto& known : columns) names.push_back(known.name);
    if (std::find(names.begin(), names.end(), column) != names.end()) return;
    const std::string near = Nearest(column, names);
    const component::Value* value = node.spec->value.Find("target");
    value = value ? value->Find(key) : nullptr;
    diagnostics_.Error("unknown-column",
                       fmt::format("node \"{}\": {} names \"{}\", which its input does not have",
                                   node.name(), key, column),
                       value ? value->span() : node.spec->name_span,
                       near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  }

  std::vector<component::Parameter> Parameters() const {
    return ParametersOf(*plan_.graph.pipeline);
  }

  Workspace& workspace_;
  const PlanOptions& options_;
  Diagnostics& diagnostics_;
  Plan plan_;
  std::vector<bool> selected_;
  std::set<int> failed_;
  std::map<int, Read> inlined_;
  std::map<std::string, data::Columns> stored_columns_;
  std::map<std::string, std::string> identities_;
};

}  // namespace

std::string_view ToString(Action action) {
  switch (action) {
    case Action::kRun:
      return "run";
    case Action::kReuse:
      return "reuse";
    case Action::kWait:
      return "wait";
    case Action::kSkip:
      return "skip";
    case Action::kInline:
      return "inline";
  }
  return "?";
}

bool Plan::anything_runs() const {
  return std::any_of(nodes.begin(), nodes.end(), [](const NodePlan& node) {
    return node.action == Action::kRun || node.action == Action::kWait ||
           node.action == Action::kInline;
  });
}

Status GiveIds(Workspace& workspace, Plan* plan) {
  return SetIds(workspace, true, plan);
}

Result<Plan> MakePlan(Workspace& workspace, Graph graph, const PlanOptions& options,
                      Diagnostics& diagnostics) {
  return Planner(workspace, std::move(graph), options, diagnostics).Make();
}

}  // namespace thalweg::runs
