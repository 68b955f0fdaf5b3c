#include "sql/scanner.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ascii.h"

namespace thalweg::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

std::vector<std::string> Texts(const std::string& sql) {
  const Tokens tokens(sql);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < tokens.size(); ++i) texts.emplace_back(tokens.Text(i));
  return texts;
}

TEST(Scanner, CutsAsTheParserDoes) {
  EXPECT_THAT(Texts("a.b(1.5e-3,x::int)"),
              ElementsAre("a", ".", "b", "(", "1.5e-3", ",", "x", "::", "int", ")"));
  EXPECT_THAT(Texts("'it''s' \"a \"\"b\"\"\" e'\\'' x'ff' größe$1"),
              ElementsAre("'it''s'", "\"a \"\"b\"\"\"", "e'\\''", "x'ff'", "größe$1"));
  EXPECT_THAT(Texts("$$a 'b' $$ $t$ $$ $t$ $1 $name$x ? ?2 $\"q r\""),
              ElementsAre("$$a 'b' $$", "$t$ $$ $t$", "$1", "$name$x ? ?2 $\"q r\""));
  EXPECT_THAT(Texts("$name+$b ? ?2 $\"q r\""),
              ElementsAre("$name", "+", "$b", "?", "?2", "$\"q r\""));
  EXPECT_THAT(Texts("a--b\n/* c /* d */ 'e */f"), ElementsAre("a", "f"));
  EXPECT_THAT(Texts("a\u00a0b\u3000c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Texts("'open"), ElementsAre("'open"));
  EXPECT_THAT(Texts("1 /* open"), ElementsAre("1", "/* open"));
  EXPECT_THAT(Texts(""), ElementsAre());
}

TEST(Scanner, FindsTokensByOffset) {
  const Tokens tokens("ab  cd");
  EXPECT_EQ(tokens.IndexAt(0), 0U);
  EXPECT_EQ(tokens.IndexAt(1), 0U);
  EXPECT_EQ(tokens.IndexAt(2), 1U);
  EXPECT_EQ(tokens.IndexAt(4), 1U);
  EXPECT_EQ(tokens.IndexAt(6), 2U);
  EXPECT_EQ(tokens[2].begin, 6U);
  EXPECT_EQ(tokens[99].kind, TokenKind::kEnd);
}

TEST(Scanner, MatchesBrackets) {
  const Tokens good("f(a[1], {'x': (2)})");
  EXPECT_TRUE(good.brackets_balanced());
  EXPECT_EQ(good.Closing(1), good.size() - 1);
  EXPECT_FALSE(Tokens("1) FROM t WHERE (x").brackets_balanced());
  EXPECT_FALSE(Tokens("(a]").brackets_balanced());
  EXPECT_FALSE(Tokens("((a)").brackets_balanced());
  EXPECT_TRUE(Tokens("')' -- )").brackets_balanced());
}

TEST(Scanner, ExecutableTextKeepsEveryOffset) {
  const struct {
    const char* text;
    const char* executable;
  } cases[] = {
      {"SELECT 1 -- one\n;", "SELECT 1       \n "},
      {"SELECT /* ü\n */ 1", "SELECT      \n    1"},
      {"SELECT\u00a01", "SELECT  1"},
      {"SELECT '\u00a0--', \"/*\u3000*/\", $$;--$$", "SELECT '\u00a0--', \"/*\u3000*/\", $$;--$$"},
      {"SELECT 1; SELECT 2;", "SELECT 1; SELECT 2 "},
      {"SELECT 1;;", "SELECT 1  "},
      {"\ufeffSELECT 1", "   SELECT 1"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(ExecutableText(one.text), one.executable);
    EXPECT_EQ(ExecutableText(one.text).size(), std::string(one.text).size());
  }
}

TEST(Scanner, NamesOfNodes) {
  for (const char* name : {"a", "flights_2013", "x1"}) EXPECT_TRUE(IsPlainName(name)) << name;
  for (const char* name : {"", "_a", "1a", "A", "a-b", "a.b", "größe", "a b"}) {
    EXPECT_FALSE(IsPlainName(name)) << name;
  }
  EXPECT_EQ(ToLower("FlightsÄ"), "flightsÄ");
}

}  // namespace
}  // namespace thalweg::sql
