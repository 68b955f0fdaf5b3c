#include "engines/duckdb/type_guess.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/ascii.h"
#include "formats/number_text.h"
#include "formats/time_text.h"

namespace thalweg::engines {
namespace {

/// "007" and "-01": the zeros mean something.
bool HasLeadingZero(std::string_view number) {
  if (!number.empty() && (number.front() == '-' || number.front() == '+')) number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0' && IsDigit(number[1]);
}

bool IsBigint(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !std::ranges::all_of(digits, IsDigit)) return false;
  std::int64_t value = 0;
  return formats::ParseInteger(text, std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max(),
                               &value) == formats::NumberError::kNone;
}

/// With a point or an exponent: digits alone that are no bigint would lose some as a double.
bool IsDouble(std::string_view text) {
  if (IsBigint(text)) return true;
  const bool has_digit = std::ranges::any_of(text, IsDigit);
  const bool has_mark = text.find_first_of(".eE") != std::string_view::npos;
  double value = 0;
  return has_digit && has_mark && formats::ParseReal(text, &value) == formats::NumberError::kNone;
}

}  // namespace

TypeGuess::Kinds TypeGuess::KindsOf(std::string_view raw) {
  const std::string_view text = formats::TrimBlanks(raw);
  Kinds kinds{false, false, false, false, false, false, false};
  kinds.boolean = EqualIgnoringCase(text, "true") || EqualIgnoringCase(text, "false");
  if (!HasLeadingZero(text)) {
    kinds.bigint = IsBigint(text);
    kinds.number = IsDouble(text);
  }
  formats::CivilTime civil;
  std::int64_t ticks = 0;
  if (text.find('-') != std::string_view::npos && formats::ParseIso(text, &civil) &&
      formats::TicksOf(civil, 1'000'000, &ticks)) {
    kinds.date = !civil.has_time;
    kinds.naive = !civil.has_offset;
    kinds.instant = civil.has_offset;
  }
  kinds.time = text.find(':') != std::string_view::npos &&
               formats::ParseIsoTimeOfDay(text, &civil) &&
               formats::TicksOfDay(civil, 1'000'000, &ticks);
  return kinds;
}

void TypeGuess::Add(std::string_view text) {
  const Kinds kinds = KindsOf(text);
  any_ = true;
  kinds_.boolean &= kinds.boolean;
  kinds_.bigint &= kinds.bigint;
  kinds_.number &= kinds.number;
  kinds_.date &= kinds.date;
  kinds_.time &= kinds.time;
  kinds_.naive &= kinds.naive;
  kinds_.instant &= kinds.instant;
}

std::string TypeGuess::Type() const {
  if (!any_) return "varchar";
  if (kinds_.boolean) return "boolean";
  if (kinds_.bigint) return "bigint";
  if (kinds_.number) return "double";
  if (kinds_.date) return "date";
  if (kinds_.naive) return "timestamp";
  if (kinds_.instant) return "timestamptz";
  if (kinds_.time) return "time";
  return "varchar";
}

}  // namespace thalweg::engines
