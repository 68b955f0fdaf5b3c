#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// A number of bytes, so that it is not mistaken for rows.
struct Bytes {
  std::int64_t value = 0;
  constexpr Bytes() = default;
  explicit constexpr Bytes(std::int64_t v) : value(v) {}
  static constexpr Bytes KiB(std::int64_t n) { return Bytes(n << 10); }
  static constexpr Bytes MiB(std::int64_t n) { return Bytes(n << 20); }
  static constexpr Bytes GiB(std::int64_t n) { return Bytes(n << 30); }
  auto operator<=>(const Bytes&) const = default;
  Bytes& operator+=(Bytes other) { return value += other.value, *this; }
  Bytes& operator-=(Bytes other) { return value -= other.value, *this; }
  friend Bytes operator+(Bytes a, Bytes b) { return Bytes(a.value + b.value); }
  friend Bytes operator-(Bytes a, Bytes b) { return Bytes(a.value - b.value); }
};

/// "512MB", "1GiB", "64 kB", "100": decimal and binary units; negative or fractional bytes are
/// refused.
Result<Bytes> ParseBytes(std::string_view text);
/// "1.5 MiB".
std::string FormatBytes(Bytes bytes);
/// "336,776": digits grouped by three.
std::string FormatCount(std::int64_t count);
/// "1 row", "336,776 rows".
std::string FormatCount(std::int64_t count, std::string_view thing);

}  // namespace base
}  // namespace thalweg
