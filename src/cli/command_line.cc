#include "cli/command_line.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/diagnostic.h"
#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

/// Texts of the global options as typed.
struct GlobalTexts {
  std::string home, form, memory, color = "auto";
  std::int64_t threads = 0;
  std::vector<std::string> params;
  bool verify = false, quiet = false, help = false, version = false;
};

void AddGlobalOptions(CLI::App& parser, GlobalTexts& texts) {
  parser.set_help_flag();
  parser
      .add_option("--home", texts.home,
                  "The home to use; else THALWEG_HOME, else .thalweg here or above")
      ->type_name("DIR");
  parser.add_option("-o,--output", texts.form, "Form of what is printed; json on every command")
      ->type_name("FORM");
  parser
      .add_option("--memory", texts.memory,
                  "Memory budget of the engine, as in 2GB; default 512MiB")
      ->type_name("SIZE");
  parser
      .add_option("--threads", texts.threads,
                  "Threads of the engine, and nodes run at once; default one per core")
      ->type_name("N")
      ->check(WholeNumber(1, 1024));
  parser
      .add_option("--param", texts.params, "Value of a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  parser.add_flag("--verify", texts.verify,
                  "Read source files again even if size and time are as they were");
  parser.add_option("--color", texts.color, "auto, always or never")->type_name("WHEN");
  parser.add_flag("-q,--quiet", texts.quiet, "No progress and no advice; errors are still shown");
  parser.add_flag("-h,--help", texts.help, "Show help");
}

/// A parser for one command line. CLI11 splits the words and binds the values; texts for people are
/// ours.
struct Parser {
  explicit Parser(std::span<const Command> commands) : app("", "thalweg") {
    AddGlobalOptions(app, texts);
    app.add_flag("--version", texts.version, "Show the version");
    app.require_subcommand(0, 1);
    app.allow_extras();
    for (const auto& command : commands) {
      CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
      sub->set_help_flag();
      sub->fallthrough();
      actions.push_back(command.build(*sub));
    }
  }

  CLI::App app;
  GlobalTexts texts;
  std::vector<Action> actions;  // as the commands
};

Status Usage(std::string message, std::string slug, std::string hint) {
  return Status(Code::kInvalid, std::move(message))
      .WithSlug(std::move(slug))
      .WithHint(std::move(hint));
}

std::vector<std::string> NamesOf(std::span<const Command> commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.emplace_back(command.name);
  names.emplace_back("help");
  return names;
}

Status UnknownCommand(const std::string& word, std::span<const Command> commands) {
  if (IsPipelineFile(word)) {
    return Usage(fmt::format("\"{}\" is a file, not a command", word), "unknown-command",
                 fmt::format("thalweg run {}", word));
  }
  const std::string near = Nearest(word, NamesOf(commands));
  return Usage(fmt::format("there is no command \"{}\"", word), "unknown-command",
               near.empty() ? "thalweg help lists the commands"
                            : fmt::format("did you mean: thalweg {}", near));
}

Status UnknownOption(const std::string& word, const Command* command) {
  std::vector<std::string> names;
  auto add = [&](const std::vector<OptionInfo>& options) {
    for (const auto& option : options)
      names.insert(names.end(), option.names.begin(), option.names.end());
  };
  add(GlobalOptionInfos());
  if (command != nullptr) add(OptionInfosOf(*command));
  const std::string name = word.substr(0, word.find('='));
  const std::string near = Nearest(name, names);
  const std::string help =
      command == nullptr ? "thalweg help" : fmt::format("thalweg help {}", command->name);
  return Usage(command == nullptr ? fmt::format("there is no option {}", name)
                                  : fmt::format("thalweg {} has no option {}", command->name, name),
               "unknown-option",
               near.empty() ? help : fmt::format("did you mean {}? Else: {}", near, help));
}

/// Words that nobody took: options or arguments too many.
Status Leftover(const std::vector<std::string>& words, std::span<const Command> commands,
                const Command* command) {
  for (const auto& word : words) {
    if (word.size() > 1 && word.front() == '-' && word != "--") return UnknownOption(word, command);
  }
  const auto word =
      std::find_if(words.begin(), words.end(), [](const std::string& w) { return w != "--"; });
  if (word == words.end()) return {};
  if (command == nullptr) return UnknownCommand(*word, commands);
  return Usage(fmt::format("thalweg {} does not take \"{}\"", command->name, *word),
               "unexpected-argument", fmt::format("thalweg {} {}", command->name, command->usage));
}

/// CLI11's complaint in our words. Its texts begin with the option's name.
Status FromParseError(const CLI::ParseError& error, const Command* command) {
  const std::string what = error.what();
  const std::string name = what.substr(0, what.find_first_of(": "));
  const std::string help =
      command == nullptr ? "thalweg help" : fmt::format("thalweg help {}", command->name);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && command != nullptr) {
    return Usage(fmt::format("thalweg {} needs {}", command->name, name), "missing-argument",
                 fmt::format("thalweg {} {}", command->name, command->usage));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const bool repeated = what.find("At Most") != std::string::npos;
    return Usage(repeated ? fmt::format("{} is given more than once", name)
                          : fmt::format("{} needs a value", name),
                 repeated ? "repeated-option" : "missing-value", help);
  }
  return Usage(what, "bad-option", help);
}

