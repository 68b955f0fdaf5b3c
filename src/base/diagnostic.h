#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// A text that a person wrote, kept to show lines of it. Immutable and shared.
class SourceText {
 public:
  SourceText(std::string name, std::string text);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  /// Byte offset (clamped to the text) -> line and column, both from 1, columns in code points.
  Place PlaceOf(std::size_t offset, std::size_t length_bytes) const;
  /// The text of a line without its line end; empty when there is no such line.
  std::string_view Line(int line) const;
  int lines() const { return static_cast<int>(starts_.size()); }

 private:
  std::string name_, text_;
  std::vector<std::size_t> starts_;
};
using SourceTextRef = std::shared_ptr<const SourceText>;

/// A range of bytes of a SourceText.
struct Span {
  SourceTextRef source;  ///< null: no place is known
  std::size_t begin = 0;
  std::size_t end = 0;
  Place ToPlace() const;
};

enum class Severity { kError, kWarning, kNote };

/// One message about a user's file: what, where, what to do.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string slug;     ///< stable, lower-case with dashes: "unknown-column"
  std::string message;  ///< one line, without the place
  Span span;
  std::string label;  ///< short text behind the carets: did you mean "carrier"?
  std::string help;   ///< what to do, a line of its own; may be empty
  Code code = Code::kInvalid;
};

/// Collects what is wrong with a file, so that all of it is reported in one pass.
class Diagnostics {
 public:
  void Add(Diagnostic diagnostic);
  void Error(std::string slug, std::string message, Span span, std::string label = {},
             std::string help = {});
  void Warning(std::string slug, std::string message, Span span, std::string label = {},
               std::string help = {});
  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return all_; }
  /// OK without errors; else a Status carrying the first error's slug, text and place.
  Status ToStatus() const;
  /// Orders by place, drops exact repeats.
  void Sort();

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

/// The text form, as in
///   error[unknown-column]: node "x" reads a column that "y" does not have
///     --> flights.yaml:24:17
///      |
///   24 |     sql: SELECT carier FROM delays
///      |                 ^^^^^^ did you mean "carrier"?
///      = help: ...
/// Long lines are cut around the place; control characters are shown escaped. `color` uses ANSI
/// codes.
std::string Render(const Diagnostic& diagnostic, bool color);
/// The same form for a Status (its place is shown as a line; the source text is not known).
std::string Render(const Status& status, bool color);

/// The candidate nearest to `word` if it is near enough to be a slip (Damerau-Levenshtein, <= 1/3
/// of the length); else empty.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace base
}  // namespace thalweg
