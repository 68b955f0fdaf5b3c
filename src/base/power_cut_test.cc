// What a disk holds after a simulated power cut: one test per kind of change, then whole protocols.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"
#include "base/unique_fd.h"

namespace thalweg {
namespace {

#ifdef THALWEG_TEST_HOOKS
using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

/// Path -> bytes; directories end in a slash and have none.
using Disk = std::map<std::string, std::string>;
using Body = std::function<void(FaultFileSystem&)>;

FaultPlan PowerCut(std::int64_t at) {
  FaultPlan plan;
  plan.kind = FaultPlan::Kind::kPowerCut;
  plan.at = at;
  return plan;
}

class PowerCutTest : public ::testing::Test {
 protected:
  // More operations than any body here has. Divisible by three: torn bytes are the first half.
  static constexpr std::int64_t kAfterAll = 3000;

  std::string At(std::string_view name) const { return directory_ / name; }

  /// Runs `body` and cuts the power after it.
  void CutAfter(const Body& body, std::int64_t at = kAfterAll) {
    const ForkedEnd end = RunForked(PowerCut(at), [&](FaultFileSystem& files) {
      body(files);
      ASSERT_LT(files.operations(), at);
      if (HasFailure()) return;
      while (true) files.Point("end");
    });
    ASSERT_TRUE(end.killed) << end.exit_code;
  }

  /// Writes a file that is not synced, nor its name.
  static void Write(FaultFileSystem& files, const std::string& path, std::string_view bytes) {
    const auto file = files.Create(path).value();
    ASSERT_TRUE(file->Append(bytes).ok());
  }

  void SyncName(FaultFileSystem& files, std::string_view directory = "") {
    ASSERT_TRUE(files.SyncDirectory(At(directory)).ok());
  }

  /// Writes past the seam, as DuckDB would.
  static void WriteOutside(const std::string& path, std::string_view bytes) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    ASSERT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  Disk Contents() {
    Disk disk;
    Collect("", disk);
    return disk;
  }

  std::unique_ptr<FileSystem> real_ = MakePosixFileSystem();
  TempDirectory directory_;

 private:
  void Collect(const std::string& name, Disk& disk) {
    for (const DirectoryEntry& entry : real_->ListEntries(At(name)).value()) {
      const std::string child = JoinPath(name, entry.name);
      if (entry.type == FileInfo::Type::kDirectory) {
        disk[child + "/"] = "";
        Collect(child, disk);
      } else {
        disk[child] = ReadFile(*real_, At(child)).value_or("(broken)");
      }
    }
  }
};

TEST_F(PowerCutTest, UnsyncedBytesAreLost) {
  CutAfter([&](FaultFileSystem& files) {
    const auto file = files.Create(At("a")).value();
    ASSERT_TRUE(file->Append("durable").ok());
    ASSERT_TRUE(file->Sync().ok());
    SyncName(files);
    ASSERT_TRUE(file->Append(" lost").ok());
    ASSERT_TRUE(file->Append(" too").ok());
    ASSERT_TRUE(file->Close().ok());  // closing syncs nothing
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "durable")));
}

TEST_F(PowerCutTest, SyncFileByPathCountsForAnOpenFile) {
  CutAfter([&](FaultFileSystem& files) {
    const auto file = files.Create(At("a")).value();
    ASSERT_TRUE(file->Append("one").ok());
    ASSERT_TRUE(files.SyncFile(At("a")).ok());
    SyncName(files);
    ASSERT_TRUE(file->Append("two").ok());
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "one")));
}

TEST_F(PowerCutTest, ANameNeedsASyncOfItsDirectory) {
  CutAfter([&](FaultFileSystem& files) {
    const auto file = files.Create(At("a")).value();
    ASSERT_TRUE(file->Append("x").ok());
    ASSERT_TRUE(file->Sync().ok());
  });
  EXPECT_THAT(Contents(), IsEmpty());
}

TEST_F(PowerCutTest, ANameWithoutSyncedBytesIsEmpty) {
  CutAfter([&](FaultFileSystem& files) {
    Write(files, At("a"), "x");
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "")));
}

TEST_F(PowerCutTest, ATruncatedFileComesBack) {
  directory_.Write("a", "original");
  CutAfter([&](FaultFileSystem& files) {
    Write(files, At("a"), "new");
    Write(files, At("a"), "newer");
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "original")));
}

