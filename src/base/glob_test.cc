#include <unistd.h>

#include <climits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/testing/temp_directory.h"

namespace thalweg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GlobTest : public ::testing::Test {
 protected:
  void Touch(std::initializer_list<const char*> names) {
    for (const char* const name : names) directory_.Write(name, "x");
  }

  /// What `pattern` finds, relative to the temporary directory.
  std::vector<std::string> Find(const std::string& pattern) {
    auto found = Glob(LocalFileSystem(), directory_ / pattern);
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> names;
    for (const std::string& path : *found)
      names.push_back(path.substr(directory_.path().size() + 1));
    return names;
  }

  TempDirectory directory_;
};

TEST_F(GlobTest, Wildcards) {
  Touch({"a.csv", "b.csv", "ab.csv", "a.json", "c-1.csv", "c]1.csv"});
  EXPECT_THAT(Find("*.csv"), ElementsAre("a.csv", "ab.csv", "b.csv", "c-1.csv", "c]1.csv"));
  EXPECT_THAT(Find("?.csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(Find("[a-b].csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(Find("[!a].csv"), ElementsAre("b.csv"));
  EXPECT_THAT(Find("[^a].csv"), ElementsAre("b.csv"));
  EXPECT_THAT(Find("c[]-]1.csv"), ElementsAre("c-1.csv", "c]1.csv"));
  EXPECT_THAT(Find("a*b*"), ElementsAre("ab.csv"));
  EXPECT_THAT(Find("*a*.*s*n"), ElementsAre("a.json"));
  EXPECT_THAT(Find("A.csv"), IsEmpty());
}

TEST_F(GlobTest, Braces) {
  Touch({"2013/jan.csv", "2013/feb.csv", "2014/jan.csv", "x{y}.csv"});
  EXPECT_THAT(Find("2013/{jan,feb,mar}.csv"), ElementsAre("2013/feb.csv", "2013/jan.csv"));
  EXPECT_THAT(Find("{2013/feb,2014/{jan,feb}}.csv"), ElementsAre("2013/feb.csv", "2014/jan.csv"));
  EXPECT_THAT(Find("201{3,4,3}/j*.csv"), ElementsAre("2013/jan.csv", "2014/jan.csv"));  // each once
  EXPECT_THAT(Find("x{y}.csv"), ElementsAre("x{y}.csv"));  // no alternatives: no braces
}

TEST_F(GlobTest, AnyDepth) {
  Touch({"a.csv", "x/b.csv", "x/y/c.csv", "x/y/d.json", "z/y/e.csv"});
  EXPECT_THAT(Find("**/*.csv"), ElementsAre("a.csv", "x/b.csv", "x/y/c.csv", "z/y/e.csv"));
  EXPECT_THAT(Find("x/**"), ElementsAre("x/b.csv", "x/y/c.csv", "x/y/d.json"));
  EXPECT_THAT(Find("**/y/**/*.csv"), ElementsAre("x/y/c.csv", "z/y/e.csv"));
  EXPECT_THAT(Find("**/**/b.csv"), ElementsAre("x/b.csv"));
}

TEST_F(GlobTest, HiddenNamesMustBeNamed) {
  Touch({".a.csv", "_b.csv", "c.csv", ".dir/d.csv", "_temporary/e.csv", "x/_SUCCESS"});
  EXPECT_THAT(Find("*"), ElementsAre("c.csv"));
  EXPECT_THAT(Find("?b.csv"), IsEmpty());
  EXPECT_THAT(Find("[_.]*"), IsEmpty());
  EXPECT_THAT(Find("**/*"), ElementsAre("c.csv"));
  EXPECT_THAT(Find("_*"), ElementsAre("_b.csv"));
  EXPECT_THAT(Find(".*"), ElementsAre(".a.csv"));
  EXPECT_THAT(Find(".dir/*"), ElementsAre(".dir/d.csv"));
  EXPECT_THAT(Find("**/_*"), ElementsAre("_b.csv", "x/_SUCCESS"));
}

TEST_F(GlobTest, WithoutWildcardsThePathItself) {
  Touch({"x/a.csv"});
  EXPECT_THAT(Find("x/a.csv"), ElementsAre("x/a.csv"));
  EXPECT_THAT(Find("x"), ElementsAre("x"));
  EXPECT_THAT(Find("x/b.csv"), IsEmpty());
  EXPECT_THAT(Find("nowhere/*.csv"), IsEmpty());
  EXPECT_THAT(Find("x/a.csv/*.csv"), IsEmpty());
}

TEST_F(GlobTest, WildcardsFindFilesOnly) {
  Touch({"a/f", "b"});
  EXPECT_THAT(Find("*"), ElementsAre("b"));
  EXPECT_THAT(Find("{a,b}"), ElementsAre("a", "b"));  // the names were given
}

TEST_F(GlobTest, SpecialCharactersCanBeMeant) {
  Touch({"data[1].csv", "data1.csv", "a*b", "axb"});
  EXPECT_THAT(Find("data\\[1\\].csv"), ElementsAre("data[1].csv"));
  EXPECT_THAT(Find("data[[]1].csv"), ElementsAre("data[1].csv"));
  EXPECT_THAT(Find("a\\*b"), ElementsAre("a*b"));
  EXPECT_THAT(Find("data[1].csv"), ElementsAre("data1.csv"));
  ASSERT_EQ(::unlink((directory_ / "data1.csv").c_str()), 0);
  EXPECT_THAT(Find("data[1].csv"), ElementsAre("data[1].csv"));  // nothing else it could mean
  EXPECT_THAT(Find("data[.csv"), IsEmpty());
}

TEST_F(GlobTest, MatchesWholeCodePoints) {
  Touch({"\u00e9.csv", "\u6f22\u5b57.csv"});
  EXPECT_THAT(Find("?.csv"), ElementsAre("\u00e9.csv"));
  EXPECT_THAT(Find("??.csv"), ElementsAre("\u6f22\u5b57.csv"));
  EXPECT_THAT(Find("[\u00e0-\u00ff].csv"), ElementsAre("\u00e9.csv"));
}

TEST_F(GlobTest, LinksAreFollowedByNameButLoopsEnd) {
  Touch({"real/a.csv", "real/sub/b.csv"});
  ASSERT_EQ(::symlink(".", (directory_ / "real/loop1").c_str()), 0);
  ASSERT_EQ(::symlink("..", (directory_ / "real/sub/loop2").c_str()), 0);
  ASSERT_EQ(::symlink("real", (directory_ / "link").c_str()), 0);
  ASSERT_EQ(::symlink("missing", (directory_ / "real/broken.csv").c_str()), 0);
  ASSERT_EQ(::symlink("a.csv", (directory_ / "real/c.csv").c_str()), 0);
  EXPECT_THAT(Find("**/[ab].csv"), ElementsAre("real/a.csv", "real/sub/b.csv"));
  EXPECT_THAT(Find("link/[ac].csv"), ElementsAre("link/a.csv", "link/c.csv"));
  EXPECT_THAT(Find("*/a.csv"), ElementsAre("link/a.csv", "real/a.csv"));
}

TEST_F(GlobTest, StarsDoNotMultiply) {
  Touch({"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"});
  EXPECT_THAT(Find("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab"), IsEmpty());
}

TEST_F(GlobTest, RefusesExplosionsAndNonsense) {
  std::string bomb;
  for (int i = 0; i < 20; ++i) bomb += "{a,b}";
  EXPECT_EQ(Glob(LocalFileSystem(), bomb).status().code(), Code::kInvalid);
  EXPECT_EQ(Glob(LocalFileSystem(), "").status().code(), Code::kInvalid);
  EXPECT_EQ(Glob(LocalFileSystem(), std::string("a\0b", 3)).status().code(), Code::kInvalid);
  EXPECT_EQ(Glob(LocalFileSystem(), std::string(1 << 20, '{')).status().code(), Code::kInvalid);
  EXPECT_THAT(Find(std::string(8000, '{')), IsEmpty());
}

TEST_F(GlobTest, RelativePatternsGiveRelativePaths) {
  Touch({"x/a.csv", "b.csv"});
  char before[PATH_MAX];
  ASSERT_NE(::getcwd(before, sizeof before), nullptr);
  ASSERT_EQ(::chdir(directory_.path().c_str()), 0);
  const auto plain = Glob(LocalFileSystem(), "**/*.csv");
  const auto dotted = Glob(LocalFileSystem(), "./x/../*.csv");
  ASSERT_EQ(::chdir(before), 0);
  EXPECT_THAT(plain.value(), ElementsAre("b.csv", "x/a.csv"));
  EXPECT_THAT(dotted.value(), ElementsAre("./x/../b.csv"));
}

}  // namespace
}  // namespace thalweg
