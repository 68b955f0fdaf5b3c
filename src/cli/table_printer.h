#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace thalweg::cli {

/// A text as a table shows it: line ends and tabs as \n and \t, other control characters and
/// invalid bytes escaped.
std::string ShowCell(std::string_view text);
/// Terminal cells that a shown text takes.
int WidthOf(std::string_view text);
/// At most `width` cells of it; "…" stands for what was cut off.
std::string Cut(std::string_view text, int width);

struct TableColumn {
  std::string name;
  bool right = false;  ///< numbers
};

struct TableStyle {
  bool lines = true;  ///< rules around and between, for rows of data; else only blanks, for lists
  bool color = false;
  int width = 0;           ///< of the whole table; 0: no limit
  int longest_cell = 200;  ///< longer ones are cut
};

/// Prints rows below each other. Holds back the first rows to find out how wide columns must be;
/// later rows are cut to that. Where not all columns fit into the width, the last ones are left out
/// and the end says so.
class TablePrinter {
 public:
  using Cell = std::optional<std::string>;  ///< none: NULL
  using Row = std::vector<Cell>;

  TablePrinter(std::vector<TableColumn> columns, TableStyle style,
               std::function<void(std::string_view)> sink);
  /// One cell per column.
  void Add(const Row& row);
  /// Prints what was held back. `remark` stands below the table; none when empty.
  void Finish(std::string_view remark = {});

 private:
  struct Shown {
    std::string text;
    int width = 0;
    bool null = false;
  };
  void Begin();
  void Fit();
  std::string Line(const std::vector<Shown>& cells, Tone tone) const;
  std::string Rule(std::string_view left, std::string_view cross, std::string_view right) const;

  const std::vector<TableColumn> columns_;
  const TableStyle style_;
  const std::function<void(std::string_view)> sink_;
  std::vector<std::vector<Shown>> held_;
  std::vector<int> widths_;  // of the columns that are shown
  bool begun_ = false;
};

/// A list on stdout, as wide as the terminal.
TablePrinter ListOn(Console& console, std::vector<TableColumn> columns);

}  // namespace thalweg::cli
