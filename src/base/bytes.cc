#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/ascii.h"

namespace thalweg {
inline namespace base {
namespace {

struct ByteUnit {
  std::string_view name;  // lower case
  std::int64_t factor;
};

constexpr std::array<ByteUnit, 12> kUnits = {{{"", 1},
                                              {"b", 1},
                                              {"kb", 1'000},
                                              {"mb", 1'000'000},
                                              {"gb", 1'000'000'000},
                                              {"tb", 1'000'000'000'000},
                                              {"pb", 1'000'000'000'000'000},
                                              {"kib", std::int64_t{1} << 10},
                                              {"mib", std::int64_t{1} << 20},
                                              {"gib", std::int64_t{1} << 30},
                                              {"tib", std::int64_t{1} << 40},
                                              {"pib", std::int64_t{1} << 50}}};

Status BadSize(std::string_view text, std::string_view why) {
  return Status::Invalid(fmt::format("not a size: {} value=\"{}\"", why, text))
      .WithHint("write whole bytes with a unit, such as 512MB or 1GiB");
}

}  // namespace

Result<Bytes> ParseBytes(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || !IsDigit(text.front())) {
    return BadSize(text, "it must begin with a digit");
  }
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return BadSize(text, "the number is too large");
  if (rest != end && (*rest == '.' || *rest == ',')) {
    return BadSize(text, "fractions are not allowed");
  }
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  const auto* const found =
      std::find_if(kUnits.begin(), kUnits.end(),
                   [lower = ToLower(unit)](const ByteUnit& known) { return known.name == lower; });
  if (found == kUnits.end()) return BadSize(text, "the unit is not known");
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(number, found->factor, &bytes)) {
    return BadSize(text, "the number is too large");
  }
  return Bytes(bytes);
}

std::string FormatBytes(Bytes bytes) {
  static constexpr std::array<const char*, 7> kNames = {"B",   "KiB", "MiB", "GiB",
                                                        "TiB", "PiB", "EiB"};
  double amount = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  // Compares what will be printed, so that 1023.96 KiB becomes 1 MiB and not 1024 KiB.
  while (unit + 1 < kNames.size() && std::abs(std::round(amount * 10) / 10) >= 1024) {
    amount /= 1024;
    ++unit;
  }
  std::string number = fmt::format("{:.1f}", amount);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + " " + kNames[unit];
}

std::string FormatCount(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string FormatCount(std::int64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", FormatCount(count), thing, count == 1 ? "" : "s");
}

}  // namespace base
}  // namespace thalweg
