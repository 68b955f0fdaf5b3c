#include "runs/outside_files.h"

#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"

namespace thalweg::runs {
namespace {

class OutsideFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_.Write("a.parquet", "0123456789");
    const auto info = files().Stat(path());
    ASSERT_TRUE(info.ok());
    const data::FileIdentity identity{path(), info->size, info->mtime_ns, "c0ffee"};
    version_.pipeline = "p";
    version_.table = "m";
    version_.number = 3;
    version_.manifest.files = {{"tables/n/a/part-0.parquet", 1, Bytes(1), ""},
                               {path(), 1, info->size, identity.ToString()}};
  }
  static FileSystem& files() { return LocalFileSystem(); }
  std::string path() const { return directory_ / "a.parquet"; }
  OutsideFile Look() { return LookAtOutside(files(), version_.manifest.files[1]).value(); }

  TempDirectory directory_;
  catalog::VersionRecord version_;
};

TEST_F(OutsideFilesTest, WhatIsAsItWasMayBeRead) {
  EXPECT_EQ(Look(), OutsideFile::kSame);
  EXPECT_TRUE(CheckOutsideFiles(files(), version_).ok());
}

TEST_F(OutsideFilesTest, AnotherSizeIsAnotherFile) {
  const auto time = std::filesystem::last_write_time(path());
  directory_.Write("a.parquet", "01234567890");
  std::filesystem::last_write_time(path(), time);
  EXPECT_EQ(Look(), OutsideFile::kChanged);
}

TEST_F(OutsideFilesTest, AnotherTimeIsAnotherFile) {
  std::filesystem::last_write_time(
      path(), std::filesystem::last_write_time(path()) + std::chrono::microseconds(1));
  EXPECT_EQ(Look(), OutsideFile::kChanged);
  const Status status = CheckOutsideFiles(files(), version_);
  EXPECT_EQ(status.code(), Code::kConflict);
  EXPECT_EQ(status.slug(), kSourceChanged);
  EXPECT_EQ(status.message(),
            "version 3 of table p.m refers to a file that has changed since path=" + path());
}

TEST_F(OutsideFilesTest, AFileThatIsGoneIsNamed) {
  std::filesystem::remove(path());
  EXPECT_EQ(Look(), OutsideFile::kMissing);
  EXPECT_EQ(CheckOutsideFiles(files(), version_).message(),
            "version 3 of table p.m refers to a file that is gone path=" + path());
}

TEST_F(OutsideFilesTest, OwnFilesAreNotLookedAt) {
  version_.manifest.files.pop_back();
  EXPECT_TRUE(CheckOutsideFiles(files(), version_).ok());
}

}  // namespace
}  // namespace thalweg::runs
