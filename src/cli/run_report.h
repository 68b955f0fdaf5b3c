#pragma once

#include <map>
#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "runs/executor.h"
#include "runs/workspace.h"

namespace thalweg::cli {

/// The exit code that an ended run stands for.
ExitCode ExitFor(const runs::RunOutcome& outcome);

/// Executes a run with progress on stderr, then says what came of it, where the results are and
/// what to type next. `execute` is Run or Resume. `again`: the command line that starts it anew.
using Execute =
    std::function<Result<runs::RunOutcome>(runs::RunObserver&, std::stop_token, Diagnostics&)>;
Result<ExitCode> ExecuteAndReport(Context& context, runs::Workspace& workspace,
                                  const std::string& again, const Execute& execute);

}  // namespace thalweg::cli
