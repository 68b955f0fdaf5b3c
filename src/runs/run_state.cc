#include "runs/run_state.h"

#include <utility>

#include <fmt/format.h>

#include "runs/outside_files.h"
#include "runs/pipeline_parameters.h"

namespace thalweg::runs {

std::vector<component::Parameter> RunState::Parameters() const {
  return ParametersOf(*plan.graph.pipeline);
}

void RunState::Tell(const NodeEvent& event) {
  std::lock_guard lock(observer_mutex);
  observer.OnNode(event);
}

Result<component::TableInput> TableOf(const Workspace& workspace,
                                      const catalog::VersionRecord& version) {
  TW_RETURN_IF_ERROR(CheckOutsideFiles(workspace.files(), version));
  return component::TableInput{version.manifest, workspace.home().path()};
}

namespace {

bool PartOfRun(const RunState& state, int node) {
  return node >= 0 && state.planned(node).action != Action::kSkip;
}

Result<component::Input> InlineNode(RunState& state, const GraphNode& node, Read* read,
                                    Status* readable) {
  TW_ASSIGN_OR_RETURN(BoundInputs bound, BindInputs(state, node));
  if (readable->ok()) *readable = bound.readable;
  Recipe recipe = DefinitionOf(state.workspace, state.plan.graph, node);
  for (std::size_t i = 0; i < bound.reads.size(); ++i) {
    const Read& inner = bound.reads[i];
    if (inner.state != Read::State::kKnown) {
      read->state = inner.state;
      return component::Input(component::EmptyInput{});
    }
    AddInput(recipe, node.sql->tables[i],
             inner.version ? inner.version->manifest.id.str() : inner.recipe);
  }
  read->recipe = recipe.Key();
  auto statement = std::make_shared<component::Statement>(sql::MakeStatement(
      node.sql->text.text, node.sql->analysis, std::move(bound.inputs), state.Parameters()));
  return component::Input(component::InlinedInput{std::move(statement)});
}

Status BindTable(RunState& state, const InputTable& table, BoundInputs* bound) {
  Read read;
  component::Input input = component::EmptyInput{};
  if (PartOfRun(state, table.node) && state.planned(table.node).action == Action::kInline) {
    TW_ASSIGN_OR_RETURN(input, InlineNode(state, state.node(table.node), &read, &bound->readable));
  } else {
    bool waits = false;
    if (PartOfRun(state, table.node)) {
      std::lock_guard lock(state.mutex);
      const auto node_state = state.results[static_cast<std::size_t>(table.node)].state;
      waits =
          node_state == catalog::NodeState::kWaiting || node_state == catalog::NodeState::kPending;
    }
    if (waits) {
      read.state = Read::State::kWaits;
    } else {
      TW_ASSIGN_OR_RETURN(read.version, VersionFor(state, table));
      auto rows = TableOf(state.workspace, *read.version);
      if (rows.ok()) {
        input = *std::move(rows);
      } else if (bound->readable.ok()) {
        bound->readable = rows.status();
      }
    }
  }
  bound->reads.push_back(std::move(read));
  bound->inputs.push_back(std::move(input));
  return {};
}

}  // namespace

Result<BoundInputs> BindInputs(RunState& state, const GraphNode& node) {
  BoundInputs bound;
  for (const auto& table : node.reads()) TW_RETURN_IF_ERROR(BindTable(state, table, &bound));
  return bound;
}

Result<catalog::VersionRecord> VersionFor(RunState& state, const InputTable& table) {
  if (PartOfRun(state, table.node)) {
    std::lock_guard lock(state.mutex);
    const NodeResult& result = state.results[static_cast<std::size_t>(table.node)];
    const std::string& name = state.node(table.node).name();
    if (table.table == name && result.version) return *result.version;
    if (const auto side = result.sides.find(table.table); side != result.sides.end())
      return side->second;
    return Status::NotFound(
               fmt::format("table {} was not made: node {} rejects no rows", table.table, name))
        .WithSlug("no-version")
        .WithHint(
            "bad_rows: quarantine on the source, or severity: quarantine on a check, makes it");
  }
  const std::string key =
      table.pipeline + "." + table.table +
      (table.at ? fmt::format("@{}:{}", static_cast<int>(table.at->unit), table.at->value) : "");
  {
    std::lock_guard lock(state.mutex);
    if (const auto it = state.pinned.find(key); it != state.pinned.end()) return it->second;
  }
  TW_ASSIGN_OR_RETURN(catalog::VersionRecord version,
                      ChooseVersion(state.workspace.catalog(), table));
  std::lock_guard lock(state.mutex);
  return state.pinned.emplace(key, std::move(version)).first->second;
}

}  // namespace thalweg::runs
