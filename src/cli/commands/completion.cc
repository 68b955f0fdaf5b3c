#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands/list.h"
#include "cli/completion.h"
#include "cli/context.h"

namespace thalweg::cli {

Command CompletionCommand() {
  return {.name = "completion",
          .group = kProgramGroup,
          .summary = "Print a script that completes commands in your shell",
          .usage = "bash|zsh|fish",
          .details = "",
          .example =
              "source <(thalweg completion bash)\nthalweg completion fish > "
              "~/.config/fish/completions/thalweg.fish",
          .forms = {"text"},
          .build = [](CLI::App& parser) -> Action {
            auto shell = std::make_shared<std::string>();
            parser.add_option("SHELL", *shell, "bash, zsh or fish")->required();
            return [shell](Context& context) -> Result<ExitCode> {
              TW_ASSIGN_OR_RETURN(const std::string script, CompletionScript(*shell, Commands()));
              context.Out(script);
              return ExitCode::kOk;
            };
          }};
}

}  // namespace thalweg::cli
