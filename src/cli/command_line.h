#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"

namespace thalweg::cli {

/// A command line, understood.
struct CommandLine {
  const Command* command = nullptr;  ///< null: the overview is wanted
  Action action;                     ///< empty when only its help is wanted
  GlobalOptions options;
};

/// kInvalid with what was wrong and, in the hint, what to type. `arguments` are without the
/// program's name.
Result<CommandLine> ParseCommandLine(std::span<const Command> commands,
                                     std::vector<std::string> arguments);

/// Did the one who typed this want JSON, and colours? For errors found before the line is
/// understood.
bool WantsJson(std::span<const std::string> arguments);
ColorMode WantedColor(std::span<const std::string> arguments);

/// One option as help and completion show it.
struct OptionInfo {
  std::vector<std::string> names;  ///< "-o", "--output"
  std::string value;               ///< "FORM"; empty for flags
  std::string summary;
};
std::vector<OptionInfo> GlobalOptionInfos();
std::vector<OptionInfo> OptionInfosOf(const Command& command);

/// What `thalweg` alone prints, and the help of one command.
std::string Overview(std::span<const Command> commands, bool color);
std::string HelpOf(const Command& command, bool color);

}  // namespace thalweg::cli
