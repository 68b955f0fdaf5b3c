#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/session.h"
#include "runs/executor.h"
#include "runs/graph.h"

namespace thalweg::cli {

/// The pipeline that a command looks at, without running it: in the home if there is one, else as
/// if it were new.
struct LoadedGraph {
  std::unique_ptr<Session> session;
  runs::RunRequest request;
  std::optional<runs::Graph> graph;
  Diagnostics diagnostics;  ///< warnings, once it is loaded
};

/// Fills `loaded`. What is wrong with the file is printed; the code is then what the command ends
/// with.
Result<std::optional<ExitCode>> Load(Context& context, const std::vector<std::string>& words,
                                     LoadedGraph* loaded);

/// The exit code for mistakes that a plan found: 3, but 1 when all of them are that data is missing
/// or broken and the file itself may be right.
ExitCode ExitForMistakes(const Diagnostics& mistakes);

/// What a Status of the planner means to the process: data that is missing is a failure (1), a node
/// that was named on the command line and does not exist is not found (5).
ExitCode ExitForPlanning(const Context& context, const Status& error);

}  // namespace thalweg::cli
