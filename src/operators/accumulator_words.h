#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace thalweg::operators {

// What the words of a group mean (GroupStates::words). Reals lie there as their bits; the least and
// the greatest of reals as integers of the same order.

__extension__ using Wide = __int128;

// Words of a function, from its first one.
constexpr std::size_t kSumWord = 0, kSumNullsWord = 1;  // sum, and mean of reals
// Mean of integers: a sum of 128 bits.
constexpr std::size_t kMeanLowWord = 0, kMeanHighWord = 1, kMeanNullsWord = 2;
// Min and max. Of texts the number of rows only, at 0.
constexpr std::size_t kExtremeWord = 0, kExtremeRowsWord = 1;
// First and last.
constexpr std::size_t kEndTimeWord = 0, kEndKindWord = 1, kEndValueWord = 2;
enum EndKind : std::int64_t { kNoEnd, kEndIsValue, kEndIsNull };

inline double Real(std::int64_t bits) {
  return std::bit_cast<double>(bits);
}
inline std::int64_t Bits(double value) {
  return std::bit_cast<std::int64_t>(value);
}

/// Doubles as integers of the same order; NaN is the greatest, as in SQL. Its own inverse.
inline std::int64_t Ordered(std::int64_t bits) {
  return bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits;
}
inline std::int64_t ToOrdered(std::int64_t bits) {
  const double value = Real(bits);
  if (std::isnan(value)) return Ordered(Bits(std::numeric_limits<double>::quiet_NaN()));
  return Ordered(Bits(value == 0 ? 0.0 : value));
}

inline Wide Join(std::int64_t low, std::int64_t high) {
  return (static_cast<Wide>(high) << 64) | static_cast<Wide>(static_cast<std::uint64_t>(low));
}
inline void Split(Wide value, std::int64_t* low, std::int64_t* high) {
  *low = static_cast<std::int64_t>(static_cast<std::uint64_t>(value));
  *high = static_cast<std::int64_t>(value >> 64);
}

}  // namespace thalweg::operators
