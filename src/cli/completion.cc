#include "cli/completion.h"

#include <vector>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "cli/command_line.h"

namespace thalweg::cli {
namespace {

std::string OptionWords(const std::vector<OptionInfo>& options) {
  std::vector<std::string> words;
  for (const auto& option : options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return fmt::format("{}", fmt::join(words, " "));
}

std::string CommandWords(std::span<const Command> commands) {
  std::vector<std::string_view> words;
  for (const auto& command : commands) words.push_back(command.name);
  words.push_back("help");
  return fmt::format("{}", fmt::join(words, " "));
}

/// In single quotes, for all three shells.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Bash(std::span<const Command> commands) {
  std::string cases;
  for (const auto& command : commands) {
    cases += fmt::format("    {}) options=\"{} $options\"; forms=\"{}\" ;;\n", command.name,
                         OptionWords(OptionInfosOf(command)), fmt::join(command.forms, " "));
  }
  return fmt::format(R"(# thalweg completion for bash. Load with: source <(thalweg completion bash)
_thalweg() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" command="" forms="" i
  local commands="{}" options="{}"
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case " $commands " in *" ${{COMP_WORDS[i]}} "*) command="${{COMP_WORDS[i]}}"; break ;; esac
  done
  case "$command" in
{}  esac
  case "$before" in
    -o|--output) COMPREPLY=($(compgen -W "$forms" -- "$word")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W "$commands" -- "$word")); return ;;
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ -z "$command" ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _thalweg thalweg
)",
                     CommandWords(commands), OptionWords(GlobalOptionInfos()), cases);
}

std::string ZshOptions(const std::vector<OptionInfo>& options) {
  std::string lines;
  for (const auto& option : options) {
    for (const auto& name : option.names) {
      std::string summary = option.summary;
      for (std::size_t at = 0; (at = summary.find_first_of("[]:", at)) != std::string::npos;
           at += 2)
        summary.insert(at, "\\");
      lines +=
          " \\\n        " +
          Quoted(fmt::format("*{}[{}]{}", name, summary,
                             option.value.empty() ? "" : fmt::format(":{}:_files", option.value)));
    }
  }
  return lines;
}

std::string Zsh(std::span<const Command> commands) {
  std::string names, cases;
  for (const auto& command : commands) {
    names += fmt::format("    {}\n", Quoted(fmt::format("{}:{}", command.name, command.summary)));
    cases += fmt::format("      {}) _arguments{}{} '*:file:_files' ;;\n", command.name,
                         ZshOptions(OptionInfosOf(command)), ZshOptions(GlobalOptionInfos()));
  }
  return fmt::format(R"(#compdef thalweg
# thalweg completion for zsh. Write it to a file _thalweg in a directory of $fpath.
_thalweg() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
  else
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{}    esac
  fi
}}
compdef _thalweg thalweg
)",
                     names, cases);
}

std::string FishOptions(const std::vector<OptionInfo>& options, const std::string& condition) {
  std::string lines;
  for (const auto& option : options) {
    lines += "complete -c thalweg" + condition;
    for (const auto& name : option.names) {
      lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    lines += fmt::format("{} -d {}\n", option.value.empty() ? "" : " -r", Quoted(option.summary));
  }
  return lines;
}

std::string Fish(std::span<const Command> commands) {
  std::string out = "# thalweg completion for fish.\n";
  for (const auto& command : commands) {
    out += fmt::format("complete -c thalweg -n __fish_use_subcommand -f -a {} -d {}\n",
                       command.name, Quoted(command.summary));
  }
  for (const auto& command : commands) {
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    out += FishOptions(OptionInfosOf(command), condition);
    out += fmt::format("complete -c thalweg{} -s o -l output -x -a {}\n", condition,
                       Quoted(fmt::format("{}", fmt::join(command.forms, " "))));
  }
  return out + FishOptions(GlobalOptionInfos(), "");
}

}  // namespace

Result<std::string> CompletionScript(const std::string& shell, std::span<const Command> commands) {
  if (shell == "bash") return Bash(commands);
  if (shell == "zsh") return Zsh(commands);
  if (shell == "fish") return Fish(commands);
  const std::string near = Nearest(shell, {"bash", "zsh", "fish"});
  return Status::Invalid(
             fmt::format("there is no completion for \"{}\": only for bash, zsh and fish", shell))
      .WithSlug("unknown-shell")
      .WithHint(fmt::format("thalweg completion {}", near.empty() ? "bash" : near));
}

}  // namespace thalweg::cli
