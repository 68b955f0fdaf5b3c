#include "formats/json_lines.h"

#include <cstring>

#include <arrow/type.h>

#include "formats/json_ondemand.h"
#include "formats/number_text.h"

namespace thalweg::formats {
namespace {

constexpr std::size_t kAtOnce = 128 << 10;
constexpr int kPause = 32;

bool Has(std::string_view text, char c) {
  return std::memchr(text.data(), c, text.size()) != nullptr;
}

/// Keys are short and compared for each field of each row: without a call.
bool SameBytes(const char* a, const char* b, std::size_t size) {
  const auto same = [&]<typename Word>(Word, std::size_t at) {
    Word left, right;
    std::memcpy(&left, a + at, sizeof left);
    std::memcpy(&right, b + at, sizeof right);
    return left == right;
  };
  constexpr std::uint64_t kLong = 0;
  constexpr std::uint32_t kShort = 0;
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return same(kLong, 0) && same(kLong, size - 8);
  if (size >= 4) return same(kShort, 0) && same(kShort, size - 4);
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace

JsonLines::JsonLines(RowBuilder& rows, const JsonRow& row) : rows_(rows), row_(row) {
  using Kind = ColumnBuilder::Kind;
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    ColumnBuilder& builder = rows.column(i);
    const Kind kind = builder.kind();
    columns_.push_back({&builder, kind == Kind::kScalar || kind == Kind::kText,
                        kind == Kind::kScalar && TakesNumbers(builder.type()->id())});
  }
  const auto error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(kAtOnce, 1, parser_);
  if (error) parser_.reset();
}

void JsonLines::LookAhead(std::string_view rest, std::int64_t offset) {
  if (offset < end_ || !parser_) return;
  if (refused_ * 4 > lines_) pause_ = kPause;
  lines_ = refused_ = 0;
  begin_ = end_ = offset;
  good_ = false;
  const std::size_t last = rest.substr(0, kAtOnce).rfind('\n');
  if (last == std::string_view::npos) return;
  const std::string_view text = rest.substr(0, last + 1);
  end_ = offset + static_cast<std::int64_t>(text.size());
  if (pause_ > 0) {
    --pause_;
    return;
  }
  // A string that goes over the end of its line is a fault of all lines: JsonRow finds out whose.
  good_ = parser_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  escapes_ = Has(text, '\\');
  next_ = 0;
}

bool JsonLines::Append(std::string_view line, std::int64_t offset) {
  if (!good_ || offset >= end_) return false;
  const auto at = static_cast<std::uint32_t>(offset - begin_);
  const std::uint32_t* const places = parser_->structural_indexes.get();
  const std::uint32_t count = parser_->n_structural_indexes;
  while (next_ < count && places[next_] < at) ++next_;
  ++lines_;
  if ((escapes_ && Has(line, '\\')) || !AppendObject(line, at)) {
    ++refused_;
    return false;
  }
  return true;
}

/// From the place next_ on; places count from the `begin`-th byte before the line.
bool JsonLines::AppendObject(std::string_view line, std::uint32_t begin) {
  const std::uint32_t* const first = parser_->structural_indexes.get();
  const std::uint32_t* const last = first + parser_->n_structural_indexes;
  const auto end = begin + static_cast<std::uint32_t>(line.size());
  const auto at = [&](std::uint32_t place) { return line.data() + (place - begin); };
  const std::uint32_t* place = first + next_;
  if (place == last || *place >= end || *at(*place) != '{') return false;
  ++place;
  const auto& known = row_.known();
  // What follows is `"key" : value ,` and at the end `}`: four places for each.
  for (std::size_t field = 0;; ++field, place += 4) {
    if (last - place < 4 || place[3] >= end || field == known.size()) return false;
    const JsonRow::Known& expected = known[field];
    const std::size_t size = expected.key.size();
    const char* const key = at(place[0]);
    if (key[0] != '"' || place[1] - place[0] < size + 2 || *at(place[1]) != ':' ||
        key[1 + size] != '"' || !SameBytes(key + 1, expected.key.data(), size)) {
      return false;
    }
    const char closing = *at(place[3]);
    if (closing != ',' && closing != '}') return false;
    const auto token = TrimToken(std::string_view(at(place[2]), place[3] - place[2]));
    if (!AppendToken(token, expected.column)) return false;
    if (closing == '}') break;
  }
  place += 4;
  if (place != last && *place < end) return false;  // something follows the object
  next_ = static_cast<std::uint32_t>(place - first);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].builder->rows() == rows_.rows()) rows_.AppendMissing(i);
  }
  return true;
}

bool JsonLines::IsToken(std::string_view token) {
  return IsJsonNumber(token) || token == "true" || token == "false" || token == "null";
}

bool JsonLines::AppendToken(std::string_view token, int column) {
  const bool string = token.front() == '"';
  // Nothing but blanks stands between a value and what follows, or that would be a place.
  if (string && (token.size() < 2 || token.back() != '"')) return false;
  if (column < 0) return !row_.rejects_unknown() && (string || IsToken(token));
  const Column& to = columns_[static_cast<std::size_t>(column)];
  if (to.builder->rows() > rows_.rows()) return false;
  if (token == "null") {
    rows_.AppendMissing(static_cast<std::size_t>(column));
    return true;
  }
  std::string reason;
  if (string)
    return to.takes_strings && to.builder->AppendText(token.substr(1, token.size() - 2), &reason);
  return to.takes_numbers && IsJsonNumber(token) && to.builder->AppendText(token, &reason);
}

}  // namespace thalweg::formats
