#include <memory>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/cut_off.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/table_printer.h"

namespace thalweg::cli {
namespace {

struct RunsOptions {
  std::string pipeline;
  std::int64_t limit = 20;
};

Result<ExitCode> Runs(Context& context, const RunsOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  const auto pipeline = options.pipeline.empty() ? std::nullopt : std::optional(options.pipeline);
  TW_ASSIGN_OR_RETURN(const auto runs, session->workspace().catalog().Runs(
                                           pipeline, static_cast<int>(options.limit)));
  if (context.json()) {
    Json document = NewDocument();
    document["runs"] = Json::array();
    for (const auto& run : runs) {
      Json entry{{"run", run.number},
                 {"pipeline", run.pipeline},
                 {"state", catalog::ToString(run.state)},
                 {"started", FormatInstant(run.started)}};
      if (run.ended) entry["ended"] = FormatInstant(*run.ended);
      entry["selection"] = run.selection;
      entry["file"] = run.file_path;
      entry["actor"] = run.actor;
      entry["reason"] = run.reason;
      TW_ASSIGN_OR_RETURN(entry["cut_off"], IsCutOff(session->workspace(), run));
      document["runs"].push_back(std::move(entry));
    }
    context.Print(document);
    return ExitCode::kOk;
  }
  if (runs.empty()) {
    context.Say(pipeline ? fmt::format("pipeline {} has no runs here\n", *pipeline)
                         : "there are no runs yet\n");
    context.SayNext("thalweg run");
    return ExitCode::kOk;
  }
  TablePrinter table = ListOn(context.console(), {{"run", true},
                                                  {"pipeline"},
                                                  {"state"},
                                                  {"started"},
                                                  {"took", true},
                                                  {"selection"},
                                                  {"why"}});
  std::int64_t cut_off = 0;  // the newest of them
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const bool gone, IsCutOff(session->workspace(), run));
    if (gone && cut_off == 0) cut_off = run.number;
    table.Add({std::to_string(run.number), run.pipeline,
               gone ? "cut off" : std::string(catalog::ToString(run.state)),
               ShortInstant(run.started), run.ended ? FormatDuration(*run.ended - run.started) : "",
               run.selection, run.reason});
  }
  table.Finish();
  context.SayNext(cut_off != 0 ? fmt::format("thalweg resume {}", cut_off)
                               : fmt::format("thalweg show {}", runs.front().number));
  return ExitCode::kOk;
}

}  // namespace

Command RunsCommand() {
  return {.name = "runs",
          .group = kLookGroup,
          .summary = "List runs, newest first",
          .usage = "[PIPELINE]",
          .details = "",
          .example = "thalweg runs\nthalweg runs shop --limit 100 -o json",
          .forms = {"table", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto options = std::make_shared<RunsOptions>();
            parser.add_option("PIPELINE", options->pipeline, "Only runs of this pipeline");
            parser.add_option("--limit", options->limit, "How many; default 20")
                ->type_name("N")
                ->check(WholeNumber(1, 1'000'000));
            return [options](Context& context) { return Runs(context, *options); };
          }};
}

}  // namespace thalweg::cli
