#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "runs/observer.h"
#include "runs/plan.h"
#include "runs/rehearsal.h"

namespace thalweg::runs {

struct RunRequest {
  std::string file;                           ///< path of the pipeline file, absolute
  std::string text;                           ///< its bytes
  std::map<std::string, std::string> params;  ///< --param
  std::vector<std::string> selection;
  int parallel = 0;  ///< nodes at once; 0: one per core
  const Rehearsal* rehearsal = nullptr;
};

struct NodeOutcome {
  std::string node;
  catalog::NodeState state = catalog::NodeState::kPending;
  std::int64_t rows = -1, rejected = 0;
  std::string detail;
  std::string error;  ///< rendered
};

struct RunOutcome {
  catalog::RunRecord run;          ///< state: done, failed, waiting, cancelled
  std::vector<NodeOutcome> nodes;  ///< in topological order
  std::vector<std::string> gates;  ///< that wait for a signature
  bool rejected = false;           ///< failed because a gate was rejected
  bool timed_out = false;
  bool gate_timed_out = false;  ///< then only a new run asks for the signature anew
};

/// The parameters that were given to this run.
std::map<std::string, std::string> ParametersOf(const catalog::RunRecord& run);

/// File text -> checked graph. A file with errors gives diagnostics; `environment` and secrets come
/// from the process.
Result<Graph> LoadGraph(Workspace& workspace, const RunRequest& request,
                        const std::optional<spec::LoadOptions::RunValues>& run,
                        Diagnostics& diagnostics);

/// A new run: recovers what dead processes of this home left, plans, executes independent nodes in
/// parallel, commits each node by itself, and ends. Errors of single nodes are in the outcome; a
/// Status means that no run took place.
Result<RunOutcome> Run(Workspace& workspace, const RunRequest& request, RunObserver& observer,
                       std::stop_token stop, Diagnostics& diagnostics);

/// Goes on with a run that waits, failed, was cancelled or whose process died: same file text, same
/// parameters, same number.
Result<RunOutcome> Resume(Workspace& workspace, std::int64_t number, RunObserver& observer,
                          std::stop_token stop, Diagnostics& diagnostics);

/// The run that `resume` without a number means: the newest of the home that is not done,
/// and was not overtaken by a newer run of its pipeline that did everything. kNotFound when there
/// is none.
Result<catalog::RunRecord> ResumableRun(Workspace& workspace);

/// What dead processes left: their attempts are lost, their runs failed, their files removed, their
/// prepared target epochs made visible. Runs of living processes are not touched. Returns one line
/// per thing done.
Result<std::vector<std::string>> Recover(Workspace& workspace);

}  // namespace thalweg::runs
