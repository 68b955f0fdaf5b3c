#include <memory>

#include <CLI/CLI.hpp>

#include "catalog/home.h"
#include "cli/commands/list.h"
#include "cli/loaded_graph.h"
#include "cli/pipeline_file.h"
#include "cli/run_report.h"
#include "cli/session.h"
#include "runs/plan.h"

namespace thalweg::cli {
namespace {

/// Before a home is made: a pipeline that cannot start leaves nothing behind.
Result<std::optional<ExitCode>> CheckFirst(Context& context,
                                           const std::vector<std::string>& words) {
  LoadedGraph loaded;
  TW_ASSIGN_OR_RETURN(auto failed, Load(context, words, &loaded));
  if (failed) return failed;
  const runs::PlanOptions options{.selection = loaded.request.selection,
                                  .write_ids = false,
                                  .run = RunId(),
                                  .describe_all = false};
  const auto plan = runs::MakePlan(loaded.session->workspace(), *std::move(loaded.graph), options,
                                   loaded.diagnostics);
  if (loaded.diagnostics.has_errors()) {
    return std::optional(context.Fail(loaded.diagnostics,
                                      AfterMending(context, "run", words, loaded.diagnostics),
                                      ExitForMistakes(loaded.diagnostics)));
  }
  if (!plan.ok())
    return std::optional(context.Fail(plan.status(), ExitForPlanning(context, plan.status())));
  return std::optional<ExitCode>();
}

Result<ExitCode> Run(Context& context, const std::vector<std::string>& words) {
  auto request = ChoosePipeline(context, words);
  if (!request.ok()) return context.Fail(request.status(), ExitCode::kInvalidFile);
  (void)context.StopOnInterrupt();
  if (!catalog::Home::Exists(context.files(), HomePath(context))) {
    TW_ASSIGN_OR_RETURN(const auto failed, CheckFirst(context, words));
    if (failed) return *failed;
  }
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kCreate));
  runs::Workspace& workspace = session->workspace();
  return ExecuteAndReport(
      context, workspace,
      [&](const Diagnostics& mistakes) { return AfterMending(context, "run", words, mistakes); },
      [&](runs::RunObserver& observer, std::stop_token stop, Diagnostics& diagnostics) {
        return runs::Run(workspace, *request, observer, stop, diagnostics);
      });
}

}  // namespace

Command RunCommand() {
  return {.name = "run",
          .group = kRunGroup,
          .summary = "Run a pipeline; what is still good is reused",
          .usage = "[FILE] [SEL...]",
          .details =
              "FILE ends in .yaml, .yml or .json; left out, it is the only pipeline file of the "
              "directory.\n"
              "SEL: n that node alone, n+ with all below, +n with all above, tag:x; none: "
              "everything that is not start: manual.\n"
              "Ctrl-C stops the run cleanly; what was done is kept. Exit codes: 0 done, 1 failed, "
              "3 the file is wrong,\n"
              "4 rejected at a gate, 6 waiting at a gate, 7 a timeout was reached.",
          .example = "thalweg run\nthalweg run shop.yaml sales+ --param min_rows=10",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto words = std::make_shared<std::vector<std::string>>();
            parser.add_option("SEL", *words, "The pipeline file, and nodes to select");
            return [words](Context& context) { return Run(context, *words); };
          }};
}

}  // namespace thalweg::cli
