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

namespace thalweg::operators {

/// Numbers distinct byte strings 0, 1, 2 ... in the order in which they are first seen. The bytes
/// lie one behind the other in one buffer. Open addressing with linear probing, at most 2/3 full.
class BytesIndex {
 public:
  BytesIndex() { Reset(kSmallest); }

  std::size_t size() const { return ends_.size(); }
  std::string_view key(std::uint32_t slot) const {
    const std::size_t begin = slot == 0 ? 0 : ends_[slot - 1];
    return {bytes_.data() + begin, ends_[slot] - begin};
  }

  /// keys(i) is the i-th key.
  template <typename Keys>
  void Map(const Keys& keys, std::size_t count, std::uint32_t* slots) {
    // A block is hashed first, then its entries are asked for, then their bytes: so the misses of
    // each step overlap.
    constexpr std::size_t kBlock = 32;
    std::uint64_t hashes[kBlock];
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
      const std::size_t block = std::min(kBlock, count - begin);
      while ((size() + block) * 3 > entries_.size() * 2) Rebuild(entries_.size() * 2);
      const bool ask = entries_.size() * sizeof(Entry) > kCached;
      for (std::size_t i = 0; i < block; ++i) {
        hashes[i] = Hash(keys(begin + i));
        if (ask) __builtin_prefetch(&entries_[hashes[i] >> shift_]);
      }
      for (std::size_t i = 0; ask && i < block; ++i)
        __builtin_prefetch(bytes_.data() + entries_[hashes[i] >> shift_].begin);
      for (std::size_t i = 0; i < block; ++i)
        slots[begin + i] = FindOrAdd(keys(begin + i), hashes[i]);
    }
  }
  std::uint32_t Add(std::string_view key) {
    std::uint32_t slot = 0;
    Map([key](std::size_t) { return key; }, 1, &slot);
    return slot;
  }

  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  /// The key's number; kAbsent when it was never added.
  std::uint32_t Find(std::string_view wanted) const {
    const std::uint64_t hash = Hash(wanted);
    for (std::size_t at = hash >> shift_;; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.slot == 0) return kAbsent;
      if (entry.hash == hash && entry.length == wanted.size() &&
          Equal(bytes_.data() + entry.begin, wanted.data(), wanted.size())) {
        return entry.slot - 1;
      }
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
    Reset(std::bit_ceil(std::max<std::size_t>(kSmallest, size() * 2)));
    for (std::uint32_t slot = 0; slot < size(); ++slot) {
      const std::string_view kept = key(slot);
      Place({Hash(kept), static_cast<std::uint64_t>(kept.data() - bytes_.data()),
             static_cast<std::uint32_t>(kept.size()), slot + 1});
    }
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t begin = 0;  // of the key's bytes
    std::uint32_t length = 0;
    std::uint32_t slot = 0;  // plus one; 0: empty
  };
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kCached = 256 << 10;

  static bool Equal(const char* a, const char* b, std::size_t length) {
    if (length == 16)
      return Load(a) == Load(b) && Load(a + 8) == Load(b + 8);  // hex ids, uuids: no call
    return std::memcmp(a, b, length) == 0;
  }

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
  /// Never stored, so not frozen. Words are folded by widening multiplication, as wyhash does.
  static std::uint64_t Hash(std::string_view key) {
    constexpr std::uint64_t kFirst = 0xA0761D6478BD642Fu, kSecond = 0xE7037ED1A0B428DBu;
    std::uint64_t hash = kFirst ^ key.size();
    const char* at = key.data();
    std::size_t left = key.size();
    for (; left > 16; left -= 16, at += 16) hash = Mix(Load(at) ^ kSecond, Load(at + 8) ^ hash);
    std::uint64_t low = 0, high = 0;
    if (left >= 8) {
      low = Load(at);
      high = Load(at + left - 8);
    } else if (left > 0) {
      std::memcpy(&low, at, left);
    }
    return Mix(Mix(low ^ kSecond, high ^ hash), kFirst);
  }

  std::uint32_t FindOrAdd(std::string_view wanted, std::uint64_t hash) {
    std::size_t at = hash >> shift_;
    for (;; at = (at + 1) & mask_) {
      Entry& entry = entries_[at];
      if (entry.slot == 0) [[unlikely]] {
        entry = {hash, bytes_.size(), static_cast<std::uint32_t>(wanted.size()),
                 static_cast<std::uint32_t>(size() + 1)};
        bytes_.insert(bytes_.end(), wanted.begin(), wanted.end());
        ends_.push_back(bytes_.size());
        return entry.slot - 1;
      }
      if (entry.hash == hash && entry.length == wanted.size() &&
          Equal(bytes_.data() + entry.begin, wanted.data(), wanted.size())) {
        return entry.slot - 1;
      }
    }
  }

  void Place(const Entry& entry) {
    std::size_t at = entry.hash >> shift_;
    while (entries_[at].slot != 0) at = (at + 1) & mask_;
    entries_[at] = entry;
  }

  void Reset(std::size_t capacity) {
    entries_.assign(capacity, Entry{});
    mask_ = capacity - 1;
    shift_ = 64 - std::countr_zero(capacity);
  }

  void Rebuild(std::size_t capacity) {
    const std::vector<Entry> old = std::exchange(entries_, {});
    Reset(capacity);
    for (const Entry& entry : old) {
      if (entry.slot != 0) Place(entry);
    }
  }

  std::vector<Entry> entries_;
  std::vector<char> bytes_;
  std::vector<std::size_t> ends_;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace thalweg::operators
