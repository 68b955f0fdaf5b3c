#include "base/fault_file_system.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"

namespace thalweg {
namespace {

#ifdef THALWEG_TEST_HOOKS
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = FaultPlan::Kind;

FaultPlan Plan(Kind kind, std::int64_t at = 0, bool onward = false) {
  FaultPlan plan;
  plan.kind = kind;
  plan.at = at;
  plan.onward = onward;
  return plan;
}

class FaultFileSystemTest : public ::testing::Test {
 protected:
  std::string Read(std::string_view name) {
    return ReadFile(*real_, directory_ / name).value_or("(none)");
  }
  std::vector<std::string> Names() { return real_->List(directory_.path()).value(); }

  std::unique_ptr<FileSystem> real_ = MakePosixFileSystem();
  TempDirectory directory_;
};

TEST_F(FaultFileSystemTest, CountsEveryChangeAndNothingElse) {
  FaultFileSystem files(*real_, Plan(Kind::kTrace));
  const std::string a = directory_ / "a", b = directory_ / "b", d = directory_ / "d";
  {
    const auto file = files.Create(a).value();
    ASSERT_TRUE(file->Append("1").ok());
    ASSERT_TRUE(file->Append("2").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(file->Close().ok());
  }
  ASSERT_TRUE(files.MakeDirectory(d).ok());
  ASSERT_TRUE(files.Rename(a, b).ok());
  ASSERT_TRUE(files.Exchange(b, d).ok());
  ASSERT_TRUE(files.SyncFile(d).ok());
  ASSERT_TRUE(files.SyncDirectory(directory_.path()).ok());
  ASSERT_TRUE(files.Remove(b).ok());
  files.WillWriteOutside(a);
  files.Point("commit");
  ASSERT_TRUE(files.layer().Before("sqlite-write", a).ok());
  EXPECT_TRUE(files.OpenForRead(d).ok());
  EXPECT_TRUE(files.Stat(d).ok());
  EXPECT_TRUE(files.List(directory_.path()).ok());
  EXPECT_TRUE(files.ListEntries(directory_.path()).ok());
  EXPECT_THAT(files.Trace(),
              ElementsAre("create " + a, "append " + a, "append " + a, "sync " + a, "mkdir " + d,
                          "rename " + b, "exchange " + b, "sync-file " + d,
                          "sync-directory " + directory_.path(), "remove " + b,
                          "write-outside " + a, "point commit", "sqlite-write " + a));
  EXPECT_EQ(files.operations(), 13);
}

TEST_F(FaultFileSystemTest, FailsExactlyTheNthOperation) {
  FaultFileSystem files(*real_, Plan(Kind::kFail, 2));
  EXPECT_TRUE(files.MakeDirectory(directory_ / "a").ok());
  const Status fault = files.MakeDirectory(directory_ / "b");
  EXPECT_EQ(fault.code(), Code::kIo);
  EXPECT_EQ(fault.fault(), Fault::kExternal);
  EXPECT_TRUE(files.MakeDirectory(directory_ / "c").ok());
  EXPECT_THAT(Names(), ElementsAre("a", "c"));
}

TEST_F(FaultFileSystemTest, FailsEveryOperationFromTheNthOn) {
  FaultFileSystem files(*real_, Plan(Kind::kNoSpace, 2, true));
  EXPECT_TRUE(files.MakeDirectory(directory_ / "a").ok());
  EXPECT_EQ(files.MakeDirectory(directory_ / "b").code(), Code::kDiskFull);
  EXPECT_EQ(files.MakeDirectory(directory_ / "c").code(), Code::kDiskFull);
  EXPECT_EQ(files.layer().Before("sqlite-write", "x").code(), Code::kDiskFull);
  files.Point("commit");  // cannot fail
}

TEST_F(FaultFileSystemTest, AFullDiskTakesWhatStillFitsAndTheFailureStays) {
  FaultFileSystem files(*real_, Plan(Kind::kNoSpace, 3));
  const auto file = files.Create(directory_ / "a").value();
  EXPECT_TRUE(file->Append("whole.").ok());
  EXPECT_EQ(file->Append("half--").code(), Code::kDiskFull);
  EXPECT_EQ(file->Append("more").code(), Code::kDiskFull);
  EXPECT_EQ(file->Sync().code(), Code::kDiskFull);
  EXPECT_EQ(Read("a"), "whole.hal");
}

TEST_F(FaultFileSystemTest, AtomicWriteSurvivesEveryFailure) {
  for (std::int64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(WriteFileAtomically(*real_, directory_ / "a", "old").ok());
    FaultFileSystem files(*real_, Plan(Kind::kFail, n));
    EXPECT_FALSE(WriteFileAtomically(files, directory_ / "a", "new").ok()) << n;
    // Only the sync of the directory comes after the rename.
    EXPECT_EQ(Read("a"), n == 5 ? "new" : "old") << n;
    EXPECT_THAT(Names(), ElementsAre("a")) << n;
  }
}

TEST_F(FaultFileSystemTest, KillsBeforeTheNthOperation) {
  const auto body = [&](FaultFileSystem& files) {
    (void)files.MakeDirectory(directory_ / "a");
    (void)files.MakeDirectory(directory_ / "b");
  };
  EXPECT_TRUE(RunForked(Plan(Kind::kKill, 2), body).killed);
  EXPECT_THAT(Names(), ElementsAre("a"));  // what was done stays: the page cache survives
  const ForkedEnd end = RunForked(Plan(Kind::kKill, 3), body);
  EXPECT_FALSE(end.killed);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_THAT(Names(), ElementsAre("a", "b"));
}

TEST_F(FaultFileSystemTest, KillsAtTheNthPassingOfAPoint) {
  FaultPlan plan;
  plan.point = "commit";
  plan.point_nth = 2;
  const auto body = [&](FaultFileSystem& files) {
    for (const char* const name : {"a", "b", "c"}) {
      files.Point("before");
      files.Point("commit");
      (void)files.MakeDirectory(directory_ / name);
    }
  };
  EXPECT_TRUE(RunForked(plan, body).killed);
  EXPECT_THAT(Names(), ElementsAre("a"));
}

/// LocalFileSystem() reads its environment once, so that each case takes a new process.
class FaultEnvironmentTest : public ::testing::Test {
 protected:
  static constexpr const char* kChild = "THALWEG_FAULT_TEST_CHILD";

  /// Runs this test alone in a child process with this environment; returns what waitpid says.
  static int RunSelf(const std::string& directory, const std::string& fault,
                     const std::string& kill_at) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv(kChild, directory.c_str(), 1);
      ::setenv("THALWEG_FAULT", fault.c_str(), 1);
      ::setenv("THALWEG_KILL_AT", kill_at.c_str(), 1);
      (void)!std::freopen("/dev/null", "w", stdout);
      (void)!std::freopen("/dev/null", "w", stderr);
      ::execl("/proc/self/exe", "base_test", "--gtest_filter=FaultEnvironmentTest.*", nullptr);
      std::_Exit(127);
    }
    int state = 0;
    EXPECT_EQ(::waitpid(child, &state, 0), child);
    return state;
  }