Status ReadParams(const std::vector<std::string>& texts,
                  std::map<std::string, std::string>* params) {
  for (const auto& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Usage(fmt::format("--param wants name=value, not \"{}\"", text), "bad-option",
                   "for example: --param data=other/directory");
    }
    (*params)[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return {};
}

Result<ColorMode> ReadColor(const std::string& text) {
  if (text == "auto") return ColorMode::kAuto;
  if (text == "always") return ColorMode::kAlways;
  if (text == "never") return ColorMode::kNever;
  return Usage(fmt::format("--color is auto, always or never, not \"{}\"", text), "bad-option",
               "--color never");
}

/// "table" and "text" both mean: for people.
Result<std::string> ReadForm(const std::string& text, const Command& command) {
  std::vector<std::string> forms(command.forms.begin(), command.forms.end());
  if (text.empty() ||
      ((text == "text" || text == "table") && (forms[0] == "text" || forms[0] == "table"))) {
    return forms[0];
  }
  if (std::find(forms.begin(), forms.end(), text) != forms.end()) return text;
  const std::string near = Nearest(text, forms);
  return Usage(fmt::format("thalweg {} cannot print as \"{}\": it knows {}", command.name, text,
                           fmt::join(forms, ", ")),
               "bad-option",
               fmt::format("thalweg {} -o {}", command.name, near.empty() ? forms[0] : near));
}

Result<GlobalOptions> ReadGlobalOptions(const GlobalTexts& texts, const Command& command) {
  GlobalOptions options;
  const char* home = std::getenv("THALWEG_HOME");
  options.home = !texts.home.empty() ? texts.home : home != nullptr ? home : "";
  TW_ASSIGN_OR_RETURN(options.form, ReadForm(texts.form, command));
  if (!texts.memory.empty()) {
    auto memory = ParseBytes(texts.memory);
    if (!memory.ok()) return memory.status().Annotate("--memory");
    options.memory = *memory;
  }
  options.threads = static_cast<int>(texts.threads);
  TW_RETURN_IF_ERROR(ReadParams(texts.params, &options.params));
  options.verify = texts.verify;
  TW_ASSIGN_OR_RETURN(options.color, ReadColor(texts.color));
  options.quiet = texts.quiet;
  return options;
}

std::string ValueOf(std::span<const std::string> arguments, std::string_view short_name,
                    std::string_view long_name) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if ((word == short_name || word == long_name) && i + 1 < arguments.size())
      return arguments[i + 1];
    if (word.starts_with(long_name) && word.substr(long_name.size()).starts_with('=')) {
      return std::string(word.substr(long_name.size() + 1));
    }
  }
  return "";
}

std::vector<OptionInfo> InfosOf(const CLI::App& parser) {
  std::vector<OptionInfo> infos;
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_positional()) continue;
    OptionInfo info;
    for (const auto& name : option->get_snames()) info.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) info.names.push_back("--" + name);
    if (option->get_expected_max() > 0) info.value = option->get_type_name();
    info.summary = option->get_description();
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const Command> commands,
                                     std::vector<std::string> arguments) {
  // "help X" is "X --help"; "help" alone is the overview.
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    if (arguments.size() == 1) {
      const std::vector<std::string> names = NamesOf(commands);
      const std::string& word = arguments.front();
      if (!word.starts_with('-') && std::find(names.begin(), names.end(), word) == names.end())
        return UnknownCommand(word, commands);
      arguments.emplace_back("--help");
    }
  }
  Parser parser(commands);
  auto chosen = [&]() -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (parser.app.got_subcommand(std::string(commands[i].name))) return i;
    }
    return std::nullopt;
  };

  CommandLine line;
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  Status failed;
  try {
    parser.app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const auto at = chosen();
    failed = FromParseError(error, at ? &commands[*at] : nullptr);
  }
  const auto at = chosen();
  if (at) line.command = &commands[*at];
  if (parser.texts.help) return line;
  TW_RETURN_IF_ERROR(Leftover(parser.app.remaining(true), commands, line.command));
  TW_RETURN_IF_ERROR(failed);
  if (parser.texts.version && line.command == nullptr) {
    return ParseCommandLine(commands, {"version"});
  }
  if (line.command == nullptr) return line;
  TW_ASSIGN_OR_RETURN(line.options, ReadGlobalOptions(parser.texts, *line.command));
  line.action = std::move(parser.actions[*at]);
  return line;
}

bool WantsJson(std::span<const std::string> arguments) {
  const bool joined = std::find(arguments.begin(), arguments.end(), "-ojson") != arguments.end();
  return joined || ValueOf(arguments, "-o", "--output") == "json";
}

ColorMode WantedColor(std::span<const std::string> arguments) {
  auto mode = ReadColor(ValueOf(arguments, "--color", "--color"));
  return mode.ok() ? *mode : ColorMode::kAuto;
}

std::vector<OptionInfo> GlobalOptionInfos() {
  CLI::App parser;
  GlobalTexts texts;
  AddGlobalOptions(parser, texts);
  return InfosOf(parser);
}

std::vector<OptionInfo> OptionInfosOf(const Command& command) {
  CLI::App parser;
  parser.set_help_flag();
  const Action action = command.build(parser);
  return InfosOf(parser);
}

}  // namespace thalweg::cli
