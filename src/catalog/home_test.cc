#include "catalog/home.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"
#include "catalog/network_file_system.h"
#include "catalog/testing/memory_disk.h"

namespace thalweg::catalog {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

FileSystem& Files() {
  return LocalFileSystem();
}

TEST(HomeTest, IsFoundUpwardsLikeGits) {
  const TempDirectory directory;
  EXPECT_EQ(Home::Locate(directory.path(), ""), directory / ".thalweg");
  directory.Write(".thalweg/format", "1\n");
  directory.Write("a/b/c/x.yaml", "");
  EXPECT_EQ(Home::Locate(directory / "a/b/c", ""), directory / ".thalweg");
  directory.Write("a/.thalweg/format", "1\n");
  EXPECT_EQ(Home::Locate(directory / "a/b/c", ""), directory / "a/.thalweg");
  EXPECT_EQ(Home::Locate(directory / "a/b/c", directory / "a/../other"), directory / "other");
}

TEST(HomeTest, AFileOfThatNameIsNoHome) {
  const TempDirectory directory;
  directory.Write("a/.thalweg", "not a directory");
  EXPECT_EQ(Home::Locate(directory / "a/b", ""), directory / "a/b/.thalweg");
}

TEST(HomeTest, CreatesTheLayoutOnce) {
  const TempDirectory directory;
  const std::string path = directory / "deep/er/.thalweg";
  EXPECT_FALSE(Home::Exists(Files(), path));
  ASSERT_TRUE(Home::OpenOrCreate(Files(), path).ok());
  EXPECT_TRUE(Home::Exists(Files(), path));
  EXPECT_THAT(Files().List(path).value(),
              UnorderedElementsAre("format", "lock", "tables", "state", "topics", "runs", "spill"));
  ASSERT_TRUE(Home::OpenOrCreate(Files(), path).ok());
  ASSERT_TRUE(Home::Open(Files(), path).ok());
}

TEST(HomeTest, OpenSaysWhatToTypeWhenThereIsNone) {
  const TempDirectory directory;
  const auto home = Home::Open(Files(), directory / ".thalweg");
  ASSERT_FALSE(home.ok());
  EXPECT_EQ(home.status().code(), Code::kNotFound);
  EXPECT_THAT(home.status().hint(), HasSubstr("thalweg init"));
}

TEST(HomeTest, ADirectoryWithOtherThingsIsNotTakenOver) {
  const TempDirectory directory;
  directory.Write("mine/thesis.txt", "years of work");
  const auto home = Home::OpenOrCreate(Files(), directory / "mine");
  ASSERT_FALSE(home.ok());
  EXPECT_EQ(home.status().code(), Code::kRefused);
  EXPECT_THAT(home.status().message(), HasSubstr("thesis.txt"));
  EXPECT_THAT(Files().List(directory / "mine").value(), UnorderedElementsAre("thesis.txt"));
}

TEST(HomeTest, EmptyDirectoriesThatACopyLostAreMadeAgain) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  ASSERT_TRUE(Files().Remove(directory / ".thalweg/runs").ok());
  ASSERT_TRUE(Home::OpenOrCreate(Files(), directory / ".thalweg").ok());
  EXPECT_TRUE(Files().Stat(directory / ".thalweg/runs").ok());
}

TEST(HomeTest, ANewerFormatIsRefusedAndGarbageReported) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  directory.Write(".thalweg/format", "2\n");
  for (const auto& opened :
       {Home::Open(Files(), home.path()), Home::OpenOrCreate(Files(), home.path())}) {
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), Code::kUnsupported);
    EXPECT_THAT(opened.status().message(), HasSubstr("newer"));
  }
  for (const char* const garbage : {"", "x", "0", "-1", "1 2", "1.5", "99999999999999999999"}) {
    directory.Write(".thalweg/format", garbage);
    const auto opened = Home::Open(Files(), home.path());
    ASSERT_FALSE(opened.ok()) << garbage;
    EXPECT_EQ(opened.status().code(), Code::kCorrupt) << garbage;
  }
}

TEST(HomeTest, PathsOfManifestsAreRelative) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  const NodeId node("N");
  const AttemptId attempt("A");
  const std::string file = JoinPath(home.AttemptDirectory(node, attempt), "part-0.parquet");
  EXPECT_EQ(home.Relative(file), "tables/N/A/part-0.parquet");
  EXPECT_EQ(home.Absolute("tables/N/A/part-0.parquet"), file);
  EXPECT_EQ(home.Relative("/data/x.parquet"), "/data/x.parquet");
  EXPECT_EQ(home.Absolute("/data/x.parquet"), "/data/x.parquet");
  // A directory beside the home that only begins like it.
  EXPECT_EQ(home.Relative(home.path() + "-old/x"), home.path() + "-old/x");
}

