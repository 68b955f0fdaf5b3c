#include <unistd.h>

#include <climits>
#include <string>

#include <gtest/gtest.h>

#include "base/file_system.h"

namespace thalweg {
namespace {

TEST(PathTest, Join) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a");
}

TEST(PathTest, ParentAndName) {
  const struct {
    const char *path, *parent, *name;
  } cases[] = {
      {"a", ".", "a"},   {"a/b", "a", "b"},  {"/a", "/", "a"},
      {"/", "/", ""},    {"a/b/", "a", "b"}, {"a//b", "a", "b"},
      {"./a", ".", "a"}, {"..", ".", ".."},  {"/a/b.c", "/a", "b.c"},
  };
  for (const auto& expected : cases) {
    EXPECT_EQ(ParentPath(expected.path), expected.parent) << expected.path;
    EXPECT_EQ(FileName(expected.path), expected.name) << expected.path;
  }
}

TEST(PathTest, Absolute) {
  char here[PATH_MAX];
  ASSERT_NE(::getcwd(here, sizeof here), nullptr);
  EXPECT_EQ(AbsolutePath("a"), JoinPath(here, "a"));
  EXPECT_EQ(AbsolutePath(""), here);
  EXPECT_EQ(AbsolutePath("."), here);
  EXPECT_EQ(AbsolutePath("a/.."), here);
  EXPECT_EQ(AbsolutePath("/a/./b//c/../d/"), "/a/b/d");
  EXPECT_EQ(AbsolutePath("/.."), "/");
  EXPECT_EQ(AbsolutePath("//a"), "/a");
}

}  // namespace
}  // namespace thalweg
