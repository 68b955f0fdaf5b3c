#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "runs/executor.h"
#include "runs/test_rows.h"
#include "runs/workspace.h"

namespace thalweg::runs {

struct TestOutcome {
  struct Table {
    std::string name;
    RowDifference difference;
  };
  std::vector<Table> tables;  ///< those that differ
  std::string error;          ///< rendered: a node failed
  bool passed() const { return tables.empty() && error.empty(); }
};

/// The names of the tests of a file, in its order, with their parameters; mistakes in the file do
/// not matter here.
std::vector<spec::TestSpec> TestsOf(Workspace& workspace, const RunRequest& request);

/// Runs one test of a pipeline file, in a workspace whose home is new and goes away afterwards:
/// nodes that the test gives rows for become sources of these rows, what the expected nodes do not
/// read is left out, gates let pass, targets are not written. Mistakes in the file or in the test
/// go to `diagnostics`.
Result<TestOutcome> RunPipelineTest(Workspace& workspace, const RunRequest& request,
                                    const std::string& test, std::stop_token stop,
                                    Diagnostics& diagnostics);

}  // namespace thalweg::runs