TEST(NetworkFileSystemTest, IsToldByItsMagicNumberAndMount) {
  EXPECT_EQ(NetworkFileSystemName(0x6969, ""), "NFS");
  EXPECT_EQ(NetworkFileSystemName(0xFF534D42, ""), "CIFS");
  EXPECT_EQ(NetworkFileSystemName(0x65735546, "fuse.sshfs"), "fuse.sshfs");
  EXPECT_EQ(NetworkFileSystemName(0x65735546, "virtiofs"), "virtiofs");
  EXPECT_EQ(NetworkFileSystemName(0x65735546, ""), "FUSE");
  EXPECT_EQ(NetworkFileSystemName(0x65735546, "fuseblk"), std::nullopt);  // a disk with NTFS
  EXPECT_EQ(NetworkFileSystemName(0xEF53, "ext4"), std::nullopt);
  EXPECT_EQ(NetworkFileSystemName(0x01021994, "tmpfs"), std::nullopt);
  EXPECT_EQ(NetworkFileSystemName(0x794C7630, "overlay"), std::nullopt);
}

TEST(NetworkFileSystemTest, LooksAtTheNearestDirectoryThatExists) {
  const TempDirectory directory;
  EXPECT_TRUE(RefuseNetworkFileSystem(directory / "not/there/yet").ok());
  directory.Write("file", "");
  EXPECT_TRUE(RefuseNetworkFileSystem(directory / "file/below").ok());
}

TEST(RunLockTest, IsHeldByOneAtATime) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  auto first = RunLock::TryAcquire(home, 7).value();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(RunLock::TryAcquire(home, 7).value(), nullptr);
  EXPECT_NE(RunLock::TryAcquire(home, 8).value(), nullptr);
  first.reset();
  EXPECT_NE(RunLock::TryAcquire(home, 7).value(), nullptr);
}

TEST(RunLockTest, ALookMakesAndHoldsNothing) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  EXPECT_EQ(RunLock::IsHeld(home, 7).value(), false);
  EXPECT_THAT(Files().List(directory / ".thalweg/runs").value(), IsEmpty());
  auto lock = RunLock::TryAcquire(home, 7).value();
  EXPECT_EQ(RunLock::IsHeld(home, 7).value(), true);
  EXPECT_EQ(RunLock::TryAcquire(home, 7).value(), nullptr);  // the look did not free it
  lock.reset();
  EXPECT_EQ(RunLock::IsHeld(home, 7).value(), false);
}

/// A child process that holds something until it is killed.
class Holder {
 public:
  explicit Holder(const std::function<void()>& take) {
    int ready[2];
    TW_CHECK(::pipe(ready) == 0);
    child_ = ::fork();
    TW_CHECK(child_ >= 0);
    if (child_ == 0) {
      take();
      TW_CHECK(::write(ready[1], "x", 1) == 1);
      while (true) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    TW_CHECK(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
  }
  ~Holder() { Kill(); }
  void Kill() {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  pid_t child_ = 0;
};

TEST(RunLockTest, IsFreedWhenItsProcessIsKilled) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  std::unique_ptr<RunLock> held;
  Holder holder([&] { held = RunLock::TryAcquire(home, 1).value(); });
  EXPECT_EQ(RunLock::TryAcquire(home, 1).value(), nullptr);
  holder.Kill();
  EXPECT_NE(RunLock::TryAcquire(home, 1).value(), nullptr);
}

TEST(SpillClaimTest, IsRemovedAtTheEnd) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  auto claim = SpillClaim::Take(home).value();
  EXPECT_EQ(claim->path(), home.SpillDirectory());
  directory.Write(".thalweg/spill/" + FileName(claim->path()) + "/big.tmp", "bytes");
  EXPECT_EQ(SpillClaim::Take(home).status().code(), Code::kConflict);
  claim.reset();
  EXPECT_THAT(Files().List(directory / ".thalweg/spill").value(), IsEmpty());
  EXPECT_TRUE(SpillClaim::Take(home).ok());
}

TEST(SpillClaimTest, SweepsWhatDeadProcessesLeftAndNothingElse) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(Files(), directory / ".thalweg").value();
  std::unique_ptr<SpillClaim> claim;
  const auto take = [&] {
    claim = SpillClaim::Take(home).value();
    directory.Write(".thalweg/spill/" + FileName(claim->path()) + "/big.tmp", "bytes");
  };
  Holder dead(take);
  dead.Kill();
  Holder alive(take);
  // The dead one's went when the living one claimed its own.
  EXPECT_EQ(Files().List(directory / ".thalweg/spill").value().size(), 1u);
  claim = SpillClaim::Take(home).value();
  EXPECT_EQ(Files().List(directory / ".thalweg/spill").value().size(), 2u);
  alive.Kill();
  claim.reset();
  claim = SpillClaim::Take(home).value();
  EXPECT_THAT(Files().List(directory / ".thalweg/spill").value(),
              UnorderedElementsAre(FileName(claim->path())));
}

