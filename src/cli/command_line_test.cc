#include "cli/command_line.h"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

using testing::HasSubstr;

Result<CommandLine> Parse(std::vector<std::string> words) {
  return ParseCommandLine(Commands(), std::move(words));
}

/// The error of a line that is wrong.
Status Wrong(std::vector<std::string> words) {
  auto line = Parse(std::move(words));
  return line.ok() ? Status::Internal("the line was taken") : line.status();
}

std::string NameOf(const Result<CommandLine>& line) {
  if (!line.ok()) return line.status().ToString();
  return line->command == nullptr ? "" : std::string(line->command->name);
}

TEST(CommandLine, NothingAndHelpMeanTheOverview) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{}, {"help"}, {"--help"}, {"-h"}}) {
    const auto line = Parse(words);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->command, nullptr);
  }
}

TEST(CommandLine, HelpOfACommand) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"help", "run"}, {"run", "--help"}, {"-h", "run"}, {"run", "x.yaml", "-h"}}) {
    const auto line = Parse(words);
    EXPECT_EQ(NameOf(line), "run");
    EXPECT_FALSE(line->action);
  }
  // What else is missing or wrong does not matter to one who asks for help.
  EXPECT_EQ(NameOf(Parse({"approve", "--help"})), "approve");
}

TEST(CommandLine, GlobalOptionsStandBeforeAndBehindTheCommand) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"--home", "h", "-o", "json", "--threads=3", "run",
                                              "--param", "a=1", "--param", "b=x=y"},
                                             {"run", "x.yaml", "n+", "--param", "a=1", "--home=h",
                                              "-ojson", "--param=b=x=y", "--threads", "3"}}) {
    const auto line = Parse(words);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->options.home, "h");
    EXPECT_EQ(line->options.form, "json");
    EXPECT_EQ(line->options.threads, 3);
    EXPECT_EQ(line->options.params, (std::map<std::string, std::string>{{"a", "1"}, {"b", "x=y"}}));
  }
}

TEST(CommandLine, MemoryIsASize) {
  EXPECT_EQ(Parse({"run", "--memory", "2GiB"})->options.memory, Bytes::GiB(2));
  EXPECT_EQ(Wrong({"run", "--memory", "lots"}).code(), Code::kInvalid);
}

TEST(CommandLine, HomeComesFromTheEnvironmentUnlessItIsGiven) {
  setenv("THALWEG_HOME", "from-environment", 1);
  EXPECT_EQ(Parse({"ls"})->options.home, "from-environment");
  EXPECT_EQ(Parse({"ls", "--home", "given"})->options.home, "given");
  unsetenv("THALWEG_HOME");
  EXPECT_EQ(Parse({"ls"})->options.home, "");
}

TEST(CommandLine, UnknownCommandsAndOptionsGetANearOne) {
  EXPECT_THAT(Wrong({"rnu"}).hint(), HasSubstr("thalweg run"));
  EXPECT_EQ(Wrong({"rnu"}).slug(), "unknown-command");
  EXPECT_THAT(Wrong({"frobnicate"}).hint(), HasSubstr("thalweg help"));
  EXPECT_THAT(Wrong({"shop.yaml"}).hint(), HasSubstr("thalweg run shop.yaml"));
  EXPECT_THAT(Wrong({"run", "--treads", "2"}).hint(), HasSubstr("--threads"));
  EXPECT_THAT(Wrong({"gc", "--dryrun"}).hint(), HasSubstr("--dry-run"));
  EXPECT_EQ(Wrong({"gc", "--dryrun"}).slug(), "unknown-option");
}

TEST(CommandLine, MissingAndTooManyWords) {
  EXPECT_THAT(Wrong({"approve"}).message(), HasSubstr("needs GATE"));
  EXPECT_THAT(Wrong({"reject", "g"}).message(), HasSubstr("needs --comment"));
  EXPECT_THAT(Wrong({"resume", "1", "2"}).message(), HasSubstr("\"2\""));
  EXPECT_THAT(Wrong({"run", "--home"}).message(), HasSubstr("--home needs a value"));
  EXPECT_EQ(Wrong({"run", "--home", "a", "--home", "b"}).slug(), "repeated-option");
  EXPECT_EQ(Wrong({"run", "--param", "novalue"}).code(), Code::kInvalid);
  EXPECT_EQ(Wrong({"run", "--threads", "many"}).code(), Code::kInvalid);
  EXPECT_EQ(Wrong({"resume", "latest"}).code(), Code::kInvalid);
}

TEST(CommandLine, NodesMayBeCalledLikeCommands) {
  for (const char* node : {"plan", "help", "query", "version+"}) {
    const auto line = Parse({"run", node});
    EXPECT_EQ(NameOf(line), "run") << node;
  }
  EXPECT_EQ(NameOf(Parse({"show", "run"})), "show");
}

TEST(CommandLine, SqlMayBeginWithADash) {
  EXPECT_EQ(NameOf(Parse({"query", "-"})), "query");
  EXPECT_EQ(NameOf(Parse({"query", "--", "-- all\nFROM x"})), "query");
}

TEST(CommandLine, FormsAreThoseOfTheCommand) {
  EXPECT_EQ(Parse({"runs"})->options.form, "table");
  EXPECT_EQ(Parse({"runs", "-o", "text"})->options.form, "table");
  EXPECT_EQ(Parse({"graph", "-o", "svg"})->options.form, "svg");
  EXPECT_THAT(Wrong({"runs", "-o", "svg"}).message(), HasSubstr("table, json"));
  EXPECT_THAT(Wrong({"query", "FROM x", "-o", "parqet"}).hint(), HasSubstr("parquet"));
}

TEST(CommandLine, VersionAsAnOption) {
  EXPECT_EQ(NameOf(Parse({"--version"})), "version");
}

TEST(CommandLine, ErrorsKnowTheFormBeforeTheLineIsUnderstood) {
  EXPECT_TRUE(WantsJson(std::vector<std::string>{"rnu", "-o", "json"}));
  EXPECT_TRUE(WantsJson(std::vector<std::string>{"rnu", "--output=json"}));
  EXPECT_TRUE(WantsJson(std::vector<std::string>{"rnu", "-ojson"}));
  EXPECT_FALSE(WantsJson(std::vector<std::string>{"query", "json"}));
}

TEST(Commands, EveryoneHasHelpWithAnExampleThatIsTaken) {
  std::set<std::string_view> names;
  for (const auto& command : Commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_FALSE(command.summary.empty() || command.summary.ends_with('.')) << command.name;
    EXPECT_THAT(std::string(command.example), HasSubstr("thalweg " + std::string(command.name)));
    const std::string help = HelpOf(command, false);
    EXPECT_THAT(help, HasSubstr(std::string(command.summary)));
    EXPECT_THAT(help, HasSubstr("--home DIR"));
    EXPECT_THAT(Overview(Commands(), false), HasSubstr(std::string(command.summary)));
  }
}

TEST(Arguments, TheFileIsTheWordThatEndsLikeOne) {
  const auto split = SplitWords({"+report", "dir/shop.yaml", "tag:daily"});
  EXPECT_EQ(split.file, "dir/shop.yaml");
  EXPECT_EQ(split.selection, (std::vector<std::string>{"+report", "tag:daily"}));
  EXPECT_EQ(SplitWords({"a", "b"}).file, "");
}

TEST(Arguments, ShellWords) {
  EXPECT_EQ(ShellWord("flights+"), "flights+");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace thalweg::cli
