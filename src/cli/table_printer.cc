#include "cli/table_printer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "cli/console.h"

namespace thalweg::cli {
namespace {

/// Rows that decide on the widths.
constexpr std::size_t kHeldRows = 1000;
/// No column is made narrower than this to make room for others.
constexpr int kNarrowest = 8;
constexpr std::string_view kNull = "NULL";
constexpr std::string_view kCutMark = "…";

std::string Blanks(int count) {
  return std::string(static_cast<std::size_t>(std::max(count, 0)), ' ');
}

}  // namespace

std::string ShowCell(std::string_view text) {
  std::string shown;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool end = at == text.size();
    if (!end && text[at] != '\n' && text[at] != '\t' && text[at] != '\r') continue;
    shown += EscapeForDisplay(text.substr(from, at - from));
    from = at + 1;
    if (!end) shown += text[at] == '\n' ? "\\n" : text[at] == '\t' ? "\\t" : "\\r";
  }
  return shown;
}

int WidthOf(std::string_view text) {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    width += point.valid ? DisplayWidth(point.value) : 1;
    at += point.bytes;
  }
  return width;
}

std::string Cut(std::string_view text, int width) {
  if (WidthOf(text) <= width) return std::string(text);
  int used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = DecodeUtf8(text, at);
    const int cells = point.valid ? DisplayWidth(point.value) : 1;
    if (used + cells > width - 1) break;
    used += cells;
    at += point.bytes;
  }
  return width <= 0 ? "" : std::string(text.substr(0, at)) + std::string(kCutMark);
}

TablePrinter::TablePrinter(std::vector<TableColumn> columns, TableStyle style,
                           std::function<void(std::string_view)> sink)
    : columns_(std::move(columns)), style_(style), sink_(std::move(sink)) {}

void TablePrinter::Add(const Row& row) {
  std::vector<Shown> cells;
  for (const auto& cell : row) {
    Shown shown{std::string(kNull), static_cast<int>(kNull.size()), true};
    if (cell) {
      // A cell of a megabyte is not shown in full, so it need not be escaped in full either.
      const auto most = static_cast<std::size_t>(style_.longest_cell) * 4 + 4;
      shown.text = Cut(ShowCell(std::string_view(*cell).substr(0, most)), style_.longest_cell);
      shown.width = WidthOf(shown.text);
      shown.null = false;
    }
    cells.push_back(std::move(shown));
  }
  if (begun_) {
    sink_(Line(cells, Tone::kPlain));
    return;
  }
  held_.push_back(std::move(cells));
  if (held_.size() == kHeldRows) Begin();
}

void TablePrinter::Finish(std::string_view remark) {
  if (!begun_) Begin();
  if (style_.lines) sink_(Rule("└", "┴", "┘"));
  const std::size_t left_out = columns_.size() - widths_.size();
  std::string end(remark);
  if (left_out > 0) {
    if (!end.empty()) end += "; ";
    end += fmt::format("{} more {} did not fit{}", left_out, left_out == 1 ? "column" : "columns",
                       style_.lines ? "; -o csv shows all" : "");
  }
  if (!end.empty()) sink_(Paint(Tone::kDim, end, style_.color) + "\n");
}

void TablePrinter::Begin() {
  begun_ = true;
  Fit();
  if (style_.lines) sink_(Rule("┌", "┬", "┐"));
  std::vector<Shown> head;
  for (const auto& column : columns_) {
    std::string name = ShowCell(column.name);
    const int width = WidthOf(name);
    head.push_back({std::move(name), width, false});
  }
  sink_(Line(head, style_.lines ? Tone::kBold : Tone::kDim));
  if (style_.lines) sink_(Rule("├", "┼", "┤"));
  for (const auto& row : held_) sink_(Line(row, Tone::kPlain));
  held_.clear();
  held_.shrink_to_fit();
}

void TablePrinter::Fit() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = std::min(WidthOf(ShowCell(columns_[i].name)), style_.longest_cell);
    for (const auto& row : held_) width = std::max(width, row[i].width);
    widths_.push_back(width);
  }
  if (style_.width <= 0) return;
  const int between = style_.lines ? 3 : 2;
  auto total = [&] {
    return std::accumulate(widths_.begin(), widths_.end(), 0) +
           between * static_cast<int>(widths_.size()) + (style_.lines ? 1 : 0);
  };
  auto narrowest = [&] {
    return std::accumulate(widths_.begin(), widths_.end(), total(), [](int sum, int width) {
      return sum - std::max(0, width - kNarrowest);
    });
  };
  while (widths_.size() > 1 && narrowest() > style_.width) widths_.pop_back();
  while (total() > style_.width) {
    int& widest = *std::max_element(widths_.begin(), widths_.end());
    if (widest <= 1) return;
    --widest;
  }
}

std::string TablePrinter::Line(const std::vector<Shown>& cells, Tone tone) const {
  std::string line = style_.lines ? "│" : "";
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    const bool fits = cells[i].width <= widths_[i];
    const std::string text = fits ? cells[i].text : Cut(cells[i].text, widths_[i]);
    const std::string blanks = Blanks(widths_[i] - (fits ? cells[i].width : WidthOf(text)));
    const std::string painted = Paint(cells[i].null ? Tone::kDim : tone, text, style_.color);
    const bool last = i + 1 == widths_.size();
    line += style_.lines ? " " : "";
    line += columns_[i].right ? blanks + painted : painted + (last && !style_.lines ? "" : blanks);
    line += style_.lines ? " │" : last ? "" : "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string TablePrinter::Rule(std::string_view left, std::string_view cross,
                               std::string_view right) const {
  std::string rule(left);
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    if (i > 0) rule += cross;
    for (int k = 0; k < widths_[i] + 2; ++k) rule += "─";
  }
  return rule + std::string(right) + "\n";
}

TablePrinter ListOn(Console& console, std::vector<TableColumn> columns) {
  return TablePrinter(std::move(columns),
                      {.lines = false, .color = console.out().color, .width = console.out().width},
                      [&console](std::string_view text) { console.Out(text); });
}

}  // namespace thalweg::cli
