#include "base/hash.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

Hash128 Fields(std::initializer_list<std::string_view> fields) {
  FieldHasher hasher;
  for (const auto field : fields) hasher.Add(field);
  return hasher.Finish();
}

TEST(HashTest, IsTheFrozenFunction) {
  // Written into recipe keys and manifests: these values must never change (reference: xxhsum -H2,
  // -H3).
  EXPECT_EQ(HashBytes("").ToHex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(HashBytes("thalweg").ToHex(), "144591383161e632c350abf04848d7d8");
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2ULL);
  EXPECT_NE(Hash64("x", 1), Hash64("x", 2));
}

TEST(HashTest, PiecesGiveTheSameAsTheWhole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{240}, text.size()}) {
    BytesHasher hasher;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hasher.Update(text.data() + at, std::min(piece, text.size() - at));
    }
    EXPECT_EQ(hasher.Finish(), HashBytes(text)) << piece;
  }
}

TEST(HashTest, FieldsDoNotRunTogether) {
  const std::set<Hash128> different = {
      Fields({}),
      Fields({""}),
      Fields({"", ""}),
      Fields({"ab"}),
      Fields({"a", "b"}),
      Fields({"b", "a"}),
      Fields({"ab", ""}),
      Fields({"", "ab"}),
      Fields({std::string_view("a\0b", 3)}),
      Fields({"a", "", "b"}),
  };
  EXPECT_EQ(different.size(), 10U);
}

TEST(HashTest, FieldsHaveTheDocumentedLayout) {
  const std::string layout("\x02\0\0\0\0\0\0\0ab\x08\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff",
                           26);
  EXPECT_EQ(FieldHasher().Add("ab").Add(-2).Finish(), HashBytes(layout));
}

TEST(HashTest, FinishDoesNotEndTheHash) {
  FieldHasher hasher;
  hasher.Add("a");
  EXPECT_EQ(hasher.Finish(), Fields({"a"}));
  EXPECT_EQ(hasher.Add("b").Finish(), Fields({"a", "b"}));
}

}  // namespace
}  // namespace thalweg