#ifdef THALWEG_TEST_HOOKS

/// Crashes the creation of a home at its n-th operation.
bool CrashCreation(FaultPlan::Kind kind, std::int64_t n, const std::string& path) {
  FaultPlan plan;
  plan.kind = kind;
  plan.at = n;
  const ForkedEnd end = RunForked(plan, [&](FaultFileSystem& files) {
    EXPECT_TRUE(Home::OpenOrCreate(files, path).ok());
    // Until here nothing was promised; from here on everything is.
    files.Point("created");
  });
  EXPECT_TRUE(end.killed || end.exit_code == 0);
  return end.killed;
}

TEST(HomeTest, ACrashAtAnyOperationOfItsCreationIsCompleted) {
  const MemoryDisk memory;
  for (const auto kind : {FaultPlan::Kind::kKill, FaultPlan::Kind::kPowerCut}) {
    std::int64_t n = 1;
    for (bool killed = true; killed; ++n) {
      SCOPED_TRACE(n);
      const TempDirectory directory;
      const std::string path = directory / "a/.thalweg";
      killed = CrashCreation(kind, n, path);
      const bool promised = Home::Exists(Files(), path);
      EXPECT_TRUE(!promised || Home::Open(Files(), path).ok());
      ASSERT_TRUE(Home::OpenOrCreate(Files(), path).ok());
      EXPECT_THAT(
          Files().List(path).value(),
          UnorderedElementsAre("format", "lock", "tables", "state", "topics", "runs", "spill"));
    }
    EXPECT_GT(n, 12);  // it did crash at every step
  }
}

TEST(HomeTest, ACreatedHomeSurvivesAPowerCut) {
  const MemoryDisk memory;
  const TempDirectory directory;
  const std::string path = directory / "a/.thalweg";
  std::int64_t n = 1;
  while (
      CrashCreation(FaultPlan::Kind::kKill, n, directory / ("b" + std::to_string(n) + "/.thalweg")))
    ++n;
  ASSERT_TRUE(CrashCreation(FaultPlan::Kind::kPowerCut, n - 1, path));  // at the point after it
  EXPECT_TRUE(Home::Open(Files(), path).ok());
  EXPECT_TRUE(Files().Stat(JoinPath(path, "tables")).ok());
}

TEST(HomeTest, WhatAKilledProcessLeftUnsyncedIsSyncedByTheNext) {
  const TempDirectory directory;
  const std::string path = directory / ".thalweg";
  FaultPlan plan;
  plan.kind = FaultPlan::Kind::kPowerCut;
  plan.at = 1000;
  const ForkedEnd end = RunForked(plan, [&](FaultFileSystem& files) {
    ASSERT_TRUE(files.MakeDirectory(path).ok());
    ASSERT_TRUE(files.MakeDirectory(JoinPath(path, "tables")).ok());
    ASSERT_TRUE(Home::OpenOrCreate(files, path).ok());
    while (true) files.Point("until the power goes");
  });
  ASSERT_TRUE(end.killed);
  EXPECT_TRUE(Home::Open(Files(), path).ok());
  EXPECT_TRUE(Files().Stat(JoinPath(path, "tables")).ok());
}

TEST(HomeTest, AFailureAtAnyOperationIsReportedAndLeavesNothingHalf) {
  const MemoryDisk memory;
  std::int64_t n = 1;
  for (bool failed = true; failed; ++n) {
    SCOPED_TRACE(n);
    const TempDirectory directory;
    const std::string path = directory / "a/.thalweg";
    FaultPlan plan;
    plan.kind = FaultPlan::Kind::kNoSpace;
    plan.at = n;
    const auto real = MakePosixFileSystem();
    FaultFileSystem files(*real, plan);
    const auto home = Home::OpenOrCreate(files, path);
    failed = !home.ok();
    EXPECT_TRUE(home.ok() || home.status().code() == Code::kDiskFull) << home.status();
    ASSERT_TRUE(Home::OpenOrCreate(Files(), path).ok());
  }
  EXPECT_GT(n, 12);
}

#endif

}  // namespace
}  // namespace thalweg::catalog
