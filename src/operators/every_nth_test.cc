#include "operators/testing/every_nth.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(EveryNth, CountsByKey) {
  const auto batch = Rows({{"t", "seconds", "[1, 2, 3, 4, 5, 6, 7]"},
                           {"k", "varchar", R"j(["a", "b", "a", null, "a", null, "a"])j"}});
  Harness harness(std::make_shared<EveryNthSpec>(EveryNthOptions{{"k"}, 2}), {Edge(batch, "t")});
  EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("3|a", "6|null", "7|a"));
}

/// The page shows what is compiled. Tests run in the root of the tree.
TEST(EveryNth, ThePageShowsThisCode) {
  const std::string code = Read("src/operators/testing/every_nth.h");
  const std::string begin = "// [example] Shown by ADDING.md.\n", end = "// [example]\n";
  const std::size_t from = code.find(begin), to = code.rfind(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::string example = code.substr(from + begin.size(), to - from - begin.size());
  EXPECT_NE(Read("src/operators/ADDING.md").find("```cpp\n" + example + "```\n"),
            std::string::npos);
}

}  // namespace
}  // namespace thalweg::operators
