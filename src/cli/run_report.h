#pragma once

#include <functional>
#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "runs/executor.h"
#include "runs/workspace.h"

namespace thalweg::cli {

/// The exit code that an ended run stands for.
ExitCode ExitFor(const runs::RunOutcome& outcome);

/// The command line that starts a run anew when these mistakes are mended.
using AgainLine = std::function<std::string(const Diagnostics& mistakes)>;

/// Executes a run with progress on stderr, then says what came of it, where the results are and
/// what to type next. `execute` is Run or Resume.
using Execute =
    std::function<Result<runs::RunOutcome>(runs::RunObserver&, std::stop_token, Diagnostics&)>;
Result<ExitCode> ExecuteAndReport(Context& context, runs::Workspace& workspace,
                                  const AgainLine& again, const Execute& execute);

/// The same for a run that goes on.
Result<ExitCode> ResumeAndReport(Context& context, runs::Workspace& workspace, std::int64_t number);

}  // namespace thalweg::cli
