#include "operators/bytes_index.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace thalweg::operators {
namespace {

/// Keys of every length around the two forms of an entry, of two letters and the zero byte, so that
/// many share their first, last, or all of their eight bytes.
std::vector<std::string> Keys() {
  std::mt19937 random(7);
  std::vector<std::string> keys;
  for (std::size_t length = 0; length <= 40; ++length) {
    for (int i = 0; i < 400; ++i) {
      std::string key(length, 'a');
      for (int change = 0; change < 3 && length > 0; ++change)
        key[random() % length] = "ab\0"[random() % 3];
      keys.push_back(std::move(key));
    }
  }
  std::shuffle(keys.begin(), keys.end(), random);
  return keys;
}

TEST(BytesIndex, NumbersKeysOfAnyLengthInTheOrderOfFirstSight) {
  const std::vector<std::string> keys = Keys();
  BytesIndex index;
  std::vector<std::uint32_t> slots(keys.size());
  index.Map([&](std::size_t i) { return std::string_view(keys[i]); }, keys.size(), slots.data());

  std::map<std::string, std::uint32_t> expected;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(expected.size());
    ASSERT_EQ(slots[i], expected.try_emplace(keys[i], number).first->second) << keys[i];
  }
  ASSERT_EQ(index.size(), expected.size());
  for (const auto& [key, slot] : expected) {
    EXPECT_EQ(index.key(slot), key);
    EXPECT_EQ(index.Find(key), slot);
    EXPECT_EQ(index.Find(key + "c"), BytesIndex::kAbsent);
  }
}

TEST(BytesIndex, KeepsSomeKeysUnderNewNumbers) {
  const std::vector<std::string> keys = Keys();
  BytesIndex index;
  for (const auto& key : keys) index.Add(key);
  std::vector<std::uint32_t> kept;
  std::vector<std::string> names;
  for (std::uint32_t slot = 0; slot < index.size(); slot += 3) {
    kept.push_back(slot);
    names.emplace_back(index.key(slot));
  }
  const std::string dropped(index.key(1));
  index.Keep(kept);
  ASSERT_EQ(index.size(), names.size());
  for (std::uint32_t slot = 0; slot < index.size(); ++slot)
    EXPECT_EQ(index.Find(names[slot]), slot) << names[slot];
  EXPECT_EQ(index.Find(dropped), BytesIndex::kAbsent);
  EXPECT_EQ(index.Add(dropped), names.size());
}

}  // namespace
}  // namespace thalweg::operators
