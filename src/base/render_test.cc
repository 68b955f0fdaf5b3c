#include <algorithm>
#include <iterator>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "base/utf8.h"

namespace thalweg {
namespace {

Diagnostic ErrorAt(std::string text, std::size_t begin, std::size_t end, std::string label = {},
                   std::string help = {}) {
  return {Severity::kError, "bad",
          "it is bad",      {std::make_shared<SourceText>("a.yaml", std::move(text)), begin, end},
          std::move(label), std::move(help),
          Code::kInvalid};
}

/// The lines of the excerpt: source and carets.
std::string Excerpt(const Diagnostic& diagnostic) {
  const std::string text = Render(diagnostic, false);
  std::size_t at = 0;
  for (int i = 0; i < 3; ++i) at = text.find('\n', at) + 1;
  return text.substr(at);
}

TEST(RenderTest, HasTheDocumentedForm) {
  std::string text;
  for (int line = 1; line < 24; ++line) text += "#\n";
  const std::string sql =
      "    sql: SELECT carier, avg(dep_delay) AS delay FROM delays GROUP BY carrier\n";
  const std::size_t begin = text.size() + sql.find("carier");
  Diagnostic diagnostic = ErrorAt(text + sql, begin, begin + 6, "did you mean \"carrier\"?");
  diagnostic.slug = "unknown-column";
  diagnostic.message = "node \"by_carrier\" reads a column that \"delays\" does not have";
  EXPECT_EQ(
      Render(diagnostic, false),
      "error[unknown-column]: node \"by_carrier\" reads a column that \"delays\" does not have\n"
      "  --> a.yaml:24:17\n"
      "   |\n"
      "24 |     sql: SELECT carier, avg(dep_delay) AS delay FROM delays GROUP BY carrier\n"
      "   |                 ^^^^^^ did you mean \"carrier\"?\n");
}

TEST(RenderTest, ShowsHelpAndSeverity) {
  Diagnostic diagnostic = ErrorAt("x: 1\n", 3, 4, "", "write a text\nin quotes");
  diagnostic.severity = Severity::kWarning;
  EXPECT_EQ(Render(diagnostic, false),
            "warning[bad]: it is bad\n"
            " --> a.yaml:1:4\n"
            "  |\n"
            "1 | x: 1\n"
            "  |    ^\n"
            "  = help: write a text\n"
            "          in quotes\n");
}

TEST(RenderTest, WithoutAPlaceItIsTheMessage) {
  Diagnostic diagnostic{Severity::kNote, "n", "text", {}, "label", "help", Code::kInvalid};
  EXPECT_EQ(Render(diagnostic, false), "note[n]: text\n  = note: label\n  = help: help\n");
}

TEST(RenderTest, ColourAddsOnlyCodes) {
  const Diagnostic diagnostic = ErrorAt("x: 1\n", 3, 4, "label", "help");
  const std::string colored = Render(diagnostic, true);
  std::string plain;
  for (std::size_t at = 0; at < colored.size(); ++at) {
    if (colored[at] == '\x1b') {
      at = colored.find('m', at);
    } else {
      plain += colored[at];
    }
  }
  EXPECT_EQ(plain, Render(diagnostic, false));
  EXPECT_NE(colored, plain);
}

TEST(RenderTest, TabsTakeOneCellInBothLines) {
  EXPECT_EQ(Excerpt(ErrorAt("\t\tx: 1", 2, 3)),
            "1 |   x: 1\n"
            "  |   ^\n");
}

TEST(RenderTest, WideAndCombiningCharactersAlign) {
  EXPECT_EQ(Excerpt(ErrorAt("\u6f22\u5b57 x", 7, 8)),
            "1 | \u6f22\u5b57 x\n"
            "  |      ^\n");
  EXPECT_EQ(Excerpt(ErrorAt("\u6f22\u5b57 x", 0, 6)),
            "1 | \u6f22\u5b57 x\n"
            "  | ^^^^\n");
  EXPECT_EQ(Excerpt(ErrorAt("e\u0301 x", 4, 5)),
            "1 | e\u0301 x\n"
            "  |   ^\n");
}

TEST(RenderTest, HiddenCharactersAreShownAndCounted) {
  EXPECT_EQ(Excerpt(ErrorAt("a\u202e\x1b x", 6, 7)),
            "1 | a\\u{202e}\\u{1b} x\n"
            "  |                 ^\n");
  EXPECT_EQ(Excerpt(ErrorAt("\xff y", 0, 1)),
            "1 | \\x{ff} y\n"
            "  | ^^^^^^\n");
}

TEST(RenderTest, NothingFromTheUserReachesTheTerminalRaw) {
  Diagnostic diagnostic = ErrorAt("x\x1b", 0, 2, "l\x1b\n", "h\x1b");
  diagnostic.message = "m\x1b[2J";
  EXPECT_EQ(Render(diagnostic, false).find('\x1b'), std::string::npos);
  const Status status = Status::Invalid("m\x1b").WithHint("h\x1b").WithCause(Status::Io("c\x1b"));
  EXPECT_EQ(Render(status, false).find('\x1b'), std::string::npos);
}

TEST(RenderTest, ASpanOfSeveralLinesMarksItsFirst) {
  EXPECT_EQ(Excerpt(ErrorAt("ab: [1,\n  2]\n", 4, 12)),
            "1 | ab: [1,\n"
            "  |     ^^^\n");
}

TEST(RenderTest, AnEmptySpanHasOneCaret) {
  EXPECT_EQ(Excerpt(ErrorAt("ab", 1, 1)),
            "1 | ab\n"
            "  |  ^\n");
  // At the end of a line, and of the file.
  EXPECT_EQ(Excerpt(ErrorAt("ab\ncd", 2, 3)),
            "1 | ab\n"
            "  |   ^\n");
  EXPECT_EQ(Excerpt(ErrorAt("ab\n", 3, 3)),
            "2 |\n"
            "  | ^\n");
}

TEST(RenderTest, LongLinesAreCutAroundThePlace) {
  const std::string before(500, 'a'), after(500, 'b');
  const std::string text = Excerpt(ErrorAt(before + "XYZ" + after, 500, 503, "here"));
  const std::string dots = "\u2026";
  EXPECT_EQ(text, "1 | " + dots + std::string(40, 'a') + "XYZ" + std::string(57, 'b') + dots +
                      "\n" + "  | " + std::string(41, ' ') + "^^^ here\n");
}

TEST(RenderTest, LongLinesKeepTheirNearEnd) {
  const std::string dots = "\u2026";
  EXPECT_EQ(Excerpt(ErrorAt("XYZ" + std::string(500, 'b'), 0, 3)),
            "1 | XYZ" + std::string(97, 'b') + dots + "\n  | ^^^\n");
  EXPECT_EQ(Excerpt(ErrorAt(std::string(500, 'a') + "XYZ", 500, 503)),
            "1 | " + dots + std::string(97, 'a') + "XYZ\n  | " + std::string(98, ' ') + "^^^\n");
  // A mark that is longer than what is shown ends where the line is cut.
  EXPECT_EQ(Excerpt(ErrorAt(std::string(300, 'a'), 0, 300)),
            "1 | " + std::string(100, 'a') + dots + "\n  | " + std::string(100, '^') + "\n");
}

TEST(RenderTest, AnyBytesAreShownSafely) {
  std::minstd_rand random(7);
  const std::string pieces[] = {"a",
                                "\n",
                                "\r",
                                "\t",
                                "\x1b",
                                "\xff",
                                "\xe2\x82",
                                "\u20ac",
                                "\u6f22",
                                "\u0301",
                                "\u202e",
                                "\xEF\xBB\xBF",
                                std::string(1, '\0')};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto left = random() % 200; left > 0; --left) text += pieces[random() % std::size(pieces)];
    const std::size_t begin = random() % (text.size() + 3);
    const std::string shown = Render(ErrorAt(text, begin, begin + random() % 9), false);
    EXPECT_TRUE(IsValidUtf8(shown));
    for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ' || c == '\n');
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 5);
    EXPECT_NE(shown.find('^'), std::string::npos);
  }
}

TEST(RenderTest, StatusesHaveTheSameForm) {
  const Status status = Status::NotFound("no such file path=a.csv")
                            .WithPlace({"flights.yaml", 12, 3, 4})
                            .WithHint("check the name")
                            .WithCause(Status::Io("disk failed"));
  EXPECT_EQ(Render(status, false),
            "error[not-found]: no such file path=a.csv\n"
            "  --> flights.yaml:12:3\n"
            "   = cause: disk failed\n"
            "   = help: check the name\n");
  EXPECT_EQ(Render(Status::Invalid("empty").WithPlace({"f.yaml", 0, 0, 0}), false),
            "error[invalid]: empty\n --> f.yaml\n");
  EXPECT_EQ(Render(Status::Ok(), false), "");
}

}  // namespace
}  // namespace thalweg
