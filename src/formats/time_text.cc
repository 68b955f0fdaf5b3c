#include "formats/time_text.h"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/ascii.h"
#include "formats/number_text.h"

namespace thalweg::formats {
namespace {

/// Years that a date column of 32-bit days can hold, with room to spare for one day more or less.
constexpr std::int64_t kLastYear = 5'800'000;

/// days_from_civil of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t DaysFromCivil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct CivilDay {
  std::int64_t year;
  int month, day;
};

/// civil_from_days of the same source.
CivilDay CivilFromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_index + 2) / 5 + 1);
  const int month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int DaysInMonth(std::int64_t year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool IsTimeOfDay(const CivilTime& civil) {
  if (civil.hour == 24) return civil.minute == 0 && civil.second == 0 && civil.nanosecond == 0;
  return civil.hour < 24 && civil.minute < 60 && civil.second < 60;
}

std::int64_t SecondsOfDay(const CivilTime& civil) {
  return civil.hour * 3600 + civil.minute * 60 + civil.second;
}

/// Reads a text from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool Take(char c) { return !done() && text_[at_] == c && (++at_, true); }
  bool TakeAny(std::string_view set) {
    return !done() && set.find(text_[at_]) != std::string_view::npos && (++at_, true);
  }
  bool TakeWord(std::string_view upper) {
    if (!EqualIgnoringCase(text_.substr(at_, upper.size()), upper)) return false;
    at_ += upper.size();
    return true;
  }
  void SkipBlanks() {
    while (TakeAny(" \t")) continue;
  }
  /// Between `least` and `most` digits.
  bool TakeNumber(int least, int most, std::int64_t* out) {
    int count = 0;
    std::int64_t value = 0;
    for (; count < most && !done() && IsDigit(text_[at_]); ++count, ++at_) {
      value = value * 10 + (text_[at_] - '0');
    }
    *out = value;
    return count >= least;
  }
  bool TakeNumber(int least, int most, int* out) {
    std::int64_t value = 0;
    const bool good = TakeNumber(least, most, &value);
    *out = static_cast<int>(value);
    return good;
  }
  /// Digits behind a point; those after the ninth are read over.
  bool TakeFraction(int* nanosecond) {
    int count = 0, value = 0;
    for (; !done() && IsDigit(text_[at_]); ++at_, ++count) {
      if (count < 9) value = value * 10 + (text_[at_] - '0');
    }
    for (int i = count; i < 9; ++i) value *= 10;
    *nanosecond = value;
    return count > 0;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool TakeDate(Scanner& scanner, CivilTime* out) {
  const bool negative = scanner.Take('-');
  if (!scanner.TakeNumber(4, 6, &out->year)) return false;
  if (negative) out->year = -out->year;
  const char separator = scanner.peek();
  if (separator != '-' && separator != '/') return false;
  return scanner.Take(separator) && scanner.TakeNumber(1, 2, &out->month) &&
         scanner.Take(separator) && scanner.TakeNumber(1, 2, &out->day);
}

bool TakeTimeOfDay(Scanner& scanner, CivilTime* out) {
  if (!scanner.TakeNumber(1, 2, &out->hour) || !scanner.Take(':') ||
      !scanner.TakeNumber(1, 2, &out->minute)) {
    return false;
  }
  out->has_time = true;
  if (!scanner.Take(':')) return true;
  if (!scanner.TakeNumber(1, 2, &out->second)) return false;
  return !scanner.Take('.') || scanner.TakeFraction(&out->nanosecond);
}

/// "Z", "UTC", "GMT", "+02", "+0200", "+02:00", "-01:23:45".
bool TakeOffset(Scanner& scanner, CivilTime* out) {
  out->has_offset = true;
  if (scanner.TakeWord("Z") || scanner.TakeWord("UTC") || scanner.TakeWord("GMT")) return true;
  const bool negative = scanner.peek() == '-';
  if (!scanner.TakeAny("+-")) return false;
  std::int64_t hours = 0, minutes = 0, seconds = 0;
  if (!scanner.TakeNumber(2, 2, &hours)) return false;
  if (!scanner.done()) {
    scanner.Take(':');
    if (!scanner.TakeNumber(2, 2, &minutes)) return false;
    if (scanner.Take(':') && !scanner.TakeNumber(2, 2, &seconds)) return false;
  }
  if (hours > 18 || minutes > 59 || seconds > 59) return false;
  out->offset_seconds = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
  return true;
}

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

/// 0..99.
void AppendTwoDigits(std::int64_t number, std::string* out) {
  out->push_back(static_cast<char>('0' + number / 10));
  out->push_back(static_cast<char>('0' + number % 10));
}

void AppendFraction(std::int64_t ticks, std::int64_t ticks_per_second, std::string* out) {
  if (ticks == 0) return;
  std::int64_t nanos = ticks * (kNanosPerSecond / ticks_per_second);
  int digits = 9;
  while (digits > 3 && nanos % 1000 == 0) nanos /= 1000, digits -= 3;
  fmt::format_to(std::back_inserter(*out), ".{:0{}}", nanos, digits);
}

}  // namespace

std::int64_t TicksPerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return kNanosPerSecond;
}

