#include "formats/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/ascii.h"

namespace thalweg::formats {
namespace {

using Wide = unsigned __int128;

/// 10^38 is the largest power of ten that fits.
constexpr int kMostDigits = 38;

constexpr Wide PowerOfTen(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// A decimal text taken apart: (-1)^negative * magnitude * 10^exponent, where magnitude ends in no
/// zero.
struct DecimalParts {
  bool negative = false;
  bool too_long = false;  ///< `magnitude` holds only the first of the significant digits
  Wide magnitude = 0;
  std::int64_t exponent = 0;
};

/// Collects digits; zeros are held back until another digit follows, so that 1000…0e-50 needs no
/// room.
class DigitCollector {
 public:
  explicit DigitCollector(DecimalParts* parts) : parts_(*parts) {}

  void Add(char digit, bool after_point) {
    any_ = true;
    if (after_point) --parts_.exponent;
    if (digit == '0') {
      if (digits_ > 0) ++zeros_;
      return;
    }
    digits_ += zeros_ + 1;
    if (digits_ > kMostDigits) {
      parts_.too_long = true;
      parts_.exponent += zeros_ + 1;
    } else {
      parts_.magnitude = parts_.magnitude * PowerOfTen(static_cast<int>(zeros_ + 1)) +
                         static_cast<Wide>(digit - '0');
    }
    zeros_ = 0;
  }
  bool Finish() {
    parts_.exponent += zeros_;
    return any_;
  }

 private:
  DecimalParts& parts_;
  std::int64_t digits_ = 0, zeros_ = 0;
  bool any_ = false;
};

/// "e+12" -> 12, clamped to what no sane number reaches.
bool ParseExponent(std::string_view text, std::int64_t* out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    value = std::min<std::int64_t>(value * 10 + (c - '0'), std::int64_t{1} << 40);
  }
  *out = negative ? -value : value;
  return true;
}

bool TakeApart(std::string_view text, DecimalParts* parts) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) parts->negative = text[at++] == '-';
  DigitCollector digits(parts);
  for (; at < text.size() && IsDigit(text[at]); ++at) digits.Add(text[at], false);
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && IsDigit(text[at]); ++at) digits.Add(text[at], true);
  }
  if (!digits.Finish()) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  std::int64_t exponent = 0;
  if (!ParseExponent(text.substr(at + 1), &exponent)) return false;
  parts->exponent += exponent;
  return true;
}

/// magnitude * 10^(exponent + scale) as a whole number of at most `digits` digits.
NumberError ToScaled(const DecimalParts& parts, int digits, int scale, Wide* out) {
  if (parts.magnitude == 0 && !parts.too_long) {
    *out = 0;
    return NumberError::kNone;
  }
  const std::int64_t shift = parts.exponent + scale;
  // The last digit is not zero: anything below the unit would be lost.
  if (shift < 0) return NumberError::kFraction;
  if (parts.too_long || shift >= digits) return NumberError::kRange;
  const Wide limit = PowerOfTen(digits);
  const Wide factor = PowerOfTen(static_cast<int>(shift));
  if (parts.magnitude > (limit - 1) / factor) return NumberError::kRange;
  *out = parts.magnitude * factor;
  return NumberError::kNone;
}

NumberError ParseWhole(std::string_view text, bool* negative, Wide* magnitude) {
  DecimalParts parts;
  if (!TakeApart(text, &parts)) return NumberError::kSyntax;
  *negative = parts.negative;
  return ToScaled(parts, kMostDigits, 0, magnitude);
}

template <typename T>
bool IsAllOf(std::string_view text, T* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

template <typename T>
NumberError ParseRealAs(std::string_view text, T* out) {
  text = TrimBlanks(text);
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return NumberError::kSyntax;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (text.empty() || end != text.data() + text.size()) return NumberError::kSyntax;
  // from_chars takes "nan(text)" too.
  if (text.back() == ')') return NumberError::kSyntax;
  if (error == std::errc()) return NumberError::kNone;
  if (error != std::errc::result_out_of_range) return NumberError::kSyntax;
  // Out of range is also what is too near to zero: that rounds to zero, as it does to any other
  // value.
  DecimalParts parts;
  if (!TakeApart(text, &parts)) return NumberError::kSyntax;
  if (parts.exponent > 0) return NumberError::kRange;
  *out = parts.negative ? -T{0} : T{0};
  return NumberError::kNone;
}

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

NumberError ParseInteger(std::string_view text, std::int64_t least, std::int64_t greatest,
                         std::int64_t* out) {
  std::int64_t value = 0;
  if (IsAllOf(text, &value)) [[likely]] {
    if (value < least || value > greatest) return NumberError::kRange;
    *out = value;
    return NumberError::kNone;
  }
  bool negative = false;
  Wide magnitude = 0;
  const NumberError error = ParseWhole(TrimBlanks(text), &negative, &magnitude);
  if (error != NumberError::kNone) return error;
  if (magnitude > Wide{1} << 63) return NumberError::kRange;
  const __int128 wide =
      negative ? -static_cast<__int128>(magnitude) : static_cast<__int128>(magnitude);
  if (wide < least || wide > greatest) return NumberError::kRange;
  *out = static_cast<std::int64_t>(wide);
  return NumberError::kNone;
}

NumberError ParseUnsigned(std::string_view text, std::uint64_t greatest, std::uint64_t* out) {
  std::uint64_t value = 0;
  if (IsAllOf(text, &value)) [[likely]] {
    if (value > greatest) return NumberError::kRange;
    *out = value;
    return NumberError::kNone;
  }
  bool negative = false;
  Wide magnitude = 0;
  const NumberError error = ParseWhole(TrimBlanks(text), &negative, &magnitude);
  if (error != NumberError::kNone) return error;
  if (magnitude > greatest || (negative && magnitude > 0)) return NumberError::kRange;
  *out = static_cast<std::uint64_t>(magnitude);
  return NumberError::kNone;
}

NumberError ParseDecimal(std::string_view text, int digits, int scale, __int128* out) {
  DecimalParts parts;
  if (!TakeApart(TrimBlanks(text), &parts)) return NumberError::kSyntax;
  Wide magnitude = 0;
  const NumberError error = ToScaled(parts, digits, scale, &magnitude);
  if (error != NumberError::kNone) return error;
  *out = parts.negative ? -static_cast<__int128>(magnitude) : static_cast<__int128>(magnitude);
  return NumberError::kNone;
}

NumberError ParseReal(std::string_view text, double* out) {
  return ParseRealAs(text, out);
}
NumberError ParseReal(std::string_view text, float* out) {
  return ParseRealAs(text, out);
}

bool ParseBoolean(std::string_view text, bool* out) {
  text = TrimBlanks(text);
  for (const std::string_view yes : {"true", "1", "t", "yes", "y"}) {
    if (EqualIgnoringCase(text, yes)) return *out = true, true;
  }
  for (const std::string_view no : {"false", "0", "f", "no", "n"}) {
    if (EqualIgnoringCase(text, no)) return *out = false, true;
  }
  return false;
}

bool IsJsonNumber(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - begin;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

}  // namespace thalweg::formats
