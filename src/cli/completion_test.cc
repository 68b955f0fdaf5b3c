#include "cli/completion.h"

#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace thalweg::cli {
namespace {

using testing::HasSubstr;

/// What bash prints when the script is on its standard input.
int RunBash(const std::string& arguments, const std::string& script) {
  FILE* bash = popen(("bash " + arguments + " >/dev/null").c_str(), "w");
  if (bash == nullptr) return -1;
  std::fwrite(script.data(), 1, script.size(), bash);
  return pclose(bash);
}

TEST(Completion, BashTakesItsScriptAndCompletes) {
  const auto script = CompletionScript("bash", Commands());
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(RunBash("-n", *script), 0);
  EXPECT_EQ(RunBash("-e -s", *script + R"(
    COMP_WORDS=(thalweg val); COMP_CWORD=1; _thalweg; [ "${COMPREPLY[*]}" = validate ]
    COMP_WORDS=(thalweg query -o pa); COMP_CWORD=3; _thalweg; [ "${COMPREPLY[*]}" = parquet ]
    COMP_WORDS=(thalweg gc --dry); COMP_CWORD=2; _thalweg; [ "${COMPREPLY[*]}" = --dry-run ]
    COMP_WORDS=(thalweg completion z); COMP_CWORD=2; _thalweg; [ "${COMPREPLY[*]}" = zsh ]
  )"),
            0);
}

TEST(Completion, EveryShellKnowsEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = CompletionScript(shell, Commands());
    ASSERT_TRUE(script.ok());
    for (const auto& command : Commands())
      EXPECT_THAT(*script, HasSubstr(std::string(command.name)));
  }
}

TEST(Completion, UnknownShell) {
  const auto script = CompletionScript("fisch", Commands());
  ASSERT_FALSE(script.ok());
  EXPECT_THAT(script.status().hint(), HasSubstr("fish"));
}

}  // namespace
}  // namespace thalweg::cli