bool DaysOf(const CivilTime& civil, std::int32_t* days) {
  if (civil.year < -kLastYear || civil.year > kLastYear) return false;
  if (civil.month < 1 || civil.month > 12) return false;
  if (civil.day < 1 || civil.day > DaysInMonth(civil.year, civil.month)) return false;
  *days = static_cast<std::int32_t>(DaysFromCivil(civil.year, civil.month, civil.day));
  return true;
}

bool TicksOf(const CivilTime& civil, std::int64_t ticks_per_second, std::int64_t* ticks) {
  std::int32_t days = 0;
  if (!DaysOf(civil, &days) || !IsTimeOfDay(civil)) return false;
  const std::int64_t seconds = days * kSecondsPerDay + SecondsOfDay(civil) - civil.offset_seconds;
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(seconds, ticks_per_second, &whole)) return false;
  return !__builtin_add_overflow(whole, civil.nanosecond / (kNanosPerSecond / ticks_per_second),
                                 ticks);
}

bool TicksOfDay(const CivilTime& civil, std::int64_t ticks_per_second, std::int64_t* ticks) {
  if (!IsTimeOfDay(civil)) return false;
  *ticks = SecondsOfDay(civil) * ticks_per_second +
           civil.nanosecond / (kNanosPerSecond / ticks_per_second);
  return true;
}

bool ParseIso(std::string_view text, CivilTime* out) {
  *out = CivilTime();
  Scanner scanner(TrimBlanks(text));
  if (!TakeDate(scanner, out)) return false;
  if (scanner.done()) return true;
  if (!scanner.TakeAny("Tt ")) return false;
  scanner.SkipBlanks();
  if (!TakeTimeOfDay(scanner, out)) return false;
  scanner.SkipBlanks();
  return scanner.done() || (TakeOffset(scanner, out) && scanner.done());
}

bool ParseIsoTimeOfDay(std::string_view text, CivilTime* out) {
  *out = CivilTime();
  Scanner scanner(TrimBlanks(text));
  return TakeTimeOfDay(scanner, out) && scanner.done();
}

void AppendDate(std::int32_t days, std::string* out) {
  if (days == std::numeric_limits<std::int32_t>::max()) {
    out->append("infinity");
    return;
  }
  if (days == -std::numeric_limits<std::int32_t>::max()) {
    out->append("-infinity");
    return;
  }
  const CivilDay civil = CivilFromDays(days);
  if (civil.year >= 0 && civil.year <= 9999) {
    AppendTwoDigits(civil.year / 100, out);
    AppendTwoDigits(civil.year % 100, out);
  } else {
    fmt::format_to(std::back_inserter(*out), "{:+05}", civil.year);
  }
  out->push_back('-');
  AppendTwoDigits(civil.month, out);
  out->push_back('-');
  AppendTwoDigits(civil.day, out);
}

void AppendTimeOfDay(std::int64_t ticks, std::int64_t ticks_per_second, std::string* out) {
  const std::int64_t seconds = ticks / ticks_per_second;
  AppendTwoDigits(seconds / 3600, out);
  out->push_back(':');
  AppendTwoDigits(seconds / 60 % 60, out);
  out->push_back(':');
  AppendTwoDigits(seconds % 60, out);
  AppendFraction(ticks % ticks_per_second, ticks_per_second, out);
}

void AppendTimestamp(std::int64_t ticks, std::int64_t ticks_per_second, bool utc,
                     std::string* out) {
  if (ticks == std::numeric_limits<std::int64_t>::max()) {
    out->append("infinity");
    return;
  }
  if (ticks == -std::numeric_limits<std::int64_t>::max()) {
    out->append("-infinity");
    return;
  }
  const std::int64_t ticks_per_day = kSecondsPerDay * ticks_per_second;
  const std::int64_t days = FloorDivide(ticks, ticks_per_day);
  AppendDate(static_cast<std::int32_t>(days), out);
  out->push_back('T');
  AppendTimeOfDay(ticks - days * ticks_per_day, ticks_per_second, out);
  if (utc) out->push_back('Z');
}

}  // namespace thalweg::formats
