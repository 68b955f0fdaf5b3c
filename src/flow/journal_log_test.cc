#include "flow/journal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::flow {
namespace {

using operators::testing::Render;
using operators::testing::Rows;
using ::testing::ElementsAre;

data::Batch Row(int value) {
  return Rows({{"v", "bigint", "[" + std::to_string(value) + "]"}});
}

std::vector<std::string> All(JournalLog& log, std::uint64_t from) {
  std::vector<std::string> all;
  const Status status = log.Read(from, [&](JournalRecord record) -> Status {
    if (record.rows) {
      for (auto& row : Render(record.rows)) all.push_back(std::move(row));
    } else {
      all.push_back("reject " + record.rejects[0].reason);
    }
    return {};
  });
  if (!status.ok()) all.push_back(status.ToString());
  return all;
}

std::unique_ptr<JournalLog> OpenLog(const TempDirectory& home) {
  auto log = JournalLog::Open(LocalFileSystem(), home / "journal");
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? std::move(log).value() : nullptr;
}

TEST(JournalLog, GivesBackWhatWasSyncedAcrossProcesses) {
  TempDirectory home;
  for (int i = 0; i < 3; ++i) {
    auto log = OpenLog(home);
    EXPECT_EQ(log->next(), static_cast<std::uint64_t>(2 * i));
    ASSERT_TRUE(log->Append({Row(i), {}}).ok());
    ASSERT_TRUE(log->Append({nullptr, {{"tcp", i, "", "bad", "x"}}}).ok());
    ASSERT_TRUE(log->Sync().ok());
  }
  auto log = OpenLog(home);
  EXPECT_THAT(All(*log, 0), ElementsAre("0", "reject bad", "1", "reject bad", "2", "reject bad"));
  EXPECT_THAT(All(*log, 3), ElementsAre("reject bad", "2", "reject bad"));
  ASSERT_TRUE(log->Forget(3).ok());
  EXPECT_THAT(All(*log, 3), ElementsAre("reject bad", "2", "reject bad"));
  EXPECT_THAT(All(*log, 1), ElementsAre(::testing::HasSubstr("begins behind")));
}

TEST(JournalLog, ATornTailIsCutAndAMissingMiddleIsSaid) {
  TempDirectory home;
  {
    auto log = OpenLog(home);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->Append({Row(i), {}}).ok());
    ASSERT_TRUE(log->Sync().ok());
  }
  const std::string path = home / "journal/00000000000000000000.log";
  const auto bytes = ReadFile(LocalFileSystem(), path);
  ASSERT_TRUE(bytes.ok());
  for (const std::size_t cut : {std::size_t{1}, std::size_t{5}, bytes->size() / 3}) {
    home.Write("journal/00000000000000000000.log", bytes->substr(0, bytes->size() - cut));
    auto log = OpenLog(home);
    EXPECT_THAT(All(*log, 0), ElementsAre("0", "1"));
    EXPECT_EQ(log->next(), 2u);
  }
  {
    auto log = OpenLog(home);
    ASSERT_TRUE(log->Append({Row(7), {}}).ok());
    ASSERT_TRUE(log->Sync().ok());
    EXPECT_THAT(All(*log, 0), ElementsAre("0", "1", "7"));
  }
  std::string damaged = bytes->substr(0, bytes->size() / 2);
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  home.Write("journal/00000000000000000000.log", damaged);
  const auto log = JournalLog::Open(LocalFileSystem(), home / "journal");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.status().code(), Code::kCorrupt);
}

}  // namespace
}  // namespace thalweg::flow
