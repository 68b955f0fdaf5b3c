#include <memory>

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/run_report.h"
#include "cli/session.h"

namespace thalweg::cli {
namespace {

Result<ExitCode> Resume(Context& context, std::int64_t number) {
  (void)context.StopOnInterrupt();
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  if (number == 0) {
    TW_ASSIGN_OR_RETURN(const auto run, runs::ResumableRun(workspace));
    number = run.number;
  }
  return ResumeAndReport(context, workspace, number);
}

}  // namespace

Command ResumeCommand() {
  return {.name = "resume",
          .group = kRunGroup,
          .summary = "Go on with a run that waits, failed or was stopped",
          .usage = "[RUN]",
          .details =
              "The run keeps its number, its parameters and the file text it began with. What it "
              "has done is done again only\n"
              "where what was read has changed since; a gate above which rows changed asks anew.\n"
              "Left out, RUN is the newest run that is not done. After a change of the file use "
              "thalweg run.",
          .example = "thalweg resume\nthalweg resume 12",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto number = std::make_shared<std::int64_t>(0);
            parser.add_option("RUN", *number, "Number of the run")
                ->check(WholeNumber(1, 1'000'000'000));
            return [number](Context& context) { return Resume(context, *number); };
          }};
}

}  // namespace thalweg::cli
