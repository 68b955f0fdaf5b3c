#include <memory>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands/list.h"
#include "cli/session.h"
#include "runs/tap_server.h"

namespace thalweg::cli {
namespace {

struct TapOptions {
  std::string node;
  std::int64_t rate = 100, count = 0, run = 0;
};

/// The run whose stream is looked at: the one that was named, else the newest that runs.
Result<std::int64_t> RunningStream(catalog::Catalog& catalog, std::int64_t wanted) {
  if (wanted > 0) return wanted;
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.ActiveRuns());
  for (const auto& run : runs) {
    if (run.state == catalog::RunState::kRunning) return run.number;
  }
  return Status::NotFound("no stream runs in this home").WithHint("start it: thalweg run");
}

Result<ExitCode> TapNode(Context& context, const TapOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  auto number = RunningStream(workspace.catalog(), options.run);
  if (!number.ok()) return context.Fail(number.status(), ExitCode::kNotFound);
  std::int64_t rows = 0;
  const std::stop_token stop = context.StopOnInterrupt();
  const Status status = runs::ReadTap(
      workspace.home().RunDirectory(*number), options.node, options.rate, stop,
      [&](std::string_view line) {
        if (line.starts_with("{\"_skipped\":")) {
          if (options.count == 0)
            context.Say(fmt::format("{} rows left out\n", line.substr(12, line.size() - 13)));
          return true;
        }
        context.console().Out(fmt::format("{}\n", line));
        if (!context.console().Flush().ok()) return false;
        return options.count == 0 || ++rows < options.count;
      });
  if (!status.ok())
    return context.Fail(status,
                        status.code() == Code::kNotFound ? ExitCode::kNotFound : ExitCode::kFailed);
  return ExitCode::kOk;
}

}  // namespace

Command TapCommand() {
  return {
      .name = "tap",
      .group = kLookGroup,
      .summary = "Look at the rows of a node while its stream runs",
      .usage = "NODE",
      .details =
          "Rows come as JSON, one a line, at most --rate a second; what is left out is counted "
          "on stderr. Looking never slows the stream.",
      .example = "thalweg tap views\nthalweg tap counts --rate 5 --count 20",
      .forms = {"text"},
      .build = [](CLI::App& parser) -> Action {
        auto options = std::make_shared<TapOptions>();
        parser.add_option("NODE", options->node, "The node")->required();
        parser.add_option("--rate", options->rate, "Rows a second")->check(CLI::Range(1, 100000));
        parser.add_option("--count", options->count, "Stop after so many rows");
        parser.add_option("--run", options->run, "Number of the run");
        return [options](Context& context) { return TapNode(context, *options); };
      }};
}

}  // namespace thalweg::cli
