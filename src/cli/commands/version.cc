#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/list.h"
#include "cli/context.h"

namespace thalweg::cli {
namespace {

Result<ExitCode> Run(Context& context) {
  const Program& program = context.program();
  if (context.json()) {
    Json document = NewDocument();
    document["version"] = program.version;
    document["engines"] = Json{{program.engine_name, program.engine_version}};
    context.Print(document);
  } else {
    context.Out(fmt::format("thalweg {} ({} {})\n", program.version, program.engine_name,
                            program.engine_version));
  }
  return ExitCode::kOk;
}

}  // namespace

Command VersionCommand() {
  return {.name = "version",
          .group = kProgramGroup,
          .summary = "Print the version of this program",
          .usage = "",
          .details = "",
          .example = "thalweg version",
          .forms = {"text", "json"},
          .build = [](CLI::App&) -> Action { return Run; }};
}

}  // namespace thalweg::cli
