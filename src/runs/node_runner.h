#pragma once

#include <functional>
#include <memory>
#include <set>
#include <stop_token>

#include "runs/attempt.h"
#include "runs/run_state.h"

namespace thalweg::runs {

/// Attempts that are under way in this process, so that their leases can be renewed. Thread-safe.
class RunningAttempts {
 public:
  void Add(const AttemptId& id);
  void Remove(const AttemptId& id);
  std::vector<AttemptId> All() const;

 private:
  mutable std::mutex mutex_;
  std::set<AttemptId> ids_;
};

/// Takes one node from its decision to its end: reuse, execute and commit, ask at a gate, or write
/// a target. Blocking; several nodes run at once on threads of the executor. Errors of the node are
/// in the result.
class NodeRunner {
 public:
  NodeRunner(RunState& state, RunningAttempts& running) : state_(state), running_(running) {}

  NodeResult Run(int index, std::stop_token stop);

 private:
  struct Task;  // one node's run: what its steps share
  Result<NodeResult> Start(Task& task);
  Result<NodeResult> Reuse(Task& task);
  Result<NodeResult> RunSource(Task& task);
  Result<NodeResult> RunSql(Task& task);
  Result<NodeResult> RunOperator(Task& task);
  Result<NodeResult> RunGate(Task& task);
  Result<NodeResult> AskAtGate(Task& task);
  Result<NodeResult> RunTarget(Task& task);

  Status Begin(Task& task, bool with_directory);
  Result<component::JobResult> Execute(Task& task, component::Job job);
  Result<component::JobResult> Pump(Task& task, component::Source& source);
  /// A table that an operator makes beside its own.
  struct SideTable {
    std::string name;
    data::Columns columns;
    std::vector<data::DataFile> files;
  };
  Result<NodeResult> CommitTable(Task& task, component::JobResult made, bool with_rejects,
                                 std::vector<SideTable> sides = {});
  Status EmptyOldSides(Task& task, catalog::CommitEpoch* epoch);
  Status Apply(Task& task, component::Target& target, const catalog::ReceiptRecord& receipt);

  RunState& state_;
  RunningAttempts& running_;
};

/// Runs a job to its end; a requested stop cancels it. `progress` is called now and then while it
/// runs.
Result<component::JobResult> RunJob(
    component::Engine& engine, component::Job job, std::stop_token stop,
    const std::function<void(const component::JobProgress&)>& progress);

/// Reads a source through its readers into Parquet files of a directory, as an engine would with a
/// scan.
Result<component::JobResult> PumpSource(
    FileSystem& files, component::Source& source, const std::string& directory,
    std::stop_token stop, const std::function<void(const component::JobProgress&)>& progress);

}  // namespace thalweg::runs
