#include "spec/parameter_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.h"

namespace thalweg::spec {
namespace {

std::size_t Digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  return static_cast<std::size_t>(end - text.begin());
}

struct IntegerType {
  std::string_view name;
  int bits;
  bool is_signed;
};
constexpr std::array<IntegerType, 8> kIntegers = {{{"tinyint", 8, true},
                                                   {"smallint", 16, true},
                                                   {"integer", 32, true},
                                                   {"bigint", 64, true},
                                                   {"utinyint", 8, false},
                                                   {"usmallint", 16, false},
                                                   {"uinteger", 32, false},
                                                   {"ubigint", 64, false}}};

const IntegerType* FindInteger(std::string_view type) {
  const auto found = std::find_if(kIntegers.begin(), kIntegers.end(),
                                  [&](const IntegerType& t) { return t.name == type; });
  return found == kIntegers.end() ? nullptr : &*found;
}

template <typename T>
bool Parses(std::string_view text, T least, T most) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= least &&
         value <= most;
}

bool IsInteger(const IntegerType& type, std::string_view text) {
  if (type.is_signed) {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() >> (64 - type.bits);
    return Parses<std::int64_t>(text, -most - 1, most);
  }
  return Parses<std::uint64_t>(text, 0,
                               std::numeric_limits<std::uint64_t>::max() >> (64 - type.bits));
}

/// "decimal(p,s)" takes p - s digits in front of the point and s behind it, so that nothing is
/// rounded.
bool IsDecimal(std::string_view type, std::string_view text) {
  const std::size_t comma = type.find(',');
  const std::size_t precision =
      static_cast<std::size_t>(std::atoi(std::string(type.substr(8)).c_str()));
  const std::size_t scale =
      static_cast<std::size_t>(std::atoi(std::string(type.substr(comma + 1)).c_str()));
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = Digits(text);
  const std::size_t zeros = std::min(text.find_first_not_of('0'), whole);
  text.remove_prefix(whole);
  if (whole == 0 || whole - zeros > precision - scale) return false;
  if (text.empty()) return true;
  text.remove_prefix(text.front() == '.' ? 1 : 0);
  return !text.empty() && text.size() == Digits(text) && text.size() <= scale;
}

bool IsFloat(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Takes `count` digits as a number from the front of `text`.
std::optional<int> TakeNumber(std::string_view* text, std::size_t count) {
  if (Digits(*text) < count) return std::nullopt;
  int value = 0;
  std::from_chars(text->data(), text->data() + count, value);
  text->remove_prefix(count);
  return value;
}

bool Take(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

bool TakeDate(std::string_view* text) {
  const auto year = TakeNumber(text, 4);
  const bool dash = Take(text, '-');
  const auto month = TakeNumber(text, 2);
  const bool second_dash = Take(text, '-');
  const auto day = TakeNumber(text, 2);
  if (!year || !dash || !month || !second_dash || !day) return false;
  return std::chrono::year_month_day(std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
      .ok();
}

bool TakeTime(std::string_view* text) {
  const auto hour = TakeNumber(text, 2);
  const bool colon = Take(text, ':');
  const auto minute = TakeNumber(text, 2);
  if (!hour || !colon || !minute || *hour > 23 || *minute > 59) return false;
  if (!Take(text, ':')) return true;
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 59) return false;
  if (!Take(text, '.')) return true;
  const std::size_t fraction = Digits(*text);
  text->remove_prefix(fraction);
  return fraction >= 1 && fraction <= 6;
}

bool TakeZone(std::string_view* text) {
  if (Take(text, 'Z')) return true;
  if (!Take(text, '+') && !Take(text, '-')) return false;
  const auto hours = TakeNumber(text, 2);
  Take(text, ':');
  const auto minutes = text->empty() ? std::optional<int>(0) : TakeNumber(text, 2);
  return hours && minutes && *hours <= 15 && *minutes <= 59;
}

bool IsDate(std::string_view text) {
  return TakeDate(&text) && text.empty();
}

bool IsTimestamp(std::string_view text, bool with_zone) {
  if (!TakeDate(&text)) return false;
  if (text.empty()) return !with_zone;
  if (!Take(&text, 'T') && !Take(&text, ' ')) return false;
  if (!TakeTime(&text)) return false;
  return (!with_zone || TakeZone(&text)) && text.empty();
}

bool IsTime(std::string_view text) {
  return TakeTime(&text) && text.empty();
}

Status Expected(std::string_view type, std::string_view form) {
  return Status::Invalid(fmt::format("is not a value of type {}", type))
      .WithHint(fmt::format("for example {}", form));
}

}  // namespace

bool IsNumericType(std::string_view type) {
  return FindInteger(type) != nullptr || type.starts_with("decimal(") || type == "real" ||
         type == "double";
}

Status CheckParameterType(std::string_view type) {
  const bool nested = type.ends_with(']') || type.starts_with("struct(") ||
                      type.starts_with("map(") || type.starts_with("union(") ||
                      type.starts_with("enum(");
  if (!nested) return Status::Ok();
  return Status::Unsupported(fmt::format("a parameter holds one value; {} holds several", type));
}

Status CheckParameterValue(std::string_view type, std::string_view text) {
  if (const IntegerType* integer = FindInteger(type)) {
    return IsInteger(*integer, text) ? Status::Ok() : Expected(type, "42");
  }
  if (type.starts_with("decimal("))
    return IsDecimal(type, text) ? Status::Ok()
                                 : Expected(type, "12.5, with no more digits than it holds");
  if (type == "real" || type == "double")
    return IsFloat(text) ? Status::Ok() : Expected(type, "0.5");
  if (type == "boolean")
    return text == "true" || text == "false" ? Status::Ok() : Expected(type, "true");
  if (type == "date") return IsDate(text) ? Status::Ok() : Expected(type, "2013-01-31");
  if (type == "time") return IsTime(text) ? Status::Ok() : Expected(type, "14:30:00");
  if (type == "timestamp")
    return IsTimestamp(text, false) ? Status::Ok() : Expected(type, "2013-01-31 14:30:00");
  if (type == "timestamptz")
    return IsTimestamp(text, true) ? Status::Ok() : Expected(type, "2013-01-31T14:30:00Z");
  return Status::Ok();
}

}  // namespace thalweg::spec
