#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/session.h"
#include "runs/sweep.h"

namespace thalweg::cli {
namespace {

struct GcOptions {
  std::int64_t keep = 10;
  bool dry_run = false;
};

Result<ExitCode> Gc(Context& context, const GcOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  TW_ASSIGN_OR_RETURN(
      const auto report,
      runs::Sweep(session->workspace(),
                  {.keep_versions = static_cast<int>(options.keep), .dry_run = options.dry_run}));
  if (context.json()) {
    Json document = NewDocument();
    document["dry_run"] = options.dry_run;
    document["versions"] = report.versions;
    document["files"] = report.files;
    document["bytes"] = report.bytes.value;
    document["removed"] = report.removed;
    context.Print(document);
    return ExitCode::kOk;
  }
  if (options.dry_run) {
    for (const auto& path : report.removed) context.Out(path + "\n");
  }
  context.Say(fmt::format("{} {} and {}, {}\n", options.dry_run ? "would remove" : "removed",
                          FormatCount(report.versions, "old version"),
                          FormatCount(report.files, "file"), FormatBytes(report.bytes)));
  if (options.dry_run) context.SayNext(fmt::format("thalweg gc --keep {}", options.keep));
  return ExitCode::kOk;
}

}  // namespace

Command GcCommand() {
  return {.name = "gc",
          .group = kHomeGroup,
          .summary = "Remove old versions and files that nothing needs",
          .usage = "",
          .details =
              "Never removed: the newest good version of a table, what a signature, a target or a "
              "running run names, and what a\n"
              "living process may be writing.",
          .example = "thalweg gc --keep 3 --dry-run",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto options = std::make_shared<GcOptions>();
            parser
                .add_option("--keep", options->keep, "Versions to keep of each table; default 10")
                ->type_name("N")
                ->check(WholeNumber(1, 1'000'000));
            parser.add_flag("--dry-run", options->dry_run, "Only say what would be removed");
            return [options](Context& context) { return Gc(context, *options); };
          }};
}

}  // namespace thalweg::cli
