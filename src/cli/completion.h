#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "cli/command.h"

namespace thalweg::cli {

/// A script for bash, zsh or fish that completes commands, options and file names.
Result<std::string> CompletionScript(const std::string& shell, std::span<const Command> commands);

}  // namespace thalweg::cli