TEST_F(PowerCutTest, ATruncatedFileComesBackToItsDurablePart) {
  CutAfter([&](FaultFileSystem& files) {
    const auto file = files.Create(At("a")).value();
    ASSERT_TRUE(file->Append("durable").ok());
    ASSERT_TRUE(file->Sync().ok());
    SyncName(files);
    ASSERT_TRUE(file->Append(" lost").ok());
    Write(files, At("a"), "x");
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "durable")));
}

TEST_F(PowerCutTest, ARenameNeedsASyncOfItsDirectory) {
  directory_.Write("old", "old");
  directory_.Write("a", "new");
  const timespec times[2] = {{1, 0}, {1234, 5678}};
  ASSERT_EQ(::utimensat(AT_FDCWD, At("old").c_str(), times, 0), 0);
  CutAfter([&](FaultFileSystem& files) { ASSERT_TRUE(files.Rename(At("a"), At("old")).ok()); });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "new"), Pair("old", "old")));
  EXPECT_EQ(real_->Stat(At("old"))->mtime_ns,
            1'234'000'005'678);  // still the same file to a reader

  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Rename(At("a"), At("old")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("old", "new")));
}

TEST_F(PowerCutTest, ARenameDoesNotSyncBytes) {
  directory_.Write("a", "old");
  CutAfter([&](FaultFileSystem& files) {
    Write(files, At("tmp"), "new");
    ASSERT_TRUE(files.Rename(At("tmp"), At("a")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "")));
}

TEST_F(PowerCutTest, ARenameBetweenDirectoriesIsDurableWithItsTarget) {
  directory_.Write("x/a", "1");
  directory_.Write("y/b", "2");
  const Disk before = Contents();
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Rename(At("x/a"), At("y/a")).ok());
    SyncName(files, "x");
  });
  EXPECT_EQ(Contents(), before);
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Rename(At("x/a"), At("y/a")).ok());
    SyncName(files, "y");
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("x/", ""), Pair("y/", ""), Pair("y/a", "1"),
                                               Pair("y/b", "2")));
}

TEST_F(PowerCutTest, AnExchangeNeedsASync) {
  directory_.Write("a/f", "A");
  directory_.Write("b/f", "B");
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Exchange(At("a"), At("b")).ok());
    ASSERT_TRUE(RemoveTree(files, At("b")).ok());  // holds what was a
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a/", ""), Pair("a/f", "A"), Pair("b/", ""),
                                               Pair("b/f", "B")));
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Exchange(At("a"), At("b")).ok());
    SyncName(files);
    ASSERT_TRUE(RemoveTree(files, At("b")).ok());
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a/", ""), Pair("a/f", "B"), Pair("b/", ""),
                                               Pair("b/f", "A")));
}

TEST_F(PowerCutTest, ARemovedFileComesBackUntilSynced) {
  directory_.Write("a", "A");
  ASSERT_EQ(::symlink("a", At("link").c_str()), 0);
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Remove(At("a")).ok());
    ASSERT_TRUE(files.Remove(At("link")).ok());
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "A"), Pair("link", "A")));
  EXPECT_TRUE(real_->Stat(At("link"))->link);
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.Remove(At("a")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("link", "(broken)")));
}

TEST_F(PowerCutTest, ARemovedTreeComesBackWhole) {
  directory_.Write("t/a", "A");
  directory_.Write("t/u/b", "B");
  const Disk before = Contents();
  CutAfter([&](FaultFileSystem& files) { ASSERT_TRUE(RemoveTree(files, At("t")).ok()); });
  EXPECT_EQ(Contents(), before);
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(RemoveTree(files, At("t")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), IsEmpty());
}

TEST_F(PowerCutTest, WhatWasNeverSyncedDoesNotComeBack) {
  CutAfter([&](FaultFileSystem& files) {
    Write(files, At("a"), "x");
    ASSERT_TRUE(files.Rename(At("a"), At("b")).ok());
    ASSERT_TRUE(files.Remove(At("b")).ok());
  });
  EXPECT_THAT(Contents(), IsEmpty());
}

