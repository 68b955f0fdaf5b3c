#include "data/manifest.h"

#include <gtest/gtest.h>

namespace thalweg::data {
namespace {

TEST(FileIdentity, ReadsBackWhatItWrote) {
  const FileIdentity identity{"/data/a:b c.csv", Bytes(17), -5, "00ff"};
  const Result<FileIdentity> back = FileIdentity::Parse(identity.ToString());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->path, "/data/a:b c.csv");
  EXPECT_EQ(back->ToString(), identity.ToString());
  for (const char* bad : {"", "17", "17:5:00ff", "x:5:00ff:/a", "17:5x:00ff:/a"}) {
    EXPECT_EQ(FileIdentity::Parse(bad).status().code(), Code::kCorrupt) << bad;
  }
}

TEST(FileIdentity, ComparesContentsOnlyWhenBothAreKnown) {
  const FileIdentity hashed{"/a", Bytes(1), 2, "00"};
  FileIdentity looked_at = hashed;
  looked_at.content.clear();
  EXPECT_TRUE(hashed.LooksLike(looked_at));
  FileIdentity other = hashed;
  other.content = "11";
  EXPECT_FALSE(hashed.LooksLike(other));
  other = hashed;
  other.mtime_ns = 3;
  EXPECT_FALSE(looked_at.LooksLike(other));
}

}  // namespace
}  // namespace thalweg::data
