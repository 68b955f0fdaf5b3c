#pragma once

#include <cstdint>
#include <limits>

namespace thalweg::operators {

// Event times as operators reckon with them: nanoseconds since 1970, in 64 bits.

/// After all rows, and before them.
inline constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

/// a + b, or the end of the range that it passes.
constexpr std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? kNever : kForever;
}

/// The greatest multiple of `step` that is not above `value`, or the end of the range.
constexpr std::int64_t FloorTo(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return rest < 0 ? SaturatingAdd(value - rest, -step) : value - rest;
}

}  // namespace thalweg::operators