TEST_F(PowerCutTest, AnUnsyncedDirectoryIsLostWithAllInIt) {
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(files.MakeDirectory(At("d")).ok());
    ASSERT_TRUE(WriteFileAtomically(files, At("d/a"), "x").ok());
  });
  EXPECT_THAT(Contents(), IsEmpty());
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(MakeDirectories(files, At("d/e")).ok());
    ASSERT_TRUE(WriteFileAtomically(files, At("d/e/a"), "x").ok());
  });
  EXPECT_THAT(Contents(),
              UnorderedElementsAre(Pair("d/", ""), Pair("d/e/", ""), Pair("d/e/a", "x")));
}

TEST_F(PowerCutTest, AnExistingDirectoryIsNotUnmade) {
  directory_.Write("d/a", "x");
  CutAfter([&](FaultFileSystem& files) { ASSERT_TRUE(files.MakeDirectory(At("d")).ok()); });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("d/", ""), Pair("d/a", "x")));
}

TEST_F(PowerCutTest, ChangesFollowARenamedDirectory) {
  CutAfter([&](FaultFileSystem& files) {
    ASSERT_TRUE(MakeDirectories(files, At("d")).ok());
    Write(files, At("d/lost"), "x");
    Write(files, At("d/kept"), "half synced");
    const auto whole = files.Create(At("d/whole")).value();
    ASSERT_TRUE(whole->Append("whole").ok());
    ASSERT_TRUE(files.Rename(At("d"), At("e")).ok());
    SyncName(files);
    ASSERT_TRUE(whole->Sync().ok());
    ASSERT_TRUE(files.Remove(At("e/lost")).ok());
    SyncName(files, "e");
  });
  EXPECT_THAT(Contents(),
              UnorderedElementsAre(Pair("e/", ""), Pair("e/kept", ""), Pair("e/whole", "whole")));
}

TEST_F(PowerCutTest, AFailedChangeIsNotUndone) {
  directory_.Write("a", "A");
  directory_.Write("d/f", "F");
  const Disk before = Contents();
  CutAfter([&](FaultFileSystem& files) {
    EXPECT_FALSE(files.Rename(At("missing"), At("a")).ok());
    EXPECT_FALSE(files.Rename(At("a"), At("d")).ok());
    EXPECT_FALSE(files.Remove(At("d")).ok());
    EXPECT_FALSE(files.Create(At("d")).ok());
    EXPECT_FALSE(files.Create(At("missing/x")).ok());
    EXPECT_FALSE(files.MakeDirectory(At("a")).ok());
    EXPECT_FALSE(files.Exchange(At("a"), At("missing")).ok());
  });
  EXPECT_EQ(Contents(), before);
}

TEST_F(PowerCutTest, OutsideBytesAreTornUntilSynced) {
  const std::map<std::int64_t, std::string> torn = {
      {kAfterAll, "0123"},                              // half of it
      {kAfterAll + 1, std::string("0123\0\0\0\0", 8)},  // the size, not the bytes
      {kAfterAll + 2, ""},
  };
  for (const auto& [at, bytes] : torn) {
    CutAfter(
        [&](FaultFileSystem& files) {
          files.WillWriteOutside(At("a"));
          WriteOutside(At("a"), "01234567");
          SyncName(files);
        },
        at);
    EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", bytes)));
    ASSERT_EQ(::unlink(At("a").c_str()), 0);
  }
}

