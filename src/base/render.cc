#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "base/utf8.h"

namespace thalweg {
inline namespace base {
namespace {

/// The widest excerpt of a source line, in terminal cells, and what of it goes in front of the
/// place.
constexpr int kExcerptCells = 100;
constexpr int kCellsBefore = 40;
constexpr std::string_view kCut = "…";

/// ANSI codes, empty without colour.
class Palette {
 public:
  explicit Palette(bool color) : color_(color) {}
  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Gutter(std::string_view text) const { return Wrap("1;34", text); }
  std::string Strong(Severity severity, std::string_view text) const {
    switch (severity) {
      case Severity::kError:
        return Wrap("1;31", text);
      case Severity::kWarning:
        return Wrap("1;33", text);
      case Severity::kNote:
        return Wrap("1;36", text);
    }
    return std::string(text);
  }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const {
    return color_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  bool color_;
};

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

/// Escapes everything but line ends; lines after the first are moved right by `indent`.
std::string EscapeLines(std::string_view text, std::size_t indent) {
  std::string shown;
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    shown += EscapeForDisplay(line);
    if (end == std::string_view::npos) return shown;
    text.remove_prefix(end + 1);
    shown += '\n';
    if (!text.empty()) shown.append(indent, ' ');
  }
}

/// One code point of a source line as it is shown.
struct Glyph {
  std::string text;
  int cells = 1;
};

std::vector<Glyph> GlyphsOf(std::string_view line) {
  std::vector<Glyph> glyphs;
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = DecodeUtf8(line, at);
    const std::string_view bytes = line.substr(at, point.bytes);
    std::string text = EscapeForDisplay(point, bytes);
    const bool as_is = point.valid && text == bytes;
    const int cells = as_is ? DisplayWidth(point.value) : static_cast<int>(text.size());
    glyphs.push_back({std::move(text), cells});
    at += point.bytes;
  }
  return glyphs;
}

int CellsOf(const std::vector<Glyph>& glyphs, std::size_t begin, std::size_t end) {
  int cells = 0;
  for (std::size_t i = begin; i < end; ++i) cells += glyphs[i].cells;
  return cells;
}

/// A line cut to what fits, and where the carets go in it.
struct Excerpt {
  std::string text;
  int caret_start = 0;
  int caret_cells = 1;
};

Excerpt Cut(const std::vector<Glyph>& glyphs, std::size_t mark_begin, std::size_t mark_end) {
  std::size_t begin = 0;
  std::size_t end = glyphs.size();
  if (CellsOf(glyphs, 0, end) > kExcerptCells) {
    int cells = 0;
    const auto grow_left = [&](int limit) {
      while (begin > 0 && cells + glyphs[begin - 1].cells <= limit) cells += glyphs[--begin].cells;
    };
    begin = end = mark_begin;
    grow_left(kCellsBefore);
    while (end < glyphs.size() && cells + glyphs[end].cells <= kExcerptCells) {
      cells += glyphs[end++].cells;
    }
    grow_left(kExcerptCells);  // where the line ends soon after the place
  }
  mark_end = std::min(mark_end, end);
  Excerpt excerpt;
  if (begin > 0) excerpt.text += kCut;
  for (std::size_t i = begin; i < end; ++i) excerpt.text += glyphs[i].text;
  if (end < glyphs.size()) excerpt.text += kCut;
  excerpt.caret_start = (begin > 0 ? 1 : 0) + CellsOf(glyphs, begin, mark_begin);
  excerpt.caret_cells = std::max(1, CellsOf(glyphs, mark_begin, mark_end));
  excerpt.text.erase(excerpt.text.find_last_not_of(' ') + 1);
  return excerpt;
}

/// Builds the text form, one part after the other.
class Page {
 public:
  Page(Severity severity, bool color, int line)
      : severity_(severity), palette_(color), gutter_(std::to_string(std::max(line, 1)).size()) {}

  void Headline(const std::string& slug, const std::string& message) {
    std::string head(NameOf(severity_));
    if (!slug.empty()) head += "[" + EscapeForDisplay(slug) + "]";
    text_ +=
        palette_.Strong(severity_, head) + palette_.Bold(": " + EscapeLines(message, 2)) + "\n";
  }

  void At(const Place& place) {
    text_ +=
        std::string(gutter_, ' ') + palette_.Gutter("-->") + " " + EscapeForDisplay(place.file);
    if (place.line > 0) text_ += fmt::format(":{}:{}", place.line, place.column);
    text_ += "\n";
  }

  void Source(const Excerpt& excerpt, int line, const std::string& label) {
    const std::string blank(gutter_ + 1, ' ');
    const std::string number = fmt::format("{:>{}} ", line, gutter_);
    std::string carets(static_cast<std::size_t>(excerpt.caret_cells), '^');
    if (!label.empty()) carets += " " + EscapeForDisplay(label);
    const std::string source = excerpt.text.empty() ? "" : " " + excerpt.text;
    text_ += palette_.Gutter(blank + "|") + "\n";
    text_ += palette_.Gutter(number + "|") + source + "\n";
    text_ += palette_.Gutter(blank + "|") +
             std::string(static_cast<std::size_t>(excerpt.caret_start) + 1, ' ') +
             palette_.Strong(severity_, carets) + "\n";
  }

  void Remark(std::string_view kind, std::string_view text) {
    const std::size_t indent = gutter_ + 1 + 2 + kind.size() + 2;
    text_ += std::string(gutter_ + 1, ' ') + palette_.Gutter("=") + " " +
             palette_.Bold(fmt::format("{}:", kind)) + " " + EscapeLines(text, indent) + "\n";
  }

  std::string Take() && { return std::move(text_); }

 private:
  Severity severity_;
  Palette palette_;
  std::size_t gutter_;
  std::string text_;
};

}  // namespace

std::string Render(const Diagnostic& diagnostic, bool color) {
  const SourceTextRef& source = diagnostic.span.source;
  const Place place = diagnostic.span.ToPlace();
  Page page(diagnostic.severity, color, place.line);
  page.Headline(diagnostic.slug, diagnostic.message);
  if (source) {
    const std::vector<Glyph> glyphs = GlyphsOf(source->Line(place.line));
    const std::size_t begin = static_cast<std::size_t>(place.column) - 1;
    const std::size_t end = begin + static_cast<std::size_t>(place.length);
    page.At(place);
    page.Source(Cut(glyphs, begin, end), place.line, diagnostic.label);
  } else if (!diagnostic.label.empty()) {
    page.Remark("note", diagnostic.label);
  }
  if (!diagnostic.help.empty()) page.Remark("help", diagnostic.help);
  return std::move(page).Take();
}

std::string Render(const Status& status, bool color) {
  if (status.ok()) return {};
  const auto& place = status.place();
  Page page(Severity::kError, color, place ? place->line : 1);
  page.Headline(status.slug(), status.message());
  if (place && !place->file.empty()) page.At(*place);
  for (Status cause = status.cause(); !cause.ok(); cause = cause.cause()) {
    page.Remark("cause", cause.message());
  }
  if (!status.hint().empty()) page.Remark("help", status.hint());
  return std::move(page).Take();
}

}  // namespace base
}  // namespace thalweg
