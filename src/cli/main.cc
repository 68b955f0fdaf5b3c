#include <csignal>

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/context.h"

namespace thalweg::cli {
namespace {

/// Stands in for a command in errors about the command line itself.
Command Unknown() {
  return Command{.name = "",
                 .group = "",
                 .summary = "",
                 .usage = "",
                 .details = "",
                 .example = "",
                 .forms = {"text", "json"},
                 .build = nullptr};
}

ExitCode FailUsage(const Program& program, const std::vector<std::string>& arguments,
                   const Status& error, Console& console) {
  const Command command = Unknown();
  GlobalOptions options;
  options.form = WantsJson(arguments) ? "json" : "text";
  return Context(program, command, std::move(options), console).Fail(error, ExitCode::kUsage);
}

ExitCode Execute(const Program& program, CommandLine line, Console& console) {
  Context context(program, *line.command, std::move(line.options), console);
  Result<ExitCode> outcome = line.action(context);
  ExitCode code = outcome.ok() ? *outcome : context.Fail(outcome.status());
  // A reader that has seen enough is no failure; a full disk behind stdout is one.
  const Status written = console.Flush();
  if (!written.ok() && code == ExitCode::kOk) code = context.Fail(written);
  return code;
}

}  // namespace

int Main(int argc, char** argv, const Program& program) {
  std::signal(SIGPIPE, SIG_IGN);  // writing says so itself
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Console console(1, 2, WantedColor(arguments));
  Result<CommandLine> line = ParseCommandLine(Commands(), arguments);
  ExitCode code = ExitCode::kOk;
  if (!line.ok()) {
    code = FailUsage(program, arguments, line.status(), console);
  } else if (line->command == nullptr) {
    console.Out(Overview(Commands(), console.out().color));
  } else if (!line->action) {
    console.Out(HelpOf(*line->command, console.out().color));
  } else {
    code = Execute(program, std::move(line).value(), console);
  }
  (void)console.Flush();
  return static_cast<int>(code);
}

}  // namespace thalweg::cli
