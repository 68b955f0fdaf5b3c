#include "runs/bind_node.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/parameter_literals.h"
#include "runs/bind_checks.h"
#include "runs/check_event_time.h"
#include "runs/pipeline_parameters.h"
#include "runs/planned_columns.h"

namespace thalweg::runs {

namespace {

std::size_t At(int i) {
  return static_cast<std::size_t>(i);
}

void AllowScan(const component::ParquetScan& scan, std::vector<std::string>* reads) {
  for (const auto& file : scan.files) reads->push_back(ParentPath(file.path));
}
template <typename TextScan>
void AllowScan(const TextScan& scan, std::vector<std::string>* reads) {
  for (const auto& path : scan.paths) reads->push_back(ParentPath(path));
}

}  // namespace

NodeBinder::NodeBinder(Workspace& workspace, Plan* plan, Diagnostics& diagnostics)
    : workspace_(workspace), plan_(plan), diagnostics_(diagnostics) {}

void NodeBinder::Know(const InputTable& table, data::Columns columns) {
  stored_columns_[table.pipeline + "." + table.table] = std::move(columns);
}

Status NodeBinder::Bind(int i) {
  const GraphNode& node = plan_->graph.nodes[At(i)];
  NodePlan& plan = plan_->nodes[At(i)];
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

Status NodeBinder::BindChecksOf(int i) {
  const GraphNode& node = plan_->graph.nodes[At(i)];
  if (node.spec->checks.empty()) return {};
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
  std::vector<data::Columns> foreign;
  for (const InputTable& table : node.foreign) foreign.push_back(ColumnsOf(table));
  return BindChecks(*engine, *node.spec, plan_->nodes[At(i)].columns, foreign, Parameters(),
                    diagnostics_);
}

// At the node that declares it: its readers would each say the same.
Status NodeBinder::BindEventTime(int i) {
  const spec::Node& node = *plan_->graph.nodes[At(i)].spec;
  const data::Columns& columns = plan_->nodes[At(i)].columns;
  if (!node.event_time || columns.empty() || node.kind == spec::NodeKind::kOperator) return {};
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(columns));
  if (!CheckEventTime(node, *schema, diagnostics_)) Fail(i);
  return {};
}

Status NodeBinder::BindSource(const GraphNode& node, NodePlan& plan) {
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
  const auto& body = std::get<spec::SourceBody>(node.spec->body);
  const auto source =
      body.options->Make(workspace_.MakeSourceContext(plan_->graph.directory, engine));
  TW_RETURN_IF_ERROR(source->Bind().status());
  TW_ASSIGN_OR_RETURN(plan.columns, source->TableColumns());
  TW_ASSIGN_OR_RETURN(plan.scan, source->Lower());
  if (plan.scan) {
    std::visit([&](const auto& scan) { AllowScan(scan, &plan_->reads); }, *plan.scan);
  }
  return {};
}

Status NodeBinder::BindOperatorNode(int i) {
  const GraphNode& node = plan_->graph.nodes[At(i)];
  NodePlan& plan = plan_->nodes[At(i)];
  if (plan.op != nullptr) return {};
  std::vector<data::EdgeType> inputs;
  for (const InputTable& table : node.inputs) {
    TW_ASSIGN_OR_RETURN(auto edge, EdgeOf(table));
    if (!edge) {
      Fail(i);
      return {};
    }
    inputs.push_back(*std::move(edge));
  }
  TW_ASSIGN_OR_RETURN(auto make_evaluator, workspace_.make_evaluator());
  TW_ASSIGN_OR_RETURN(
      plan.op, BindOperator(*node.spec, std::move(inputs),
                            operators::WithParameters(std::move(make_evaluator), Parameters()),
                            diagnostics_));
  if (plan.op == nullptr) Fail(i);
  return {};
}

// What an operator is told of an input; none when what is above it has failed.
Result<std::optional<data::EdgeType>> NodeBinder::EdgeOf(const InputTable& table) {
  if (table.node >= 0 && Failed(table.node)) return std::optional<data::EdgeType>();
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

// Declared by the node, or inherited: through gates, and as operators say.
Result<std::optional<std::string>> NodeBinder::EventTimeOf(const InputTable& table) {
  std::optional<std::string> none;
  if (table.node < 0) return none;
  const GraphNode& node = plan_->graph.nodes[At(table.node)];
  const std::string side = SideOf(node.name(), table.table);
  if (side.empty() && node.spec->event_time) return std::optional(node.spec->event_time->column);
  if (node.spec->kind == spec::NodeKind::kGate) return EventTimeOf(*node.from);
  if (node.spec->kind != spec::NodeKind::kOperator) return none;
  TW_RETURN_IF_ERROR(BindOperatorNode(table.node));
  const auto& op = plan_->nodes[At(table.node)].op;
  if (op == nullptr) return none;
  if (side.empty()) return op->bound.output.event_time;
  for (const auto& [name, edge] : op->bound.sides) {
    if (name == side) return edge.event_time;
  }
  return none;
}

data::Columns NodeBinder::ColumnsOf(const InputTable& table) const {
  if (auto planned = PlannedColumns(*plan_, table)) return *std::move(planned);
  const auto it = stored_columns_.find(table.pipeline + "." + table.table);
  return it == stored_columns_.end() ? data::Columns() : it->second;
}

// Binds a statement over empty inputs. False when the user's text is wrong (reported) or an
// input failed already.
Result<bool> NodeBinder::DescribeSql(const GraphNode& node, const BoundSql& sql,
                                     data::Columns* columns) {
  std::vector<component::Input> inputs;
  for (const auto& table : sql.tables) {
    data::Columns of = ColumnsOf(table);
    if (of.empty() && table.node >= 0 && Failed(table.node)) return false;
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

Status NodeBinder::BindSql(int i, const GraphNode& node, NodePlan& plan) {
  TW_ASSIGN_OR_RETURN(const bool bound, DescribeSql(node, *node.sql, &plan.columns));
  if (!bound) Fail(i);
  return {};
}

Status NodeBinder::BindEvidence(const GraphNode& node) {
  data::Columns ignored;
  for (const auto& evidence : node.evidence) {
    const bool from_unseen =
        std::any_of(evidence.tables.begin(), evidence.tables.end(),
                    [&](const InputTable& table) { return ColumnsOf(table).empty(); });
    if (!from_unseen) TW_RETURN_IF_ERROR(DescribeSql(node, evidence, &ignored).status());
  }
  return {};
}

Status NodeBinder::BindTarget(const GraphNode& node, NodePlan& plan) {
  const auto& body = std::get<spec::TargetBody>(node.spec->body);
  const auto target = body.options->Make(workspace_.MakeTargetContext(plan_->graph.directory));
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

void NodeBinder::CheckColumn(const GraphNode& node, const std::string& column,
                             const data::Columns& columns, std::string_view key) {
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
                     near.empty() ? fmt::format("it has {}", fmt::join(names, ", "))
                                  : fmt::format("did you mean \"{}\"?", near));
}

std::vector<component::Parameter> NodeBinder::Parameters() const {
  return ParametersOf(*plan_->graph.pipeline);
}

}  // namespace thalweg::runs
