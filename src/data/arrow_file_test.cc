#include "data/arrow_file.h"

#include <string>
#include <vector>

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include "base/fault_file_system.h"
#include "base/posix_file_system.h"
#include "base/testing/temp_directory.h"
#include "data/arrow_status.h"

namespace thalweg::data {
namespace {

TEST(ArrowFile, ReadsBackWhatWasWrittenInPiecesOfAnySize) {
  const TempDirectory directory;
  const std::string path = directory / "f";
  FileSystem& files = LocalFileSystem();
  auto out = ArrowOutputFile::Create(files, path);
  ASSERT_TRUE(out.ok()) << out.status();
  std::string expected;
  for (const std::size_t size : {1u, 0u, 3'000'000u, 100u, 1'048'576u, 1'048'575u, 7u}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    ASSERT_TRUE((*out)->Write(piece.data(), static_cast<std::int64_t>(size)).ok());
    expected += piece;
    EXPECT_EQ(*(*out)->Tell(), static_cast<std::int64_t>(expected.size()));
  }
  ASSERT_TRUE((*out)->SyncAndClose().ok());
  EXPECT_TRUE((*out)->closed());
  const Result<std::string> on_disk = ReadFile(files, path);
  ASSERT_TRUE(on_disk.ok());
  EXPECT_TRUE(*on_disk == expected);

  auto in = ArrowInputFile::Open(files, path);
  ASSERT_TRUE(in.ok()) << in.status();
  EXPECT_EQ(*(*in)->GetSize(), static_cast<std::int64_t>(expected.size()));
  ASSERT_TRUE((*in)->Seek(2'999'999).ok());
  EXPECT_EQ((*(*in)->Read(5))->ToString(), expected.substr(2'999'999, 5));
  EXPECT_EQ(*(*in)->Tell(), 3'000'004);
  EXPECT_EQ((*(*in)->ReadAt(static_cast<std::int64_t>(expected.size()) - 2, 1'000'000'000))->size(),
            2);
  EXPECT_EQ((*(*in)->ReadAt(static_cast<std::int64_t>(expected.size()) + 9, 4))->size(), 0);
  EXPECT_FALSE((*in)->ReadAt(-1, 4).ok());
  ASSERT_TRUE((*in)->Close().ok());
  EXPECT_FALSE((*in)->ReadAt(0, 4).ok());
}

#ifdef THALWEG_TEST_HOOKS
TEST(ArrowFile, CollectsSmallWrites) {
  const TempDirectory directory;
  const auto real = MakePosixFileSystem();
  FaultFileSystem files(*real, {.kind = FaultPlan::Kind::kTrace});
  auto out = ArrowOutputFile::Create(files, directory / "f");
  ASSERT_TRUE(out.ok());
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE((*out)->Write("0123456789", 10).ok());
  ASSERT_TRUE((*out)->SyncAndClose().ok());
  EXPECT_EQ(files.operations(), 3) << "create, append, sync";
}

TEST(ArrowFile, FailuresOfTheSeamKeepTheirCodeThroughArrow) {
  const TempDirectory directory;
  const auto real = MakePosixFileSystem();
  FaultFileSystem files(*real, {.kind = FaultPlan::Kind::kNoSpace, .at = 2});
  auto out = ArrowOutputFile::Create(files, directory / "f");
  ASSERT_TRUE(out.ok());
  ASSERT_TRUE((*out)->Write("x", 1).ok());
  const arrow::Status flushed = (*out)->Flush();
  ASSERT_FALSE(flushed.ok());
  EXPECT_TRUE(CarriesOurStatus(flushed));
  EXPECT_EQ(FromArrowStatus(flushed, "writing").code(), Code::kDiskFull);
  EXPECT_FALSE(CarriesOurStatus(arrow::Status::Invalid("x")));
}
#endif

TEST(ArrowFile, AnAbandonedFileGetsNothingMore) {
  const TempDirectory directory;
  const std::string path = directory / "f";
  auto out = ArrowOutputFile::Create(LocalFileSystem(), path);
  ASSERT_TRUE(out.ok());
  ASSERT_TRUE((*out)->Write("before", 6).ok());
  ASSERT_TRUE((*out)->Flush().ok());
  (*out)->Abandon();
  ASSERT_TRUE((*out)->Write("after", 5).ok());
  ASSERT_TRUE((*out)->Close().ok());
  EXPECT_EQ(*ReadFile(LocalFileSystem(), path), "before");
}

}  // namespace
}  // namespace thalweg::data
