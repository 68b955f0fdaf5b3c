#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/large_vector.h"

namespace thalweg::operators {

/// Numbers distinct byte strings 0, 1, 2 ... in the order in which they are first seen. The bytes
/// lie one behind the other in one buffer. Open addressing with linear probing, at most 2/3 full.
class BytesIndex {
 public:
  BytesIndex() { Rebuild(kSmallest); }

  std::size_t size() const { return ends_.size(); }
  std::string_view key(std::uint32_t slot) const {
    const std::size_t begin = slot == 0 ? 0 : ends_[slot - 1];
    return {bytes_.data() + begin, ends_[slot] - begin};
  }

  /// keys(i) is the i-th key.
  template <typename Keys>
  void Map(const Keys& keys, std::size_t count, std::uint32_t* slots) {
    // A block is hashed first and its entries are asked for, then the bytes of long keys: so the
    // misses of each step overlap.
    constexpr std::size_t kBlock = 32;
    Wanted wanted[kBlock];
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
      const std::size_t block = std::min(kBlock, count - begin);
      while ((size() + block) * 3 > entries_.size() * 2) Rebuild(entries_.size() * 2);
      const bool ask = entries_.size() * sizeof(Entry) > kCached;
      bool any_long = false;
      for (std::size_t i = 0; i < block; ++i) {
        wanted[i] = Wanted(keys(begin + i));
        any_long |= wanted[i].key.size() > kInEntry;
        if (ask) __builtin_prefetch(&entries_[wanted[i].hash >> shift_]);
      }
      for (std::size_t i = 0; ask && any_long && i < block; ++i) {
        const Entry& entry = entries_[wanted[i].hash >> shift_];
        if (entry.length > kInEntry) __builtin_prefetch(bytes_.data() + entry.high);
      }
      for (std::size_t i = 0; i < block; ++i) slots[begin + i] = FindOrAdd(wanted[i]);
    }
  }
  std::uint32_t Add(std::string_view key) {
    if ((size() + 1) * 3 > entries_.size() * 2) Rebuild(entries_.size() * 2);
    return FindOrAdd(Wanted(key));
  }

  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  /// The key's number; kAbsent when it was never added.
  std::uint32_t Find(std::string_view key) const {
    const Wanted wanted(key);
    for (std::size_t at = wanted.hash >> shift_;; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.slot == 0) return kAbsent;
      if (Same(entry, wanted)) return entry.slot - 1;
    }
  }

  /// Forgets all keys but these, which are numbered anew in this order.
  void Keep(std::span<const std::uint32_t> slots) {
    std::vector<char> bytes;
    std::vector<std::size_t> ends;
    ends.reserve(slots.size());
    for (const std::uint32_t slot : slots) {
      const std::string_view kept = key(slot);
      bytes.insert(bytes.end(), kept.begin(), kept.end());
      ends.push_back(bytes.size());
    }
    bytes_ = std::move(bytes);
    ends_ = std::move(ends);
    Rebuild(std::bit_ceil(std::max<std::size_t>(kSmallest, size() * 2)));
  }

 private:
  /// A key of up to 16 bytes lies in its entry. Its first and last eight bytes, which may overlap,
  /// and its length say all of it.
  static constexpr std::size_t kInEntry = 16;
  struct Entry {
    std::uint64_t low = 0;   // its first bytes; of a longer key the hash
    std::uint64_t high = 0;  // its last bytes; of a longer key where its bytes begin
    std::uint32_t length = 0;
    std::uint32_t slot = 0;  // plus one; 0: empty
  };
  /// A key that is looked for.
  struct Wanted {
    Wanted() = default;
    explicit Wanted(std::string_view wanted) : key(wanted), low(0), high(0) {
      std::uint64_t folded = kFirst ^ key.size();
      const char* at = key.data();
      std::size_t left = key.size();
      for (; left > 16; left -= 16, at += 16)
        folded = Mix(Load(at) ^ kSecond, Load(at + 8) ^ folded);
      if (left >= 8) {
        low = Load(at);
        high = Load(at + left - 8);
      } else if (left > 0) {
        std::memcpy(&low, at, left);
      }
      hash = Mix(Mix(low ^ kSecond, high ^ folded), kFirst);
    }
    // Never stored, so not frozen. Words are folded by widening multiplication, as wyhash does.
    static constexpr std::uint64_t kFirst = 0xA0761D6478BD642Fu, kSecond = 0xE7037ED1A0B428DBu;
    std::string_view key;
    std::uint64_t low, high, hash;  // as made without a key: nothing
  };
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kCached = 256 << 10;

  static std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  static std::uint64_t Load(const char* at) {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  bool Same(const Entry& entry, const Wanted& wanted) const {
    if (entry.length != wanted.key.size()) return false;
    if (entry.length <= kInEntry) return entry.low == wanted.low && entry.high == wanted.high;
    return entry.low == wanted.hash &&
           std::memcmp(bytes_.data() + entry.high, wanted.key.data(), entry.length) == 0;
  }
  static Entry EntryOf(const Wanted& wanted, std::size_t begin, std::size_t slot) {
    const bool in_entry = wanted.key.size() <= kInEntry;
    return {in_entry ? wanted.low : wanted.hash, in_entry ? wanted.high : begin,
            static_cast<std::uint32_t>(wanted.key.size()), static_cast<std::uint32_t>(slot + 1)};
  }

  std::uint32_t FindOrAdd(const Wanted& wanted) {
    for (std::size_t at = wanted.hash >> shift_;; at = (at + 1) & mask_) {
      Entry& entry = entries_[at];
      if (entry.slot == 0) [[unlikely]] {
        entry = EntryOf(wanted, bytes_.size(), size());
        bytes_.insert(bytes_.end(), wanted.key.begin(), wanted.key.end());
        ends_.push_back(bytes_.size());
        return entry.slot - 1;
      }
      if (Same(entry, wanted)) return entry.slot - 1;
    }
  }

  void Rebuild(std::size_t capacity) {
    entries_.assign(capacity, Entry{});
    mask_ = capacity - 1;
    shift_ = 64 - std::countr_zero(capacity);
    for (std::uint32_t slot = 0; slot < size(); ++slot) {
      const std::string_view kept = key(slot);
      const Wanted wanted(kept);
      std::size_t at = wanted.hash >> shift_;
      while (entries_[at].slot != 0) at = (at + 1) & mask_;
      entries_[at] = EntryOf(wanted, static_cast<std::size_t>(kept.data() - bytes_.data()), slot);
    }
  }

  LargeVector<Entry> entries_;
  std::vector<char> bytes_;
  std::vector<std::size_t> ends_;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace thalweg::operators
