#include "runs/test_nodes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "data/types.h"
#include "runs/test_rows.h"

namespace thalweg::runs {

namespace {

spec::SqlBody AllOf(const std::string& table, const Span& span) {
  spec::SqlBody body;
  body.text.text = "SELECT * FROM \"" + table + "\"";
  body.text.value = component::Value::String(body.text.text, span);
  return body;
}

}  // namespace

void SimplifyForTest(spec::Node* node) {
  node->after.clear();
  node->was.clear();
  node->checks.clear();
  node->manual = false;
  if (node->kind != spec::NodeKind::kGate && node->kind != spec::NodeKind::kTarget) return;
  node->kind = spec::NodeKind::kSql;
  node->body = AllOf(node->from[0].name, node->name_span);
  node->from.clear();
}

void BecomeTestSource(std::shared_ptr<const TestSource::Rows> rows, spec::Node* node) {
  const bool unbounded = !rows->bounded;
  node->kind = spec::NodeKind::kSource;
  node->body = spec::SourceBody{.connector = "test",
                                .options = std::make_shared<TestSourceOptions>(std::move(rows)),
                                .unbounded = unbounded};
  node->from.clear();
  node->looks_into.clear();
  node->materialize = {};
  node->engine.clear();
  node->parallel = 1;
}

data::Columns TestColumns::Of(int node, std::optional<spec::EventTimeSpec>* event_time) {
  const spec::Node& spec = *graph_.nodes[static_cast<std::size_t>(node)].spec;
  if (IsOutside(node)) return OfSource(node);
  if (!std::exchange(planned_, true)) PlanAll();
  if (!plan_) return {};
  const int i = plan_->graph.Find(spec.name);
  if (i < 0) return {};
  const StreamNode* stream = stream_.Find(i);
  if (stream == nullptr) return plan_->nodes[static_cast<std::size_t>(i)].columns;
  if (!spec.event_time && stream->bound.output.event_time) {
    event_time->emplace();
    (*event_time)->column = *stream->bound.output.event_time;
  }
  return stream->columns;
}

bool TestColumns::IsOutside(int node) const {
  const GraphNode& of = graph_.nodes[static_cast<std::size_t>(node)];
  return of.spec->kind == spec::NodeKind::kSource && of.inputs.empty();
}

data::Columns TestColumns::OfSource(int node) {
  const auto& body =
      std::get<spec::SourceBody>(graph_.nodes[static_cast<std::size_t>(node)].spec->body);
  auto engine = workspace_.engine();
  if (!engine.ok()) return {};
  component::SourceContext context = workspace_.MakeSourceContext(graph_.directory, *engine);
  context.stop = stop_;
  const auto source = body.options->Make(context);
  // Data that is not there is no mistake here: its rows are not asked for.
  if (!source->Bind().ok()) return {};
  auto columns = source->TableColumns();
  return columns.ok() ? *std::move(columns) : data::Columns();
}

void TestColumns::AddDeclared(int node, data::Columns* columns) const {
  const spec::Node& spec = *graph_.nodes[static_cast<std::size_t>(node)].spec;
  const component::Value* source = spec.value.Find("source");
  const component::Value* declared = source == nullptr ? nullptr : source->Find("columns");
  if (declared == nullptr) return;
  for (const auto& entry : declared->entries()) {
    const bool is_map = entry.value.kind() == component::Value::Kind::kMap;
    const component::Value* type = is_map ? entry.value.Find("type") : &entry.value;
    if (type == nullptr) continue;
    const auto canonical = data::CanonicalType(type->text());
    if (!canonical.ok()) continue;
    const auto found = std::find_if(columns->begin(), columns->end(),
                                    [&](const auto& c) { return c.name == entry.key; });
    if (found == columns->end()) {
      columns->push_back({0, entry.key, *canonical});
    } else {
      found->type = *canonical;
    }
  }
}

void TestColumns::PlanAll() {
  Rehearsal rehearsal;
  rehearsal.edit = [this](spec::Pipeline* pipeline) {
    std::erase_if(pipeline->nodes,
                  [](const auto& node) { return node.kind == spec::NodeKind::kTarget; });
    for (spec::Node& node : pipeline->nodes) {
      SimplifyForTest(&node);
      const int i = graph_.Find(node.name);
      if (!IsOutside(i)) continue;
      auto rows = std::make_shared<TestSource::Rows>();
      rows->bounded = !graph_.nodes[static_cast<std::size_t>(i)].streams;
      rows->columns = OfSource(i);
      if (rows->columns.empty()) AddDeclared(i, &rows->columns);
      if (rows->columns.empty()) continue;
      TW_ASSIGN_OR_RETURN(rows->schema, TestRowSchema(rows->columns));
      BecomeTestSource(std::move(rows), &node);
    }
    return Status();
  };
  RunRequest request = request_;
  request.rehearsal = &rehearsal;
  // Mistakes come up when the nodes run, as far as the test needs them.
  Diagnostics ignored;
  auto graph = LoadGraph(workspace_, request, std::nullopt, ignored);
  if (!graph.ok()) return;
  PlanOptions options;
  options.describe_all = true;
  auto plan = MakePlan(workspace_, *std::move(graph), options, ignored);
  if (!plan.ok()) return;
  plan_.emplace(*std::move(plan));
  auto stream = PlanStream(workspace_, *plan_, stop_, ignored);
  if (stream.ok()) stream_ = *std::move(stream);
}

}  // namespace thalweg::runs
