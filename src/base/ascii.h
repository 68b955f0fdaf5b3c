#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace thalweg {
inline namespace base {

// Bytes of ASCII, whatever the locale says; all others are no digit, no letter, and stay as they
// are. DuckDB folds names in the same way.

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsLowerLetter(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool IsUpperLetter(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool IsLetter(char c) {
  return IsLowerLetter(c) || IsUpperLetter(c);
}

constexpr char ToLower(char c) {
  return IsUpperLetter(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

/// "Etag" and "ETAG" are equal.
constexpr bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ToLower(x) == ToLower(y); });
}

}  // namespace base
}  // namespace thalweg
