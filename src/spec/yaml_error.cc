#include "spec/yaml_error.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/utf8.h"

namespace thalweg::spec {
namespace {

struct Advice {
  std::string_view part;  ///< of the library's message
  std::string_view message;
  std::string_view help;
};

constexpr std::string_view kQuoteOrBlock = "put the text in quotes, or below \"|\"";

/// In the order in which they are tried.
constexpr Advice kAdvice[] = {
    {"tab character", "a tab stands where indentation belongs", "indent with blanks"},
    {"invalid nested block mapping", "\": \" inside of text that is not in quotes", kQuoteOrBlock},
    {"invalid multiline plain key", "a value, and then a map below it",
     "correct the indentation of the next line, or put the text in quotes"},
    {"invalid value after mapping", "this line is no \"key: value\"",
     "write \"key: value\", or indent it as the map that it belongs to"},
    {"invalid indentation", "the indentation fits no level above", "indent it as its neighbours"},
    {"wrongly indented", "a quoted text that is not closed, or not indented on its next line",
     "close the quote"},
    {"plain scalar cannot start with", "text cannot start with this character", kQuoteOrBlock},
    {"invalid trailing content", "text behind the closing quote",
     "put all of it into one pair of quotes; a quote inside is doubled ('') or escaped (\\\")"},
    {"invalid escape", "an escape that YAML does not know",
     "write a backslash as \\\\, or use single quotes, which know no escapes"},
    {"without a closing", "a bracket that is not closed", "close it"},
    {"missing comma", "a comma is missing",
     "text that holds brackets, braces or commas needs quotes here"},
    {"extra comma", "a comma too much", "remove it"},
};

/// The byte offset of a line and a column in code points.
std::size_t OffsetOf(const SourceText& source, int line, int column) {
  line = std::clamp(line, 1, source.lines());
  const std::string_view text = source.Line(line);
  std::size_t at = 0;
  for (int i = 1; i < column && at < text.size(); ++i) at += DecodeUtf8(text, at).bytes;
  return static_cast<std::size_t>(text.data() - source.text().data()) + at;
}

/// A word to put the carets under: up to the next blank, at least one byte, within the line.
Span WordAt(const SourceTextRef& source, std::size_t at) {
  const std::string& text = source->text();
  std::size_t end = at;
  while (end < text.size() &&
         std::string_view(" \t\r\n,]}").find(text[end]) == std::string_view::npos) {
    ++end;
  }
  if (end == at && end < text.size() && text[end] != '\r' && text[end] != '\n') ++end;
  return {source, at, end};
}

/// "a comment cut the text": the line before holds " #".
bool CommentAbove(const SourceText& source, int line) {
  for (int above = line - 1; above >= 1; --above) {
    const std::string_view text = source.Line(above);
    if (text.find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::size_t sign = text.find('#');
    return sign != std::string_view::npos && sign > 0 &&
           (text[sign - 1] == ' ' || text[sign - 1] == '\t') &&
           text.find_first_not_of(" \t") != sign;
  }
  return false;
}

}  // namespace

void ReportYamlSyntax(std::string_view message, const SourceTextRef& source, int line, int column,
                      const Span* open, Diagnostics& diagnostics) {
  const std::string_view text = source->Line(line);
  Span span = WordAt(source, OffsetOf(*source, line, column));
  if (message.find("without a closing") != std::string_view::npos && open != nullptr) span = *open;
  if (message.find("in flow mapping") != std::string_view::npos &&
      text.find("${") != std::string_view::npos) {
    diagnostics.Error("yaml-syntax", "\"${...}\" without quotes inside of braces or brackets", span,
                      "", "put the text in quotes: \"${name}/file.csv\"");
    return;
  }
  if (message.find("invalid value after mapping") != std::string_view::npos &&
      CommentAbove(*source, line)) {
    diagnostics.Error("yaml-syntax",
                      "a comment ended the text above, and this line does not belong to it", span,
                      "", "\" #\" starts a comment: put the text in quotes, or below \"|\"");
    return;
  }
  for (const Advice& advice : kAdvice) {
    if (message.find(advice.part) == std::string_view::npos) continue;
    diagnostics.Error("yaml-syntax", std::string(advice.message), span, "",
                      std::string(advice.help));
    return;
  }
  diagnostics.Error("yaml-syntax", fmt::format("this is not YAML: {}", EscapeForDisplay(message)),
                    span, "", "text with special characters needs quotes");
}

}  // namespace thalweg::spec
