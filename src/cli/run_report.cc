#include "cli/run_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/arguments.h"
#include "cli/evidence_text.h"
#include "cli/loaded_graph.h"
#include "cli/progress.h"
#include "cli/table_printer.h"
#include "runs/gate.h"

namespace thalweg::cli {

using catalog::NodeState;
using catalog::RunState;

namespace {

/// What is known of the nodes beside the outcome.
struct Seen {
  std::map<std::string, runs::NodeEvent> events;
  std::map<std::string, std::string> kinds;
};

std::string KindOf(const Seen& seen, const std::string& node) {
  const auto it = seen.kinds.find(node);
  return it == seen.kinds.end() ? "" : it->second;
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

std::string_view Verb(RunState state) {
  switch (state) {
    case RunState::kDone:
      return "is done";
    case RunState::kFailed:
      return "failed";
    case RunState::kWaiting:
      return "waits";
    case RunState::kCancelled:
      return "was stopped";
    default:
      return catalog::ToString(state);
  }
}

std::string Headline(const runs::RunOutcome& outcome, std::chrono::nanoseconds took, bool color) {
  const auto& run = outcome.run;
  return fmt::format("run {} of {} {}: {}, {}\n", run.number, run.pipeline,
                     Paint(ToneOf(run.state), Verb(run.state), color), Tally(outcome),
                     FormatDuration(took));
}

/// The last table in plan order: what people want to see first.
std::string LastTable(const runs::RunOutcome& outcome, const Seen& seen) {
  for (auto node = outcome.nodes.rbegin(); node != outcome.nodes.rend(); ++node) {
    const bool there = node->state == NodeState::kDone || node->state == NodeState::kReused;
    if (there && node->rows >= 0 && KindOf(seen, node->node) != "target") return node->node;
  }
  return "";
}

void SayErrors(const Context& context, const runs::RunOutcome& outcome) {
  for (const auto& node : outcome.nodes) {
    if (node.state != NodeState::kFailed || node.error.empty()) continue;
    context.console().Err(fmt::format("\n{} failed\n", node.node) + node.error);
  }
}

/// Rows that were put aside have a table; dropped ones do not.
Result<bool> HasRejects(runs::Workspace& workspace, const runs::RunOutcome& outcome,
                        const runs::NodeOutcome& node) {
  const std::string table = node.node + "_rejects";
  TW_ASSIGN_OR_RETURN(
      const auto version,
      node.state == NodeState::kReused
          ? workspace.catalog().LatestGood(outcome.run.pipeline, table)
          : workspace.catalog().VersionOfRun(outcome.run.pipeline, table, outcome.run.number));
  return version.has_value();
}

/// What cannot be looked up is not said: the run has ended, and its exit code is what counts.
void SayResults(const Context& context, runs::Workspace& workspace, const runs::RunOutcome& outcome,
                const Seen& seen) {
  for (const auto& node : outcome.nodes) {
    if (node.state == NodeState::kDone && !node.detail.empty() &&
        KindOf(seen, node.node) == "target") {
      context.Say(fmt::format("  wrote {}\n", ShowCell(node.detail)));
    }
  }
  for (const auto& node : outcome.nodes) {
    if (node.rejected == 0) continue;
    const auto kept = HasRejects(workspace, outcome, node);
    if (!kept.ok()) {
      context.Say(fmt::format("  {}: {}\n", node.node, FormatCount(node.rejected, "bad row")));
    } else if (*kept) {
      context.Say(fmt::format("  {}: thalweg query \"FROM {}_rejects\"\n",
                              FormatCount(node.rejected, "rejected row"), node.node));
    } else {
      context.Say(
          fmt::format("  {}: {} dropped\n", node.node, FormatCount(node.rejected, "bad row")));
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

void SayAdvice(const Context& context, const runs::RunOutcome& outcome, const Seen& seen,
               const std::string& again, const std::vector<runs::Evidence>& waiting) {
  switch (outcome.run.state) {
    case RunState::kDone:
      if (const std::string table = LastTable(outcome, seen); !table.empty()) {
        context.SayNext(fmt::format("thalweg query \"FROM {}\"", table));
      }
      return;
    case RunState::kWaiting:
      for (const auto& evidence : waiting) context.SayNext(SignatureAdvice(evidence));
      return;
    case RunState::kFailed:
      if (outcome.gate_timed_out) {
        context.SayNext(
            fmt::format("thalweg run {} (the gate asks anew)", ShellWord(outcome.run.file_path)));
        return;
      }
      context.SayNext(outcome.rejected
                          ? fmt::format("change what the gate was shown, then: {}", again)
                          : fmt::format("mend it, then: {} (what is done is reused)", again));
      return;
    default:
      context.SayNext("thalweg resume");
  }
}

Json Document(const runs::RunOutcome& outcome, const Seen& seen,
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
               {"kind", KindOf(seen, node.node)},
               {"state", catalog::ToString(node.state)}};
    if (node.rows >= 0) entry["rows"] = node.rows;
    if (node.rejected > 0) entry["rejected"] = node.rejected;
    if (const auto it = seen.events.find(node.node);
        it != seen.events.end() && it->second.wall.count() > 0) {
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

/// Executes with progress on stderr; `seen` is filled when a run took place.
Result<runs::RunOutcome> Watch(Context& context, runs::Workspace& workspace, const Execute& execute,
                               Diagnostics& diagnostics, Seen& seen) {
  const std::stop_token stop = context.StopOnInterrupt();
  auto names = [&](const RunId& run) {
    context.Warn(diagnostics);
    std::vector<std::string> all;
    if (const auto nodes = workspace.catalog().NodeRuns(run); nodes.ok()) {
      for (const auto& node : *nodes) {
        seen.kinds[node.node_name] = node.kind;
        all.push_back(node.node_name);
      }
    }
    return all;
  };
  Progress progress(context.console(), context.clock(), names,
                    context.options().quiet || context.json());
  const std::stop_callback say(
      stop, [&progress] { progress.OnMessage("stopping; press Ctrl-C again to stop at once"); });
  auto outcome = execute(progress, stop, diagnostics);
  seen.events = progress.last_events();
  return outcome;
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
                                  const AgainLine& again, const Execute& execute) {
  Diagnostics diagnostics;
  Seen seen;
  const auto began = context.clock().Steady();
  const auto outcome = Watch(context, workspace, execute, diagnostics, seen);
  if (diagnostics.has_errors()) {
    return context.Fail(diagnostics, again(diagnostics), ExitForMistakes(diagnostics));
  }
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
    context.Print(Document(*outcome, seen, waiting, diagnostics, code));
    return code;
  }
  SayErrors(context, *outcome);
  for (const auto& evidence : waiting)
    context.Say("\n" + EvidenceText(evidence, context.console().err()));
  if (!waiting.empty() || outcome->run.state == RunState::kFailed) context.Say("\n");
  context.Say(Headline(*outcome, took, context.console().err().color));
  SayResults(context, workspace, *outcome, seen);
  SayAdvice(context, *outcome, seen, again(diagnostics), waiting);
  return code;
}

Result<ExitCode> ResumeAndReport(Context& context, runs::Workspace& workspace,
                                 std::int64_t number) {
  TW_ASSIGN_OR_RETURN(const auto run, workspace.catalog().FindRun(number));
  const std::string file = run ? " " + ShellWord(run->file_path) : "";
  return ExecuteAndReport(
      context, workspace,
      [&](const Diagnostics& mistakes) {
        // The text of a resumed run cannot be mended: it is the one that the run began with.
        return mistakes.has_errors() ? "thalweg run" + file
                                     : fmt::format("thalweg resume {}", number);
      },
      [&](runs::RunObserver& observer, std::stop_token stop, Diagnostics& diagnostics) {
        return runs::Resume(workspace, number, observer, stop, diagnostics);
      });
}

}  // namespace thalweg::cli
