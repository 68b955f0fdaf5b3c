#include "cli/run_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/evidence_text.h"
#include "cli/loaded_graph.h"
#include "cli/progress.h"
#include "cli/table_printer.h"
#include "runs/gate.h"

namespace thalweg::cli {

using catalog::NodeState;
using catalog::RunState;

namespace {

using Events = std::map<std::string, runs::NodeEvent>;

std::string KindOf(const Events& events, const std::string& node) {
  const auto it = events.find(node);
  return it == events.end() ? "" : it->second.kind;
}

std::string Counted(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}", FormatCount(count), what);
}

/// "8 done, 1 reused, 2 wait", without the zeros.
std::string Tally(const runs::RunOutcome& outcome) {
  constexpr std::pair<NodeState, std::string_view> kWords[] = {
      {NodeState::kDone, "ran"},           {NodeState::kReused, "reused"},
      {NodeState::kFailed, "failed"},      {NodeState::kWaiting, "waiting"},
      {NodeState::kPending, "pending"},    {NodeState::kSkipped, "skipped"},
      {NodeState::kCancelled, "cancelled"}};
  std::vector<std::string> parts;
  for (const auto& [state, word] : kWords) {
    const auto count = std::count_if(outcome.nodes.begin(), outcome.nodes.end(),
                                     [s = state](const auto& node) { return node.state == s; });
    if (count > 0) parts.push_back(Counted(count, word));
  }
  return parts.empty() ? "no nodes" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string Headline(const runs::RunOutcome& outcome, std::chrono::nanoseconds took, bool color) {
  const auto& run = outcome.run;
  std::string line = fmt::format("run {} of {} is ", run.number, run.pipeline) +
                     Paint(ToneOf(run.state), catalog::ToString(run.state), color) + ": " +
                     Tally(outcome);
  return line + fmt::format(", {}\n", FormatDuration(took));
}

/// The last table in plan order: what people want to see first.
std::string LastTable(const runs::RunOutcome& outcome, const Events& events) {
  for (auto node = outcome.nodes.rbegin(); node != outcome.nodes.rend(); ++node) {
    const bool there = node->state == NodeState::kDone || node->state == NodeState::kReused;
    if (there && node->rows >= 0 && KindOf(events, node->node) != "target") return node->node;
  }
  return "";
}

void SayErrors(const Context& context, const runs::RunOutcome& outcome) {
  for (const auto& node : outcome.nodes) {
    if (node.state != NodeState::kFailed || node.error.empty()) continue;
    context.console().Err(fmt::format("\n{} failed\n", node.node) + node.error);
  }
}

void SayResults(const Context& context, const runs::RunOutcome& outcome, const Events& events) {
  for (const auto& node : outcome.nodes) {
    if (node.state == NodeState::kDone && KindOf(events, node.node) == "target") {
      context.Say(fmt::format("  wrote {}\n", ShowCell(node.detail)));
    }
  }
  for (const auto& node : outcome.nodes) {
    if (node.rejected > 0) {
      context.Say(
          fmt::format("  {}: thalweg query \"FROM {}_rejects\"\n",
                      Counted(node.rejected, node.rejected == 1 ? "rejected row" : "rejected rows"),
                      node.node));
    }
  }
}

Result<std::vector<runs::Evidence>> WaitingAt(runs::Workspace& workspace,
                                              const runs::RunOutcome& outcome) {
  std::vector<runs::Evidence> all;
  for (const auto& gate : outcome.gates) {
    TW_ASSIGN_OR_RETURN(auto evidence,
                        runs::WaitingEvidence(workspace, outcome.run.pipeline + "." + gate));
    all.push_back(std::move(evidence));
  }
  return all;
}

void SayAdvice(const Context& context, const runs::RunOutcome& outcome, const Events& events,
               const std::string& again, const std::vector<runs::Evidence>& waiting) {
  switch (outcome.run.state) {
    case RunState::kDone:
      if (const std::string table = LastTable(outcome, events); !table.empty()) {
        context.SayNext(fmt::format("thalweg query \"FROM {}\"", table));
      }
      return;
    case RunState::kWaiting:
      for (const auto& evidence : waiting) context.SayNext(SignatureAdvice(evidence));
      return;
    case RunState::kFailed:
      context.SayNext(outcome.rejected
                          ? fmt::format("change what the gate was shown, then: {}", again)
                          : fmt::format("mend it, then: {} (what is done is reused)", again));
      return;
    default:
      context.SayNext("thalweg resume");
  }
}

Json Document(const runs::RunOutcome& outcome, const Events& events,
              const std::vector<runs::Evidence>& waiting, const Diagnostics& diagnostics,
              ExitCode code) {
  Json document = NewDocument();
  const auto& run = outcome.run;
  document["run"] = run.number;
  document["pipeline"] = run.pipeline;
  document["state"] = catalog::ToString(run.state);
  document["started"] = FormatInstant(run.started);
  if (run.ended) document["ended"] = FormatInstant(*run.ended);
  document["nodes"] = Json::array();
  for (const auto& node : outcome.nodes) {
    Json entry{{"node", node.node},
               {"kind", KindOf(events, node.node)},
               {"state", catalog::ToString(node.state)}};
    if (node.rows >= 0) entry["rows"] = node.rows;
    if (node.rejected > 0) entry["rejected"] = node.rejected;
    if (const auto it = events.find(node.node); it != events.end() && it->second.wall.count() > 0) {
      entry["bytes"] = it->second.bytes.value;
      entry["wall_ms"] =
          std::chrono::duration_cast<std::chrono::milliseconds>(it->second.wall).count();
    }
    if (!node.detail.empty()) entry["detail"] = node.detail;
    if (!node.error.empty()) entry["error"] = node.error;
    document["nodes"].push_back(std::move(entry));
  }
  document["gates"] = Json::array();
  for (const auto& evidence : waiting) document["gates"].push_back(ToJson(evidence));
  document["warnings"] = Json::array();
  for (const auto& warning : diagnostics.all()) document["warnings"].push_back(ToJson(warning));
  document["exit"] = static_cast<int>(code);
  return document;
}

}  // namespace

ExitCode ExitFor(const runs::RunOutcome& outcome) {
  switch (outcome.run.state) {
    case RunState::kDone:
      return ExitCode::kOk;
    case RunState::kWaiting:
      return ExitCode::kWaiting;
    case RunState::kCancelled:
      return ExitCode::kInterrupted;
    default:
      break;
  }
  if (outcome.rejected) return ExitCode::kRejected;
  return outcome.timed_out ? ExitCode::kTimeout : ExitCode::kFailed;
}

Result<ExitCode> ExecuteAndReport(Context& context, runs::Workspace& workspace,
                                  const std::string& again, const Execute& execute) {
  const std::stop_token stop = context.StopOnInterrupt();
  Diagnostics diagnostics;
  Events events;
  Result<runs::RunOutcome> outcome = Status::Internal("the run did not begin");
  const auto began = context.clock().Steady();
  {
    Progress progress(
        context.console(), context.clock(),
        [&](const RunId& run) {
          context.Warn(diagnostics);
          std::vector<std::string> names;
          if (const auto nodes = workspace.catalog().NodeRuns(run); nodes.ok()) {
            for (const auto& node : *nodes) names.push_back(node.node_name);
          }
          return names;
        },
        context.options().quiet || context.json());
    const std::stop_callback say(
        stop, [&progress] { progress.OnMessage("stopping; press Ctrl-C again to stop at once"); });
    outcome = execute(progress, stop, diagnostics);
    events = progress.last_events();
  }
  if (diagnostics.has_errors()) return context.Fail(diagnostics, again, ExitCode::kInvalidFile);
  if (!outcome.ok())
    return context.Fail(outcome.status(), ExitForPlanning(context, outcome.status()));

  const auto took = context.clock().Steady() - began;
  std::vector<runs::Evidence> waiting;
  if (outcome->run.state == RunState::kWaiting) {
    TW_ASSIGN_OR_RETURN(waiting, WaitingAt(workspace, *outcome));
  }
  const bool cancelled = outcome->run.state == RunState::kCancelled;
  const ExitCode code =
      cancelled ? context.InterruptedOr(ExitCode::kInterrupted) : ExitFor(*outcome);
  if (context.json()) {
    context.Print(Document(*outcome, events, waiting, diagnostics, code));
    return code;
  }
  SayErrors(context, *outcome);
  for (const auto& evidence : waiting)
    context.Say("\n" + EvidenceText(evidence, context.console().err()));
  if (!waiting.empty() || outcome->run.state == RunState::kFailed) context.Say("\n");
  context.Say(Headline(*outcome, took, context.console().err().color));
  SayResults(context, *outcome, events);
  SayAdvice(context, *outcome, events, again, waiting);
  return code;
}

}  // namespace thalweg::cli
