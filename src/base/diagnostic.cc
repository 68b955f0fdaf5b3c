#include "base/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "base/utf8.h"

namespace thalweg {
inline namespace base {
namespace {

/// Code points that end at or before `offset`: an offset inside of one belongs to it.
std::size_t CodePointsBefore(std::string_view text, std::size_t offset) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < offset; ++count) {
    at += DecodeUtf8(text, at).bytes;
    if (at > offset) break;
  }
  return count;
}

/// Code points that begin before `offset`: a part of one is one.
std::size_t CodePointsTouched(std::string_view text, std::size_t offset) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < offset; ++count) at += DecodeUtf8(text, at).bytes;
  return count;
}

auto SortKey(const Diagnostic& diagnostic) {
  static const std::string no_file;
  const Span& span = diagnostic.span;
  return std::tie(span.source ? span.source->name() : no_file, span.begin, span.end,
                  diagnostic.severity, diagnostic.slug, diagnostic.message, diagnostic.label,
                  diagnostic.help);
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  starts_.push_back(text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  for (std::size_t at = starts_[0]; at < text_.size(); ++at) {
    const bool carriage_return =
        text_[at] == '\r' && !(at + 1 < text_.size() && text_[at + 1] == '\n');
    if (text_[at] == '\n' || carriage_return) starts_.push_back(at + 1);
  }
}

Place SourceText::PlaceOf(std::size_t offset, std::size_t length_bytes) const {
  offset = std::clamp(offset, starts_[0], text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<int>(after - starts_.begin());
  const std::string_view text = Line(line);
  // An offset at the line end itself, between \r and \n too, is the place behind the last
  // character.
  const std::size_t begin =
      std::min(offset - starts_[static_cast<std::size_t>(line) - 1], text.size());
  const std::size_t end = begin + std::min(length_bytes, text.size() - begin);
  const std::size_t before = CodePointsBefore(text, begin);
  Place place{name_, line, static_cast<int>(before) + 1, 0};
  if (end > begin) {
    place.length = static_cast<int>(CodePointsTouched(text, end) - before);
  }
  return place;
}

std::string_view SourceText::Line(int line) const {
  if (line < 1 || line > lines()) return {};
  const std::size_t begin = starts_[static_cast<std::size_t>(line) - 1];
  const std::size_t end = line == lines() ? text_.size() : starts_[static_cast<std::size_t>(line)];
  std::string_view text = std::string_view(text_).substr(begin, end - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Place Span::ToPlace() const {
  if (!source) return {};
  return source->PlaceOf(begin, end > begin ? end - begin : 0);
}

void Diagnostics::Add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::kError) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::Error(std::string slug, std::string message, Span span, std::string label,
                        std::string help) {
  Add({Severity::kError, std::move(slug), std::move(message), std::move(span), std::move(label),
       std::move(help), Code::kInvalid});
}

void Diagnostics::Warning(std::string slug, std::string message, Span span, std::string label,
                          std::string help) {
  Add({Severity::kWarning, std::move(slug), std::move(message), std::move(span), std::move(label),
       std::move(help), Code::kInvalid});
}

Status Diagnostics::ToStatus() const {
  const auto first = std::find_if(all_.begin(), all_.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::kError;
  });
  if (first == all_.end()) return Status::Ok();
  Status status = Status(first->code, first->message).WithSlug(first->slug);
  if (first->span.source) status = status.WithPlace(first->span.ToPlace());
  const std::string& hint = first->help.empty() ? first->label : first->help;
  return hint.empty() ? status : status.WithHint(hint);
}

void Diagnostics::Sort() {
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return SortKey(a) < SortKey(b);
  });
  const auto same = [](const Diagnostic& a, const Diagnostic& b) {
    return SortKey(a) == SortKey(b);
  };
  all_.erase(std::unique(all_.begin(), all_.end(), same), all_.end());
  errors_ = static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(),
      [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::kError; }));
}

}  // namespace base
}  // namespace thalweg
