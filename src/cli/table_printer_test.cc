#include "cli/table_printer.h"

#include <string>

#include <gtest/gtest.h>

namespace thalweg::cli {
namespace {

std::string Print(std::vector<TableColumn> columns, const std::vector<TablePrinter::Row>& rows,
                  TableStyle style, std::string_view remark = "") {
  std::string out;
  TablePrinter table(std::move(columns), style, [&out](std::string_view text) { out += text; });
  for (const auto& row : rows) table.Add(row);
  table.Finish(remark);
  return out;
}

/// The widest line, in terminal cells.
int WidthOfAll(std::string_view text) {
  int widest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    widest = std::max(widest, WidthOf(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return widest;
}

TEST(ShowCell, EscapesWhatWouldHarmATerminal) {
  EXPECT_EQ(ShowCell("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(ShowCell("\x1b[31mred"), "\\u{1b}[31mred");
  EXPECT_EQ(ShowCell("caf\xC3\xA9 \xFF"), "caf\xC3\xA9 \\x{ff}");
  EXPECT_EQ(ShowCell(std::string_view("\0x", 2)), "\\u{0}x");
}

TEST(Cut, CountsTerminalCells) {
  EXPECT_EQ(Cut("abcdef", 6), "abcdef");
  EXPECT_EQ(Cut("abcdef", 5), "abcd…");
  EXPECT_EQ(Cut("日本語", 6), "日本語");
  // Half of a wide character cannot be shown.
  EXPECT_EQ(Cut("日本語", 5), "日本…");
  EXPECT_EQ(Cut("日本語", 4), "日…");
  EXPECT_EQ(Cut("e\u0301e\u0301", 2), "e\u0301e\u0301");
  EXPECT_EQ(Cut("abc", 1), "…");
  EXPECT_EQ(Cut("abc", 0), "");
}

TEST(TablePrinter, AlignsNumbersToTheRightAndShowsNulls) {
  EXPECT_EQ(
      Print({{"name"}, {"n", true}},
            {{"flights", "336776"}, {std::nullopt, "7"}, {"", std::nullopt}}, {.lines = true}),
      "┌─────────┬────────┐\n"
      "│ name    │      n │\n"
      "├─────────┼────────┤\n"
      "│ flights │ 336776 │\n"
      "│ NULL    │      7 │\n"
      "│         │   NULL │\n"
      "└─────────┴────────┘\n");
}

TEST(TablePrinter, WideCharactersKeepTheLinesStraight) {
  const std::string text =
      Print({{"city"}, {"x"}}, {{"東京", "1"}, {"Köln", "2"}, {"e\u0301", "3"}}, {.lines = true});
  EXPECT_NE(text.find("│ 東京 │ 1 │\n│ Köln │ 2 │\n│ e\u0301    │ 3 │\n"), std::string::npos)
      << text;
}

TEST(TablePrinter, ListsHaveNoBlanksAtTheEnd) {
  EXPECT_EQ(Print({{"node"}, {"why"}}, {{"a", "first run"}, {"bcdef", ""}}, {.lines = false}),
            "node   why\n"
            "a      first run\n"
            "bcdef\n");
}

TEST(TablePrinter, NoRowsStillShowTheColumns) {
  EXPECT_EQ(Print({{"a"}}, {}, {.lines = true}, "0 rows"), "┌───┐\n│ a │\n├───┤\n└───┘\n0 rows\n");
}

TEST(TablePrinter, TheWidestColumnGivesWayFirst) {
  const std::string text = Print({{"id", true}, {"text"}}, {{"12345", std::string(300, 'x')}},
                                 {.lines = true, .width = 40});
  EXPECT_EQ(WidthOfAll(text), 40);
  EXPECT_NE(text.find("12345"), std::string::npos);
  EXPECT_NE(text.find("x…"), std::string::npos);
}

TEST(TablePrinter, ColumnsThatDoNotFitAreCounted) {
  std::vector<TableColumn> columns;
  TablePrinter::Row row;
  for (int i = 0; i < 50; ++i) {
    columns.push_back({"column_" + std::to_string(i)});
    row.push_back("value");
  }
  const std::string text = Print(columns, {row}, {.lines = true, .width = 60}, "1 row");
  EXPECT_LE(WidthOfAll(text.substr(0, text.find("1 row"))), 60);
  EXPECT_NE(text.find("1 row; 45 more columns did not fit"), std::string::npos) << text;
}

TEST(TablePrinter, LongCellsAreCutWithoutALimitOnTheWidth) {
  const std::string text =
      Print({{"a"}}, {{std::string(1'000'000, 'x')}}, {.lines = false, .longest_cell = 50});
  EXPECT_EQ(WidthOfAll(text), 50);
}

TEST(TablePrinter, RowsAfterTheFirstThousandAreStreamedInTheSameWidths) {
  std::string out;
  TablePrinter table({{"a"}}, {.lines = false}, [&out](std::string_view text) { out += text; });
  for (int i = 0; i < 999; ++i) table.Add({"x"});
  EXPECT_EQ(out, "");
  table.Add({"last"});
  EXPECT_NE(out, "");
  table.Add({"much longer"});
  EXPECT_TRUE(out.ends_with("last\nmuc…\n")) << out.substr(out.size() - 30);
  table.Finish();
}

TEST(TablePrinter, ATableOfOneNarrowColumnStaysWithinTheTerminal) {
  EXPECT_LE(WidthOfAll(Print({{"a_long_name"}}, {{"a long value"}}, {.lines = true, .width = 10})),
            10);
}

}  // namespace
}  // namespace thalweg::cli
