#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "runs/executor.h"
#include "runs/sweep.h"

namespace thalweg::runs {

namespace {

/// A run that was created but whose process has not yet taken its lock is left alone for this long.
constexpr std::chrono::seconds kStartGrace{60};

/// The target that wrote a receipt, from the file text of the newest run that has its node.
Result<std::unique_ptr<component::Target>> TargetOf(Workspace& workspace,
                                                    const catalog::ReceiptRecord& receipt) {
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(std::nullopt, 1000));
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run.id));
    const auto record = std::find_if(nodes.begin(), nodes.end(),
                                     [&](const auto& node) { return node.node == receipt.node; });
    if (record == nodes.end()) continue;
    Diagnostics diagnostics;
    RunRequest request{.file = run.file_path, .text = run.file_text};
    TW_ASSIGN_OR_RETURN(
        const Graph graph,
        LoadGraph(workspace, request, spec::LoadOptions::RunValues{run.number, run.started},
                  diagnostics));
    const int i = graph.Find(record->node_name);
    if (i < 0) continue;
    const auto* body =
        std::get_if<spec::TargetBody>(&graph.nodes[static_cast<std::size_t>(i)].spec->body);
    if (!body || !body->options) continue;
    auto target = body->options->Make(workspace.MakeTargetContext(graph.directory));
    if (target->identity() == receipt.target) return target;
  }
  return Status::NotFound(fmt::format("no run knows the target {}", receipt.target));
}

/// The epoch is committed; its target may not show it yet.
Status RollForward(Workspace& workspace, std::vector<std::string>* lines) {
  TW_ASSIGN_OR_RETURN(const auto prepared, workspace.catalog().PreparedReceipts());
  for (const auto& receipt : prepared) {
    TW_ASSIGN_OR_RETURN(const auto target, TargetOf(workspace, receipt));
    const component::Receipt committed{receipt.target, receipt.receipt};
    const Status status = target->Commit(std::span(&committed, 1));
    const bool gone = !status.ok() && status.code() == Code::kNotFound;
    if (!status.ok() && !gone) return status.Annotate("cannot finish writing " + receipt.target);
    TW_RETURN_IF_ERROR(workspace.catalog().MarkApplied(std::span(&receipt, 1)));
    lines->push_back(
        gone ? fmt::format("the file prepared for {} is gone: the next run writes it again",
                           receipt.target)
             : fmt::format("finished writing {}", receipt.target));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> Recover(Workspace& workspace) {
  std::vector<std::string> lines;
  const catalog::Actor actor{"thalweg", "its process died"};
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().ActiveRuns());
  bool died = false;
  std::vector<std::unique_ptr<catalog::RunLock>> locks;
  for (const auto& run : runs) {
    const bool starting = run.state == catalog::RunState::kQueued &&
                          workspace.clock().Now() - run.started < kStartGrace;
    if (starting) continue;
    TW_ASSIGN_OR_RETURN(auto lock, catalog::RunLock::TryAcquire(workspace.home(), run.number));
    if (!lock) continue;
    locks.push_back(std::move(lock));
    TW_RETURN_IF_ERROR(workspace.catalog().LoseAttempts(run.id, actor).status());
    TW_RETURN_IF_ERROR(workspace.catalog().SetRunState(run.id, catalog::RunState::kFailed, actor));
    lines.push_back(fmt::format("run {} of {} had died; thalweg resume {} goes on with it",
                                run.number, run.pipeline, run.number));
    died = true;
  }
  TW_RETURN_IF_ERROR(RollForward(workspace, &lines));
  if (died) {
    TW_RETURN_IF_ERROR(RemoveLooseFiles(workspace).status());
    TW_RETURN_IF_ERROR(SweepAttempts(workspace).status());
  }
  return lines;
}

Result<catalog::RunRecord> ResumableRun(Workspace& workspace) {
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(std::nullopt, 1000));
  std::set<std::string> overtaken;  // pipelines of which a newer run did everything
  for (const auto& run : runs) {
    if (overtaken.contains(run.pipeline)) continue;
    if (run.state != catalog::RunState::kDone && run.state != catalog::RunState::kInvalidated)
      return run;
    if (run.state == catalog::RunState::kDone && run.selection.empty())
      overtaken.insert(run.pipeline);
  }
  return Status::NotFound("no run is left to resume").WithHint("start a new one: thalweg run");
}

}  // namespace thalweg::runs
