#include "base/ids.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>

#include "base/clock.h"

namespace thalweg {
inline namespace base {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kUlidLength = 26;
constexpr std::size_t kUlidBytes = 16;
constexpr std::size_t kTimeBytes = 6;

using UlidBytes = std::array<std::uint8_t, kUlidBytes>;  // big endian: time, then randomness

std::string Encode(const UlidBytes& bytes) {
  // 128 bits in groups of five from the right; the first character holds the remaining three.
  std::string text(kUlidLength, '0');
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = kUlidLength;
  for (std::size_t i = kUlidBytes; i-- > 0;) {
    bits |= static_cast<std::uint32_t>(bytes[i]) << held;
    held += 8;
    for (; held >= 5; held -= 5, bits >>= 5) text[--at] = kAlphabet[bits & 31];
  }
  text[--at] = kAlphabet[bits & 31];
  return text;
}

void FillRandom(UlidBytes& bytes) {
  constexpr std::size_t kWanted = kUlidBytes - kTimeBytes;
  TW_CHECK(getrandom(bytes.data() + kTimeBytes, kWanted, 0) == static_cast<ssize_t>(kWanted));
}

void PutTime(UlidBytes& bytes, std::uint64_t millis) {
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<std::uint8_t>(millis >> (8 * (kTimeBytes - 1 - i)));
  }
}

/// Adds one to the whole number, so that exhausted randomness carries into the time.
void Increment(UlidBytes& bytes) {
  for (std::size_t i = kUlidBytes; i-- > 0;) {
    if (++bytes[i] != 0) return;
  }
}

std::uint64_t TimeOf(const UlidBytes& bytes) {
  std::uint64_t millis = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) millis = millis << 8 | bytes[i];
  return millis;
}

}  // namespace

std::string NewUlid() {
  static std::mutex mutex;
  static UlidBytes last{};
  static pid_t owner = 0;

  const auto now = std::chrono::floor<std::chrono::milliseconds>(SystemClock().Now());
  const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const std::scoped_lock lock(mutex);
  // A forked child must not continue its parent's sequence.
  const bool forked = owner != getpid();
  if (forked || millis > TimeOf(last)) {
    owner = getpid();
    PutTime(last, millis);
    FillRandom(last);
  } else {
    Increment(last);
  }
  return Encode(last);
}

bool IsUlid(std::string_view text) {
  return text.size() == kUlidLength && text.front() <= '7' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

}  // namespace base
}  // namespace thalweg
