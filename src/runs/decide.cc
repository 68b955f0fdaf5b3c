#include "runs/decide.h"

#include <algorithm>

#include <fmt/format.h>

#include "runs/checks.h"
#include "runs/gate.h"
#include "runs/outside_files.h"

namespace thalweg::runs {

namespace {

std::string NeverReusedBecause(const GraphNode& node) {
  if (node.spec->uses_run) return "never reused: it names the run";
  if (!node.not_repeatable_because.empty()) return "never reused: " + node.not_repeatable_because;
  return "never reused";
}

}  // namespace

std::string ChecksCacheKey(const Graph& graph, const GraphNode& node, const VersionId& version,
                           const Reads& foreign) {
  std::string key = version.str() + ":" + ChecksKey(*node.spec, *graph.pipeline);
  for (const Read& table : foreign)
    key += ":" + (table.version ? table.version->manifest.id.str() : table.recipe);
  return key;
}

Decider::Decider(Workspace& workspace, const Graph& graph, RunId run)
    : workspace_(workspace), graph_(graph), run_(std::move(run)) {
  if (run_.empty()) return;
  const auto records = workspace_.catalog().NodeRuns(run_);
  if (!records.ok()) return;  // then nodes run again
  for (const auto& record : *records) {
    if (!record.version.empty()) made_[record.node] = record.version;
  }
}

Result<std::optional<catalog::VersionRecord>> Decider::Reusable(
    const NodeId& id, const std::string& recipe_key) const {
  TW_ASSIGN_OR_RETURN(auto version, workspace_.catalog().FindReusable(id, recipe_key));
  const auto made = made_.find(id);
  if (version || made == made_.end()) return version;
  TW_ASSIGN_OR_RETURN(version, workspace_.catalog().FindVersion(made->second));
  if (version && (!version->good || version->invalidated || version->recipe_key != recipe_key))
    version.reset();
  return version;
}

Result<Decision> Decider::Decide(const GraphNode& node, const NodeId& id, const Reads& reads,
                                 const Reads& foreign) const {
  Decision decision;
  decision.recipe = DefinitionOf(workspace_, graph_, node);
  for (std::size_t i = 0; i < reads.size(); ++i) {
    const InputTable& table = node.reads()[i];
    if (reads[i].state == Read::State::kWaits) {
      decision.action = Action::kWait;
      decision.why = fmt::format("below an unsigned gate: {}", table.table);
      return decision;
    }
    if (reads[i].state == Read::State::kRuns) {
      if (decision.why.empty()) decision.why = fmt::format("reads {}, which runs", table.table);
    } else {
      AddInput(decision.recipe, table,
               reads[i].version ? reads[i].version->manifest.id.str() : reads[i].recipe);
    }
  }
  if (!decision.why.empty()) {
    if (node.spec->kind == spec::NodeKind::kGate) {
      decision.action = Action::kWait;
      decision.why = fmt::format("{} runs: its new data must be signed", node.from->table);
    }
    return decision;
  }

  switch (node.spec->kind) {
    case spec::NodeKind::kGate:
      return DecideGate(node, id, reads.front(), std::move(decision));
    case spec::NodeKind::kTarget:
      return DecideTarget(node, std::move(decision));
    case spec::NodeKind::kSource: {
      const auto& body = std::get<spec::SourceBody>(node.spec->body);
      const auto source =
          body.options->Make(workspace_.MakeSourceContext(graph_.directory, nullptr));
      TW_ASSIGN_OR_RETURN(const auto identity, source->Identity());
      decision.recipe.Add(identity ? "source" : "run", identity ? identity->text : run_.str());
      if (!identity) decision.why = "never reused: the source cannot say whether it changed";
      decision.promise = source->replay() == component::Replay::kExact
                             ? "can be read again"
                             : "at most once across a crash";
      return DecideStored(node, id, foreign, std::move(decision));
    }
    case spec::NodeKind::kSql:
    case spec::NodeKind::kOperator:
      return DecideStored(node, id, foreign, std::move(decision));
  }
  return Status::Internal("unknown kind of node");
}

Result<Decision> Decider::DecideStored(const GraphNode& node, const NodeId& id,
                                       const Reads& foreign, Decision decision) const {
  if (!node.repeatable) {
    decision.recipe.Add("run", run_.str());
    decision.why = NeverReusedBecause(node);
  }
  const bool tied_to_run = !decision.why.empty();
  if (tied_to_run && run_.empty()) return decision;
  decision.recipe_key = decision.recipe.Key();
  if (!id.empty()) {
    TW_ASSIGN_OR_RETURN(decision.version, Reusable(id, decision.recipe_key));
  }
  bool whole = true;
  if (decision.version) {
    TW_ASSIGN_OR_RETURN(
        whole, HasItsFiles(workspace_.files(), workspace_.home().path(), *decision.version));
  }
  if (!whole) {
    decision.version.reset();
    decision.why = "files of its table are gone or damaged";
  } else if (decision.version) {
    decision.action = Action::kReuse;
    decision.why =
        fmt::format("version {} of run {}", decision.version->number, decision.version->run_number);
    if (!node.spec->checks.empty()) {
      const std::string key = ChecksCacheKey(graph_, node, decision.version->manifest.id, foreign);
      TW_ASSIGN_OR_RETURN(const auto known, workspace_.catalog().CacheGet(kChecksCache, key));
      const bool made_anew = std::any_of(foreign.begin(), foreign.end(), [](const Read& table) {
        return table.state != Read::State::kKnown;
      });
      decision.recheck = !known || made_anew;
      if (decision.recheck) decision.why += ", its checks run again";
    }
  } else if (!tied_to_run) {
    TW_ASSIGN_OR_RETURN(decision.why,
                        WhyRun(workspace_, graph_.pipeline->name, node.name(), decision.recipe));
  }
  return decision;
}

Result<Decision> Decider::DecideGate(const GraphNode& node, const NodeId& id, const Read& input,
                                     Decision decision) const {
  decision.recipe_key = decision.recipe.Key();
  if (id.empty()) {
    decision.action = Action::kWait;
    decision.why = fmt::format("nobody has signed {}", node.from->table);
    return decision;
  }
  TW_ASSIGN_OR_RETURN(const GateDecision signature,
                      FindDecision(workspace_, id, *input.version, may_read_));
  switch (signature.state) {
    case GateDecision::State::kNone:
      decision.action = Action::kWait;
      decision.why = fmt::format("nobody has signed version {} of {}", input.version->number,
                                 node.from->table);
      return decision;
    case GateDecision::State::kRejected:
      decision.action = Action::kWait;
      decision.rejected = true;
      decision.why = fmt::format("rejected by {}{}{}", signature.signature->actor,
                                 signature.signature->comment.empty() ? "" : ": ",
                                 signature.signature->comment);
      return decision;
    case GateDecision::State::kApproved:
      break;
  }
  TW_ASSIGN_OR_RETURN(decision.version, Reusable(id, decision.recipe_key));
  decision.action = decision.version ? Action::kReuse : Action::kRun;
  decision.why =
      fmt::format("approved by {}{}", signature.signature->actor,
                  signature.same_rows_as_approved ? " (same rows as the approved version)" : "");
  return decision;
}

Result<Decision> Decider::DecideTarget(const GraphNode& node, Decision decision) const {
  const auto& body = std::get<spec::TargetBody>(node.spec->body);
  const auto target = body.options->Make(workspace_.MakeTargetContext(graph_.directory));
  decision.recipe.Add("target", target->identity());
  if (node.spec->uses_run) decision.recipe.Add("run", run_.str());
  decision.recipe_key = decision.recipe.Key();
  TW_ASSIGN_OR_RETURN(const auto last, workspace_.catalog().LastReceipt(target->identity()));
  if (node.spec->uses_run && run_.empty()) {
    decision.why = NeverReusedBecause(node);
  } else if (!last) {
    decision.why = "first write";
  } else if (last->state != catalog::ReceiptState::kApplied ||
             last->recipe_key != decision.recipe_key) {
    decision.why = "its rows or options changed";
  } else {
    TW_ASSIGN_OR_RETURN(const bool holds, target->Holds({last->target, last->receipt}));
    decision.action = holds ? Action::kReuse : Action::kRun;
    decision.why = holds ? "up to date" : "what it wrote is gone or was changed";
  }
  return decision;
}

}  // namespace thalweg::runs
