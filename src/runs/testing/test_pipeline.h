#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/testing/temp_directory.h"
#include "component/registry.h"
#include "runs/executor.h"
#include "runs/gate.h"
#include "runs/query.h"

namespace thalweg::runs {

/// Remembers what an observer was told.
class RecordingObserver : public RunObserver {
 public:
  void OnRun(const catalog::RunRecord& run) override { runs.push_back(run); }
  void OnNode(const NodeEvent& event) override { events.push_back(event); }
  void OnMessage(const std::string& text) override { messages.push_back(text); }
  std::vector<catalog::RunRecord> runs;
  std::vector<NodeEvent> events;
  std::vector<std::string> messages;
};

/// A directory with a pipeline file and a home, driven as the command line does it: every call
/// opens the home anew, as a new process would, with the real engine, catalog and connectors of
/// files.
class TestPipeline {
 public:
  TestPipeline();

  void Write(const std::string& name, const std::string& text) { directory_.Write(name, text); }
  /// Replaces the pipeline file; `nodes` is what stands below `nodes:`.
  void Nodes(const std::string& nodes, const std::string& params = "");
  std::string Path(const std::string& name) const { return directory_ / name; }

  Result<RunOutcome> Run(std::vector<std::string> selection = {},
                         std::map<std::string, std::string> params = {}, std::stop_token stop = {});
  Result<RunOutcome> Resume(std::int64_t number, std::stop_token stop = {});
  Result<Plan> MakePlan(std::vector<std::string> selection = {});
  Status Sign(const std::string& gate, catalog::Decision decision,
              const std::string& comment = "looks right");
  /// All rows as one text, "a|b\n" sorted by line; NULL as "-".
  std::string Rows(const std::string& sql);
  Result<std::unique_ptr<Workspace>> Open();

  void set_clock(const Clock& clock) { clock_ = &clock; }

  Diagnostics diagnostics;     ///< of the last call
  RecordingObserver observer;  ///< of the last call

 private:
  TempDirectory directory_;
  component::Registry registry_;
  const Clock* clock_ = &SystemClock();
};

/// The state of a node in an outcome as text; "" when it is not part of it.
std::string StateOf(const RunOutcome& outcome, const std::string& node);
/// "run", "reuse" ... of a node in a plan.
std::string ActionOf(const Plan& plan, const std::string& node);

}  // namespace thalweg::runs
