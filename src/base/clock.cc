#include "base/clock.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace thalweg {
inline namespace base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class RealClock : public Clock {
 public:
  Instant Now() const override {
    return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

/// Takes fixed-width fields off the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  std::optional<int> Digits(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  bool Take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<microseconds> ReadFraction(FieldReader& reader) {
  int micros = 0;
  int digits = 0;
  while (const auto digit = reader.Digits(1)) {
    if (++digits > 6) return std::nullopt;
    micros = micros * 10 + *digit;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) micros *= 10;
  return microseconds(micros);
}

std::optional<minutes> ReadZone(FieldReader& reader) {
  if (reader.Take('Z')) return minutes(0);
  const bool east = reader.Take('+');
  if (!east && !reader.Take('-')) return std::nullopt;
  const auto hour = reader.Digits(2);
  reader.Take(':');
  const auto minute = reader.Digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return east ? offset : -offset;
}

std::optional<Instant> ReadInstant(FieldReader reader) {
  const auto year = reader.Digits(4);
  const bool dash1 = reader.Take('-');
  const auto month = reader.Digits(2);
  const bool dash2 = reader.Take('-');
  const auto day = reader.Digits(2);
  if (!year || !dash1 || !month || !dash2 || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;

  if (!reader.Take('T') && !reader.Take(' ')) return std::nullopt;
  const auto hour = reader.Digits(2);
  const bool colon1 = reader.Take(':');
  const auto minute = reader.Digits(2);
  const bool colon2 = reader.Take(':');
  const auto second = reader.Digits(2);
  if (!hour || !colon1 || !minute || !colon2 || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;

  std::optional<microseconds> fraction = microseconds(0);
  if (reader.Take('.')) fraction = ReadFraction(reader);
  const auto zone = ReadZone(reader);
  if (!fraction || !zone || !reader.rest().empty()) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) +
         *fraction - *zone;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t nanos;
};

constexpr std::array<DurationUnit, 8> kDurationUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
    {"w", 604'800'000'000'000},
}};

Status BadDuration(std::string_view text, std::string_view why) {
  return Status::Invalid(fmt::format("not a duration: {} value=\"{}\"", why, text))
      .WithHint("write a whole number with a unit (ns us ms s m h d w), such as 10s or 250ms");
}

/// One digit behind the point below 10, none above, and no ".0".
std::string OneDecimal(double amount) {
  std::string number = fmt::format("{:.1f}", amount);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number;
}

/// "2 m 10 s"; the second part is left out when it is zero.
std::string TwoParts(std::int64_t whole, const char* unit, std::int64_t part,
                     const char* part_unit) {
  return part == 0 ? fmt::format("{} {}", whole, unit)
                   : fmt::format("{} {} {} {}", whole, unit, part, part_unit);
}

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

ManualClock::ManualClock(Instant start) : micros_(start.time_since_epoch().count()) {}

Instant ManualClock::Now() const {
  return Instant(microseconds(micros_.load()));
}

std::chrono::steady_clock::time_point ManualClock::Steady() const {
  return std::chrono::steady_clock::time_point(microseconds(micros_.load()));
}

void ManualClock::Advance(microseconds by) {
  micros_.fetch_add(by.count());
}

std::string FormatInstant(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

Result<Instant> ParseInstant(std::string_view text) {
  if (const auto instant = ReadInstant(FieldReader(text))) return *instant;
  return Status::Invalid(fmt::format("not an instant: value=\"{}\"", text))
      .WithHint("write it with a time zone, such as 2013-01-01T05:00:00Z");
}

std::string FormatDuration(nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count < 0) {
    // The smallest value has no positive counterpart.
    const bool smallest = count == std::numeric_limits<std::int64_t>::min();
    return "-" + FormatDuration(
                     nanoseconds(smallest ? std::numeric_limits<std::int64_t>::max() : -count));
  }
  // Each limit is where the unit's own rounding would print the next unit's first value.
  const double nanos = static_cast<double>(count);
  if (count < 1'000) return fmt::format("{} ns", count);
  if (nanos < 9.95e3) return OneDecimal(nanos / 1e3) + " us";
  if (nanos < 999.5e3) return fmt::format("{:.0f} us", nanos / 1e3);
  if (nanos < 9.95e6) return OneDecimal(nanos / 1e6) + " ms";
  if (nanos < 999.5e6) return fmt::format("{:.0f} ms", nanos / 1e6);
  if (nanos < 59.95e9) return OneDecimal(nanos / 1e9) + " s";
  const std::int64_t whole_seconds =
      count / 1'000'000'000 + (count % 1'000'000'000 >= 500'000'000 ? 1 : 0);
  if (whole_seconds < 3600) return TwoParts(whole_seconds / 60, "m", whole_seconds % 60, "s");
  const std::int64_t whole_minutes = (whole_seconds + 30) / 60;
  if (whole_minutes < 1440) return TwoParts(whole_minutes / 60, "h", whole_minutes % 60, "m");
  const std::int64_t whole_hours = (whole_minutes + 30) / 60;
  return TwoParts(whole_hours / 24, "d", whole_hours % 24, "h");
}

Result<nanoseconds> ParseDuration(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') {
    return BadDuration(text, "it must begin with a digit");
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return BadDuration(text, "the number is too large");
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  if (unit.empty()) return BadDuration(text, "the unit is missing");
  if (unit.front() == '.' || unit.front() == ',') {
    return BadDuration(text, "fractions are not allowed");
  }
  for (const DurationUnit& known : kDurationUnits) {
    if (known.name != unit) continue;
    std::int64_t nanos = 0;
    if (__builtin_mul_overflow(number, known.nanos, &nanos)) {
      return BadDuration(text, "it is longer than 292 years");
    }
    return nanoseconds(nanos);
  }
  return BadDuration(text, "the unit is not known");
}

nanoseconds ProcessCpuTime() {
  std::timespec time{};
  TW_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace base
}  // namespace thalweg