  static bool Killed(int state) { return WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL; }
};

TEST_F(FaultEnvironmentTest, ConfiguresTheLocalFileSystem) {
  if (const char* const directory = std::getenv(kChild)) {
    FileSystem& files = LocalFileSystem();
    ASSERT_NE(ActiveFaultLayer(), nullptr);
    ASSERT_TRUE(files.MakeDirectory(JoinPath(directory, "a")).ok());
    files.Point("middle");
    ASSERT_TRUE(files.SyncDirectory(directory).ok());
    ASSERT_TRUE(files.MakeDirectory(JoinPath(directory, "b")).ok());
    ASSERT_TRUE(ActiveFaultLayer()->Before("last", "x").ok());
    return;
  }
  if (std::getenv("THALWEG_FAULT") == nullptr && std::getenv("THALWEG_KILL_AT") == nullptr) {
    EXPECT_EQ(ActiveFaultLayer(), nullptr);
  }
  const auto real = MakePosixFileSystem();
  const TempDirectory outside;
  const auto after = [&](const std::string& fault, const std::string& kill_at, int& state) {
    const TempDirectory directory;
    state = RunSelf(directory.path(), fault, kill_at);
    return real->List(directory.path()).value();
  };
  int state = 0;
  EXPECT_THAT(after("kill:3", "", state), ElementsAre("a"));
  EXPECT_TRUE(Killed(state));
  EXPECT_THAT(after("powercut:3", "", state), IsEmpty());
  EXPECT_TRUE(Killed(state));
  EXPECT_THAT(after("powercut:5", "", state), ElementsAre("a"));
  EXPECT_TRUE(Killed(state));
  EXPECT_THAT(after("", "middle:1", state), ElementsAre("a"));
  EXPECT_TRUE(Killed(state));
  EXPECT_THAT(after("count:" + outside / "count", "", state), ElementsAre("a", "b"));
  EXPECT_EQ(state, 0);
  EXPECT_EQ(ReadFile(*real, outside / "count").value(), "5\n");
  EXPECT_THAT(after("trace:" + outside / "trace", "", state), ElementsAre("a", "b"));
  const std::string trace = ReadFile(*real, outside / "trace").value();
  EXPECT_TRUE(trace.starts_with("1 mkdir /")) << trace;
  EXPECT_TRUE(trace.ends_with("\n5 last x\n")) << trace;
  EXPECT_THAT(after("fail:1", "", state), IsEmpty());
  EXPECT_EQ(WEXITSTATUS(state), 1);
  EXPECT_THAT(after("kill:never", "", state), IsEmpty());
  EXPECT_EQ(WEXITSTATUS(state), 2);
}
#else
TEST(FaultFileSystemTest, NeedsTestHooks) {
  GTEST_SKIP() << "built without THALWEG_TEST_HOOKS";
}
#endif

}  // namespace
}  // namespace thalweg
