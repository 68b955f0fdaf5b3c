#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/exit_code.h"

namespace CLI {
class App;
}

namespace thalweg::cli {

class Context;

/// Executes a command whose options were read. An error is printed by the caller, with ExitFor as
/// its exit code.
using Action = std::function<Result<ExitCode>(Context&)>;

/// A command as everybody sees it: parsing, help and completion come from it.
struct Command {
  std::string_view name;
  std::string_view group;               ///< heading in the overview
  std::string_view summary;             ///< one line without a full stop
  std::string_view usage;               ///< what follows the name: "[FILE] [SEL...]"
  std::string_view details;             ///< paragraphs for its help; may be empty
  std::string_view example;             ///< lines to type
  std::vector<std::string_view> forms;  ///< of -o, the default first
  /// Adds options and arguments to the command's parser; the action sees their values.
  Action (*build)(CLI::App& parser);
};

/// The one list of commands, in the order in which the overview shows them.
const std::vector<Command>& Commands();

}  // namespace thalweg::cli
