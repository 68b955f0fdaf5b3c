#include "sql/at_clause.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/ascii.h"
#include "base/clock.h"

namespace thalweg::sql {
namespace {

/// A positive number of at most 18 digits without leading zeros.
bool IsOrdinal(std::string_view text) {
  return !text.empty() && text.size() <= 18 && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), IsDigit);
}

/// Reads a text of fixed fields from left to right.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeAny(std::string_view chars) {
    return !rest_.empty() && chars.find(rest_[0]) != chars.npos && Take(rest_[0]);
  }
  /// Exactly `digits` digits, at most `max`.
  bool Number(std::size_t digits, int max, int& value) {
    if (rest_.size() < digits ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<int>(digits), IsDigit)) {
      return false;
    }
    value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(digits);
    return value <= max;
  }
  /// One to six digits behind a point, as microseconds.
  bool Fraction(int& micros) {
    std::size_t digits = 0;
    micros = 0;
    for (; digits < rest_.size() && digits < 6 && IsDigit(rest_[digits]); ++digits) {
      micros = micros * 10 + (rest_[digits] - '0');
    }
    for (std::size_t i = digits; i < 6; ++i) micros *= 10;
    rest_.remove_prefix(digits);
    return digits > 0;
  }

 private:
  std::string_view rest_;
};

/// Z, +02, +0230 or -02:30; none: UTC.
bool ReadOffset(Fields& fields, std::chrono::minutes& offset) {
  if (fields.done() || fields.TakeAny("zZ")) return fields.done();
  const bool east = fields.Take('+');
  if (!east && !fields.Take('-')) return false;
  int hours = 0, minutes = 0;
  if (!fields.Number(2, 14, hours)) return false;
  if (!fields.done() && (fields.Take(':'), !fields.Number(2, 59, minutes))) return false;
  offset = std::chrono::minutes((hours * 60 + minutes) * (east ? 1 : -1));
  return fields.done();
}

std::optional<AtClause> ReadVersion(const Node& expression) {
  const Node value = expression.Get("value").Get("value");
  const std::string_view text = value.text();
  if (expression.integer_literal() && IsOrdinal(text)) {
    return AtClause{AtClause::Unit::kVersion, std::string(text)};
  }
  const std::size_t colon = text.find(':');
  if (!value.is_string() || colon == text.npos || !IsOrdinal(text.substr(colon + 1))) return {};
  const std::string kind = ToLower(text.substr(0, colon));
  const std::string number(text.substr(colon + 1));
  if (kind == "run") return AtClause{AtClause::Unit::kRun, number};
  if (kind == "tick") return AtClause{AtClause::Unit::kTick, number};
  return {};
}

}  // namespace

std::optional<std::string> ReadInstant(std::string_view text) {
  using namespace std::chrono;
  Fields fields(text);
  int y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0, micros = 0;
  if (!fields.Number(4, 9999, y) || !fields.Take('-') || !fields.Number(2, 12, m) ||
      !fields.Take('-') || !fields.Number(2, 31, d)) {
    return {};
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok()) return {};
  minutes offset{0};
  if (!fields.done()) {
    if (!fields.TakeAny(" Tt") || !fields.Number(2, 23, hour) || !fields.Take(':') ||
        !fields.Number(2, 59, minute)) {
      return {};
    }
    if (fields.Take(':') && !fields.Number(2, 59, second)) return {};
    if (fields.Take('.') && !fields.Fraction(micros)) return {};
    while (fields.Take(' ')) {
    }
    if (!ReadOffset(fields, offset)) return {};
  }
  const Instant instant = time_point_cast<microseconds>(sys_days(date)) + hours(hour) +
                          minutes(minute) + seconds(second) + microseconds(micros) - offset;
  return FormatInstant(instant);
}

std::optional<AtClause> ReadAtClause(const Node& clause) {
  const Node expression = clause.Get("expr");
  if (ToLower(clause.Text("unit")) == "version") return ReadVersion(expression);
  if (ToLower(clause.Text("unit")) != "timestamp") return {};
  // TIMESTAMP '2024-...' is a cast of a literal.
  const Node literal = expression.Is("OPERATOR_CAST") ? expression.Get("child") : expression;
  const Node value = literal.Get("value").Get("value");
  if (!literal.Is("VALUE_CONSTANT") || !value.is_string()) return {};
  auto instant = ReadInstant(value.text());
  if (!instant) return {};
  return AtClause{AtClause::Unit::kTimestamp, *std::move(instant)};
}

}  // namespace thalweg::sql
