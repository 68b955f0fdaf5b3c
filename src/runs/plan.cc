#include "runs/plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "runs/bind_node.h"
#include "runs/decide.h"
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
      binder_.Fail(i);
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
    if (!missing.ok() && (!diagnostics_.has_errors() || missing.code() == Code::kCancelled ||
                          missing.fault() == Fault::kBug)) {
      return missing;
    }
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
                    [&](int other) { return binder_.Failed(other); })) {
      binder_.Fail(i);
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
      return plan.recheck ? binder_.BindChecksOf(i) : Status();
    return binder_.Bind(i);
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
      binder_.Know(table, read.version->manifest.columns);
      return read;
    }
    const NodePlan& plan = plan_.nodes[At(table.node)];
    switch (plan.action) {
      case Action::kReuse:
        read.version = plan.version;
        if (table.table != plan_.graph.nodes[At(table.node)].name()) {
          TW_ASSIGN_OR_RETURN(read.version, SideVersion(table, *plan.version));
          binder_.Know(table, read.version->manifest.columns);
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

  Workspace& workspace_;
  const PlanOptions& options_;
  Diagnostics& diagnostics_;
  Plan plan_;
  NodeBinder binder_{workspace_, &plan_, diagnostics_};
  std::vector<bool> selected_;
  std::map<int, Read> inlined_;
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
