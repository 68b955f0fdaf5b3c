#pragma once

#include <cstdint>
#include <string_view>

namespace thalweg::formats {

/// Why a text is not the number that a column holds.
enum class NumberError {
  kNone,
  kSyntax,    ///< no number at all
  kRange,     ///< too large or too small for the type
  kFraction,  ///< digits would be lost
};

/// Numbers are read exactly or not at all: nothing is rounded. Blanks around them are skipped, a
/// sign may stand in front; "1e3", "10.0" and "1." are whole numbers, "1_000" and "0x10" are none.
NumberError ParseInteger(std::string_view text, std::int64_t least, std::int64_t greatest,
                         std::int64_t* out);
NumberError ParseUnsigned(std::string_view text, std::uint64_t greatest, std::uint64_t* out);

/// The value times 10^scale. `digits` (1..38) is how many decimal digits the result may have.
NumberError ParseDecimal(std::string_view text, int digits, int scale, __int128* out);

/// Nearest value, as IEEE 754 demands; "nan", "inf", "infinity" in any case with a sign; beyond the
/// range is kRange.
NumberError ParseReal(std::string_view text, double* out);
NumberError ParseReal(std::string_view text, float* out);

/// true/false, t/f, yes/no, y/n, 1/0 in any case.
bool ParseBoolean(std::string_view text, bool* out);

/// The grammar of RFC 8259: no leading '+' or zeros, digits on both sides of the point.
bool IsJsonNumber(std::string_view text);

/// Without blanks and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace thalweg::formats
