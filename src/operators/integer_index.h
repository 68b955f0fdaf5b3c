#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/large_vector.h"
#include "operators/key_group.h"

namespace thalweg::operators {

/// Numbers distinct 64-bit integers 0, 1, 2 ... in the order in which they are first seen. Open
/// addressing with linear probing; at most 1/3 full while it is small (a probe that goes on costs a
/// wrong guess of the processor), then 2/3.
class IntegerIndex {
 public:
  IntegerIndex() { Rebuild(kSmallest); }

  std::size_t size() const { return keys_.size(); }
  std::int64_t key(std::uint32_t slot) const { return keys_[slot]; }
  const std::vector<std::int64_t>& keys() const { return keys_; }

  /// slots[i] = number of keys[i].
  void Map(const std::int64_t* keys, std::size_t count, std::uint32_t* slots) {
    // Entries beyond the first caches are asked for a few rows ahead, so that their misses overlap.
    std::size_t done = 0;
    while (done < count) {
      done = entries_.size() * sizeof(Entry) > kCached ? MapKnown<true>(keys, done, count, slots)
                                                       : MapKnown<false>(keys, done, count, slots);
      if (done < count) {
        slots[done] = Add(keys[done]);
        ++done;
      }
    }
  }

  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  /// The key's number; kAbsent when it was never added.
  std::uint32_t Find(std::int64_t key) const {
    std::size_t at = Home(key);
    while (entries_[at].slot != 0 && entries_[at].key != key) at = (at + 1) & mask_;
    return static_cast<std::uint32_t>(entries_[at].slot) - 1;
  }

  /// Forgets all keys but these, which are numbered anew in this order.
  void Keep(std::span<const std::uint32_t> slots) {
    std::vector<std::int64_t> kept;
    kept.reserve(slots.size());
    for (const std::uint32_t slot : slots) kept.push_back(keys_[slot]);
    keys_ = std::move(kept);
    Rebuild(std::bit_ceil(std::max<std::size_t>(kSmallest, keys_.size() * 2)));
  }

 private:
  struct Entry {
    std::int64_t key = 0;
    std::uint64_t slot = 0;  // plus one; 0: empty
  };
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kSmall = 16 << 10;
  static constexpr std::size_t kCached = 512 << 10;
  static constexpr std::size_t kAhead = 16;

  // The highest 8 bits choose the key group, and are nearly the same for all keys of an instance.
  std::size_t Home(std::int64_t key) const { return (HashIntegerKey(key) << 8) >> shift_; }

  /// Maps from `begin` up to the first key that is not known; returns its place.
  template <bool kAskAhead>
  std::size_t MapKnown(const std::int64_t* keys, std::size_t begin, std::size_t count,
                       std::uint32_t* slots) const {
    const Entry* const entries = entries_.data();
    const std::size_t mask = mask_;
    const int shift = shift_;
    for (std::size_t i = begin; i < count; ++i) {
      if (kAskAhead && i + kAhead < count) {
        __builtin_prefetch(&entries[(HashIntegerKey(keys[i + kAhead]) << 8) >> shift]);
      }
      const std::int64_t key = keys[i];
      std::size_t at = (HashIntegerKey(key) << 8) >> shift;
      while (entries[at].key != key && entries[at].slot != 0) at = (at + 1) & mask;
      if (entries[at].slot == 0) [[unlikely]]
        return i;
      slots[i] = static_cast<std::uint32_t>(entries[at].slot - 1);
    }
    return count;
  }

  std::uint32_t Add(std::int64_t key) {
    keys_.push_back(key);
    if (keys_.size() * 3 > entries_.size() * (entries_.size() < kSmall ? 1 : 2)) {
      Rebuild(entries_.size() * 2);
    } else {
      Insert(keys_.size() - 1);
    }
    return static_cast<std::uint32_t>(keys_.size() - 1);
  }

  void Insert(std::size_t slot) {
    std::size_t at = Home(keys_[slot]);
    while (entries_[at].slot != 0) at = (at + 1) & mask_;
    entries_[at] = {keys_[slot], slot + 1};
  }

  void Rebuild(std::size_t capacity) {
    entries_.assign(capacity, Entry{});
    mask_ = capacity - 1;
    shift_ = 64 - std::countr_zero(capacity);
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) Insert(slot);
  }

  LargeVector<Entry> entries_;
  std::vector<std::int64_t> keys_;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace thalweg::operators