TEST_F(PowerCutTest, OutsideFilesNeedBothSyncs) {
  CutAfter([&](FaultFileSystem& files) {
    files.WillWriteOutside(At("a"));
    SyncName(files);  // too early: there is no name yet
    WriteOutside(At("a"), "01234567");
    ASSERT_TRUE(files.SyncFile(At("a")).ok());
  });
  EXPECT_THAT(Contents(), IsEmpty());
  CutAfter([&](FaultFileSystem& files) {
    files.WillWriteOutside(At("a"));
    files.WillWriteOutside(At("never-written"));
    WriteOutside(At("a"), "01234567");
    ASSERT_TRUE(files.SyncFile(At("a")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", "01234567")));
}

TEST_F(PowerCutTest, OutsideBytesAreTornUnderTheirNewName) {
  CutAfter([&](FaultFileSystem& files) {
    for (const char* const name : {"a", "b"}) {
      files.WillWriteOutside(At(name));
      WriteOutside(At(name), "01234567");
    }
    ASSERT_TRUE(files.Rename(At("a"), At("c")).ok());
    ASSERT_TRUE(files.Rename(At("b"), At("d")).ok());
    ASSERT_TRUE(files.SyncFile(At("d")).ok());
    SyncName(files);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("c", "0123"), Pair("d", "01234567")));
}

/// Puts bytes back into a file, as a library's file layer would.
class PutBack : public FaultLayer::Undo {
 public:
  PutBack(std::string path, std::string bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {}
  void Run() override {
    const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    (void)!::write(file.get(), bytes_.data(), bytes_.size());
  }

 private:
  std::string path_, bytes_;
};

TEST_F(PowerCutTest, ALibrarysUndosRunInReverseUntilSynced) {
  directory_.Write("db", "0");
  directory_.Write("wal", "0");
  CutAfter([&](FaultFileSystem& files) {
    FaultLayer& layer = files.layer();
    const auto change = [&](const char* name, const char* from, const char* to) {
      ASSERT_TRUE(layer.Before("library-write", At(name)).ok());
      WriteOutside(At(name), to);
      layer.Did(At(name), std::make_unique<PutBack>(At(name), from));
    };
    change("db", "0", "1");
    change("wal", "0", "1");
    layer.Synced(At("wal"));
    change("wal", "1", "2");
    change("wal", "2", "3");
    change("db", "1", "2");
    EXPECT_EQ(files.operations(), 5);
  });
  EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("db", "0"), Pair("wal", "1")));
}

TEST_F(PowerCutTest, AtomicWriteIsOldOrNewAtEveryOperation) {
  std::int64_t n = 1;
  for (bool killed = true; killed; ++n) {
    directory_.Write("a", "old");
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    killed = RunForked(PowerCut(n), [&](FaultFileSystem& files) {
               ASSERT_TRUE(WriteFileAtomically(files, At("a"), "new").ok());
               ASSERT_EQ(::write(ends[1], "!", 1), 1);
               files.Point("acknowledged");
             }).killed;
    ::close(ends[1]);
    char byte = 0;
    const bool acknowledged = ::read(ends[0], &byte, 1) == 1;
    ::close(ends[0]);
    EXPECT_THAT(Contents(), UnorderedElementsAre(Pair("a", acknowledged ? "new" : "old"))) << n;
  }
  EXPECT_EQ(n,
            8);  // create, append, sync, rename, sync-directory, point, and the run without a cut
}

TEST_F(PowerCutTest, NothingIsAcknowledgedAndLostWithSeveralThreads) {
  constexpr int kThreads = 4;
  for (const std::int64_t at : {7, 50, 121, 300}) {
    const TempDirectory directory;
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const ForkedEnd end = RunForked(PowerCut(at), [&](FaultFileSystem& files) {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 10'000; ++i) {
            const std::string name = std::to_string(t) + "-" + std::to_string(i) + "\n";
            const std::string path = directory / name.substr(0, name.size() - 1);
            if (!WriteFileAtomically(files, path, name).ok()) return;
            (void)!::write(ends[1], name.data(), name.size());
          }
        });
      }
    });
    ASSERT_TRUE(end.killed);
    ::close(ends[1]);
    std::string acknowledged;
    std::array<char, 4096> buffer{};
    for (ssize_t got; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
      acknowledged.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    for (std::size_t begin = 0; begin < acknowledged.size();) {
      const std::size_t next = acknowledged.find('\n', begin) + 1;
      const std::string name = acknowledged.substr(begin, next - begin);
      EXPECT_EQ(ReadFile(*real_, directory / name.substr(0, name.size() - 1)).value_or("(lost)"),
                name);
      begin = next;
    }
    // What was not acknowledged is whole or absent. (A name aside may stay: another thread synced
    // it.)
    for (const std::string& name : real_->List(directory.path()).value()) {
      if (name.starts_with(".tmp-")) continue;
      EXPECT_EQ(ReadFile(*real_, directory / name).value(), name + "\n");
    }
  }
}
#else
TEST(PowerCutTest, NeedsTestHooks) {
  GTEST_SKIP() << "built without THALWEG_TEST_HOOKS";
}
#endif

}  // namespace
}  // namespace thalweg
