#include "engines/duckdb/sql_text.h"

#include <algorithm>
#include <utility>

#include "sql/scanner.h"

namespace thalweg::engines {
namespace {

Status WithoutPlace(const Status& status) {
  Status bare(status.code(), status.fault(), status.message());
  return bare.WithSlug(status.slug()).WithHint(status.hint());
}

bool IsConversion(const Status& status) {
  return status.slug() == "conversion-failed" || status.slug() == "out-of-range";
}

}  // namespace

std::vector<ParameterUse> FindParameters(const std::string& text) {
  std::vector<ParameterUse> uses;
  if (text.find('$') == std::string::npos) return uses;
  const sql::Tokens tokens(text);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view token = tokens.Text(i);
    if (tokens[i].kind != sql::TokenKind::kParameter || token.size() < 2 || token.front() != '$')
      continue;
    uses.push_back({tokens[i].begin, tokens[i].end, std::string(token.substr(1))});
  }
  return uses;
}

void SqlText::AddPiece(std::string_view text, Piece piece) {
  if (text.empty()) return;
  piece.at = text_.size();
  pieces_.push_back(std::move(piece));
  text_ += text;
}

void SqlText::Add(std::string_view text) {
  AddPiece(text, {});
}

void SqlText::AddCopy(std::string_view text, std::size_t origin) {
  AddPiece(text, {.source = Source::kCopy, .begin = origin, .end = origin + text.size()});
}

void SqlText::AddInPlaceOf(std::string_view text, std::size_t begin, std::size_t end) {
  AddPiece(text, {.source = Source::kReplacement, .begin = begin, .end = end});
}

void SqlText::AddColumn(std::string_view text, Status misfit) {
  AddPiece(text, {.source = Source::kColumn, .misfit = std::move(misfit)});
}

void SqlText::Append(const SqlText& other) {
  const std::size_t shift = text_.size();
  text_ += other.text_;
  for (Piece piece : other.pieces_) {
    piece.at += shift;
    pieces_.push_back(std::move(piece));
  }
}

Status SqlText::MapError(const Status& status) const {
  if (status.ok() || !status.place()) return status;
  Place place = *status.place();
  const std::size_t offset = static_cast<std::size_t>(std::max(place.column - 1, 0));
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                       [](std::size_t at, const Piece& piece) { return at < piece.at; });
  if (after == pieces_.begin()) return WithoutPlace(status);
  const Piece& piece = *std::prev(after);
  switch (piece.source) {
    case Source::kOurs:
      return WithoutPlace(status);
    case Source::kColumn:
      return IsConversion(status) ? piece.misfit : WithoutPlace(status);
    case Source::kReplacement:
      place.column = static_cast<int>(piece.begin) + 1;
      place.length = static_cast<int>(piece.end - piece.begin);
      return status.WithPlace(std::move(place));
    case Source::kCopy:
      // Just behind the last copied byte lies "unexpected end of input".
      place.column = static_cast<int>(piece.begin + offset - piece.at) + 1;
      return status.WithPlace(std::move(place));
  }
  return status;
}

}  // namespace thalweg::engines
