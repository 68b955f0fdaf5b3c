#include <algorithm>

#include <fmt/format.h>

#include "cli/command_line.h"

namespace thalweg::cli {
namespace {

std::string Heading(std::string_view text, bool color) {
  return Paint(Tone::kBold, text, color) + "\n";
}

/// Lines moved right.
std::string Indented(std::string_view text, std::string_view margin) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out += margin;
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string OptionLines(const std::vector<OptionInfo>& options) {
  std::vector<std::string> left;
  std::size_t width = 0;
  for (const auto& option : options) {
    left.push_back(fmt::format("{}{}{}", fmt::join(option.names, ", "),
                               option.value.empty() ? "" : " ", option.value));
    width = std::max(width, left.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < options.size(); ++i) {
    out += fmt::format("  {:<{}}  {}\n", left[i], width, options[i].summary);
  }
  return out;
}

}  // namespace

std::string Overview(std::span<const Command> commands, bool color) {
  std::string out =
      "Thalweg runs data pipelines: one file of SQL and connectors, on this machine.\n\n";
  out += "  thalweg COMMAND [OPTIONS]\n";
  std::string_view group;
  for (const auto& command : commands) {
    if (command.group != group) out += "\n" + Heading(command.group, color);
    group = command.group;
    out += fmt::format("  {:<{}}{}\n", command.name, 12, command.summary);
  }
  out += "\nthalweg help COMMAND explains one, with an example.\n";
  out += "Begin with: thalweg init shop && cd shop && thalweg run\n";
  return out;
}

std::string HelpOf(const Command& command, bool color) {
  std::string out = fmt::format("thalweg {}: {}.\n\n", command.name, command.summary);
  out += Heading("Usage", color) + fmt::format("  thalweg {}{}{}\n", command.name,
                                               command.usage.empty() ? "" : " ", command.usage);
  if (!command.details.empty()) out += "\n" + Indented(command.details, "");
  const auto own = OptionInfosOf(command);
  if (!own.empty()) out += "\n" + Heading("Options", color) + OptionLines(own);
  out += "\n" + Heading("Options of every command", color) + OptionLines(GlobalOptionInfos());
  out += fmt::format("  forms of -o here: {}\n", fmt::join(command.forms, ", "));
  out += "\n" + Heading("Example", color) + Indented(command.example, "  ");
  return out;
}

}  // namespace thalweg::cli
