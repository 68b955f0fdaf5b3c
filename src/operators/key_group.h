#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.h"

namespace thalweg::operators {

/// The key-group hash of docs/specs/state.md, section 1. Frozen: a snapshot is cut by it.
inline std::uint64_t HashIntegerKey(std::int64_t key) {
  auto bits = static_cast<std::uint64_t>(key);
  bits ^= bits >> 32;
  return bits * 0x9E3779B97F4A7C15u;
}

inline int KeyGroupOfHash(std::uint64_t hash) {
  return static_cast<int>(hash >> 56);
}
inline int KeyGroupOfInteger(std::int64_t key) {
  return KeyGroupOfHash(HashIntegerKey(key));
}
inline int KeyGroupOfBytes(std::string_view key) {
  return KeyGroupOfHash(Hash64(key));
}
/// A key of one column that is NULL; also the one key of an operator without key columns.
inline constexpr int kKeyGroupOfNull = 0;

}  // namespace thalweg::operators
