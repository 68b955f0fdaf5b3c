#include "base/diagnostic.h"

#include <string>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

SourceTextRef Source(std::string text) {
  return std::make_shared<SourceText>("flights.yaml", std::move(text));
}

/// "line:column+length".
std::string PlaceText(const SourceText& source, std::size_t offset, std::size_t length = 0) {
  const Place place = source.PlaceOf(offset, length);
  return std::to_string(place.line) + ":" + std::to_string(place.column) + "+" +
         std::to_string(place.length);
}

TEST(SourceTextTest, FindsLinesAndColumns) {
  const SourceText source("f", "ab\ncd\n");
  EXPECT_EQ(PlaceText(source, 0, 2), "1:1+2");
  EXPECT_EQ(PlaceText(source, 2), "1:3+0");  // the line end belongs to its line
  EXPECT_EQ(PlaceText(source, 3), "2:1+0");
  EXPECT_EQ(PlaceText(source, 6), "3:1+0");
  EXPECT_EQ(PlaceText(source, 999, 999), "3:1+0");
  EXPECT_EQ(PlaceText(source, 1, 999), "1:2+1");  // the length ends with the first line
  EXPECT_EQ(source.lines(), 3);
  EXPECT_EQ(source.Line(2), "cd");
  EXPECT_EQ(source.Line(0), "");
  EXPECT_EQ(source.Line(4), "");
}

TEST(SourceTextTest, CountsCodePoints) {
  const SourceText source("f", "\u00e9\u6f22\U0001F600x\n");
  EXPECT_EQ(PlaceText(source, 2, 3), "1:2+1");
  EXPECT_EQ(PlaceText(source, 9, 1), "1:4+1");
  EXPECT_EQ(PlaceText(source, 6), "1:3+0");     // inside of the emoji: the emoji
  EXPECT_EQ(PlaceText(source, 0, 7), "1:1+3");  // ends inside of it
  const SourceText broken("f",
                          "\xff\xfe"
                          "x");
  EXPECT_EQ(PlaceText(broken, 2, 1), "1:3+1");
}

TEST(SourceTextTest, KnowsEveryLineEnd) {
  const SourceText source("f", "a\r\nb\rc\nd");
  EXPECT_EQ(source.lines(), 4);
  EXPECT_EQ(source.Line(1), "a");
  EXPECT_EQ(source.Line(2), "b");
  EXPECT_EQ(source.Line(3), "c");
  EXPECT_EQ(source.Line(4), "d");
  EXPECT_EQ(PlaceText(source, 2), "1:2+0");  // between \r and \n
  EXPECT_EQ(PlaceText(source, 3), "2:1+0");
}

TEST(SourceTextTest, AByteOrderMarkIsNoColumn) {
  const SourceText source("f",
                          "\xEF\xBB\xBF"
                          "ab");
  EXPECT_EQ(PlaceText(source, 0, 1), "1:1+1");
  EXPECT_EQ(PlaceText(source, 4, 1), "1:2+1");
  EXPECT_EQ(source.Line(1), "ab");
}

TEST(SourceTextTest, AnEmptyTextHasOneLine) {
  const SourceText source("f", "");
  EXPECT_EQ(source.lines(), 1);
  EXPECT_EQ(PlaceText(source, 5, 5), "1:1+0");
}

TEST(DiagnosticsTest, WarningsAreNoErrors) {
  Diagnostics diagnostics;
  diagnostics.Warning("odd", "looks odd", {});
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_TRUE(diagnostics.ToStatus().ok());
}

TEST(DiagnosticsTest, TheStatusIsTheFirstError) {
  Diagnostics diagnostics;
  diagnostics.Warning("odd", "looks odd", {});
  diagnostics.Error("unknown-column", "no such column", {Source("abc def"), 4, 7},
                    "did you mean x?");
  diagnostics.Error("other", "another", {});
  const Status status = diagnostics.ToStatus();
  EXPECT_EQ(status.slug(), "unknown-column");
  EXPECT_EQ(status.message(), "no such column");
  EXPECT_EQ(status.hint(), "did you mean x?");
  EXPECT_EQ(status.place()->file, "flights.yaml");
  EXPECT_EQ(status.place()->column, 5);
  EXPECT_EQ(status.place()->length, 3);
}

TEST(DiagnosticsTest, SortsByPlaceAndDropsRepeats) {
  const auto source = Source("one\ntwo\nthree\n");
  Diagnostics diagnostics;
  diagnostics.Error("late", "late", {source, 8, 9});
  diagnostics.Error("early", "early", {source, 0, 1});
  diagnostics.Error("late", "late", {source, 8, 9});
  diagnostics.Error("late", "late", {source, 8, 9}, "with another label");
  diagnostics.Error("nowhere", "nowhere", {});
  diagnostics.Sort();
  ASSERT_EQ(diagnostics.all().size(), 4U);
  EXPECT_EQ(diagnostics.errors(), 4U);
  EXPECT_EQ(diagnostics.all()[0].slug, "nowhere");
  EXPECT_EQ(diagnostics.all()[1].slug, "early");
  EXPECT_EQ(diagnostics.all()[2].label, "");
}

}  // namespace
}  // namespace thalweg
