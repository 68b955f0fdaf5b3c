#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"

namespace thalweg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FileSystemTest : public ::testing::Test {
 protected:
  std::string Read(const std::string& path) {
    auto text = ReadFile(files_, path);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? *text : std::string();
  }

  FileSystem& files_ = LocalFileSystem();
  TempDirectory directory_;
};

TEST_F(FileSystemTest, WritesAndReads) {
  const std::string path = directory_ / "a";
  {
    auto file = files_.Create(path);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append("hello ").ok());
    EXPECT_TRUE((*file)->Append("").ok());
    EXPECT_TRUE((*file)->Append(std::string("wor\0ld", 6)).ok());
    EXPECT_TRUE((*file)->Sync().ok());
    EXPECT_TRUE((*file)->Close().ok());
    EXPECT_TRUE((*file)->Close().ok());
    EXPECT_EQ((*file)->Append("x").code(), Code::kInternal);
  }
  EXPECT_EQ(Read(path), std::string("hello wor\0ld", 12));
  ASSERT_TRUE(files_.Create(path).ok());
  EXPECT_EQ(Read(path), "");
}

TEST_F(FileSystemTest, ReadsAtAnyOffset) {
  auto file = files_.OpenForRead(directory_.Write("a", "0123456789"));
  ASSERT_TRUE(file.ok()) << file.status();
  std::array<char, 4> out{};
  EXPECT_EQ((*file)->ReadAt(3, out).value(), 4U);
  EXPECT_EQ(std::string(out.data(), 4), "3456");
  EXPECT_EQ((*file)->ReadAt(8, out).value(), 2U);
  EXPECT_EQ((*file)->ReadAt(10, out).value(), 0U);
  EXPECT_EQ((*file)->ReadAt(999, out).value(), 0U);
  EXPECT_EQ((*file)->Size()->value, 10);
}

TEST_F(FileSystemTest, OpensOnlyRegularFiles) {
  EXPECT_EQ(files_.OpenForRead(directory_ / "missing").status().code(), Code::kNotFound);
  EXPECT_EQ(files_.OpenForRead(directory_.path()).status().code(), Code::kInvalid);
  // A pipe that nobody writes must not hang the reader.
  ASSERT_EQ(::mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(files_.OpenForRead(directory_ / "pipe").status().code(), Code::kInvalid);
}

TEST_F(FileSystemTest, AFullDiskIsSaidAndStays) {
  auto file = files_.Create("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  const Status status = (*file)->Append("x");
  EXPECT_EQ(status.code(), Code::kDiskFull);
  EXPECT_EQ(status.fault(), Fault::kResource);
  EXPECT_FALSE(status.hint().empty());
  // The end of the file is unknown now: nothing that follows may pretend to be durable.
  EXPECT_EQ((*file)->Sync().code(), Code::kDiskFull);
}

TEST_F(FileSystemTest, RefusesPathsTheSystemWouldCut) {
  const std::string path = directory_.Write("a", "keep") + std::string("\0b", 2);
  EXPECT_EQ(files_.Create(path).status().code(), Code::kInvalid);
  EXPECT_EQ(files_.Remove(path).code(), Code::kInvalid);
  EXPECT_EQ(files_.Rename(path, directory_ / "c").code(), Code::kInvalid);
  EXPECT_EQ(files_.Stat("").status().code(), Code::kInvalid);
  EXPECT_EQ(Read(directory_ / "a"), "keep");
}

TEST_F(FileSystemTest, StatTellsTypes) {
  const std::string path = directory_.Write("a", "12345");
  ASSERT_EQ(::symlink("a", (directory_ / "link").c_str()), 0);
  ASSERT_EQ(::symlink("missing", (directory_ / "broken").c_str()), 0);
  const struct timespec times[2] = {{1, 2}, {1'357'016'400, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);

  const FileInfo file = files_.Stat(path).value();
  EXPECT_EQ(file.type, FileInfo::Type::kFile);
  EXPECT_EQ(file.size, Bytes(5));
  EXPECT_EQ(file.mtime_ns, 1'357'016'400'123'456'789);
  EXPECT_FALSE(file.link);

  const FileInfo link = files_.Stat(directory_ / "link").value();
  EXPECT_EQ(link.size, Bytes(5));
  EXPECT_TRUE(link.link);
  EXPECT_EQ(files_.Stat(directory_.path())->type, FileInfo::Type::kDirectory);
  EXPECT_EQ(files_.Stat("/dev/null")->type, FileInfo::Type::kOther);
  EXPECT_EQ(files_.Stat(directory_ / "broken").status().code(), Code::kNotFound);
  EXPECT_EQ(files_.Stat(directory_ / "missing").status().code(), Code::kNotFound);
  EXPECT_EQ(files_.Stat(directory_ / "a/b").status().code(), Code::kInvalid);
}

TEST_F(FileSystemTest, ListsSortedWithTypes) {
  directory_.Write("b", "");
  directory_.Write("a/x", "");
  directory_.Write(".hidden", "");
  ASSERT_EQ(::symlink("a", (directory_ / "c").c_str()), 0);
  ASSERT_EQ(::symlink("missing", (directory_ / "d").c_str()), 0);
  EXPECT_THAT(files_.List(directory_.path()).value(), ElementsAre(".hidden", "a", "b", "c", "d"));
  const auto entries = files_.ListEntries(directory_.path()).value();
  EXPECT_EQ(entries[1].type, FileInfo::Type::kDirectory);
  EXPECT_FALSE(entries[1].link);
  EXPECT_EQ(entries[2].type, FileInfo::Type::kFile);
  EXPECT_EQ(entries[3].type, FileInfo::Type::kDirectory);
  EXPECT_TRUE(entries[3].link);
  EXPECT_EQ(entries[4].type, FileInfo::Type::kOther);
  EXPECT_TRUE(entries[4].link);
  EXPECT_EQ(files_.List(directory_ / "missing").status().code(), Code::kNotFound);
  EXPECT_EQ(files_.List(directory_ / "b").status().code(), Code::kInvalid);
}

TEST_F(FileSystemTest, MakesOneDirectory) {
  EXPECT_TRUE(files_.MakeDirectory(directory_ / "a").ok());
  EXPECT_TRUE(files_.MakeDirectory(directory_ / "a").ok());
  EXPECT_EQ(files_.MakeDirectory(directory_ / "x/y").code(), Code::kNotFound);
  directory_.Write("f", "");
  EXPECT_EQ(files_.MakeDirectory(directory_ / "f").code(), Code::kExists);
}

TEST_F(FileSystemTest, RenamesAndExchanges) {
  const std::string a = directory_.Write("a", "A");
  const std::string b = directory_.Write("b", "B");
  ASSERT_TRUE(files_.Exchange(a, b).ok());
  EXPECT_EQ(Read(a), "B");
  EXPECT_EQ(Read(b), "A");
  ASSERT_TRUE(files_.Rename(a, b).ok());
  EXPECT_EQ(Read(b), "B");
  EXPECT_EQ(files_.Rename(a, b).code(), Code::kNotFound);
  EXPECT_EQ(files_.Exchange(a, b).code(), Code::kNotFound);
}

TEST_F(FileSystemTest, RemovesFilesAndEmptyDirectories) {
  directory_.Write("d/f", "");
  EXPECT_EQ(files_.Remove(directory_ / "d").code(), Code::kExists);
  EXPECT_TRUE(files_.Remove(directory_ / "d/f").ok());
  EXPECT_TRUE(files_.Remove(directory_ / "d").ok());
  EXPECT_TRUE(files_.Remove(directory_ / "d").ok());
  EXPECT_THAT(files_.List(directory_.path()).value(), IsEmpty());
}

TEST_F(FileSystemTest, SyncsWhatIsThere) {
  const std::string path = directory_.Write("a", "x");
  EXPECT_TRUE(files_.SyncFile(path).ok());
  EXPECT_TRUE(files_.SyncDirectory(directory_.path()).ok());
  EXPECT_EQ(files_.SyncFile(directory_ / "missing").code(), Code::kNotFound);
  EXPECT_EQ(files_.SyncDirectory(path).code(), Code::kInvalid);
}

TEST_F(FileSystemTest, MakeDirectoriesMakesAllLevels) {
  EXPECT_TRUE(MakeDirectories(files_, directory_ / "a/b/c").ok());
  EXPECT_TRUE(MakeDirectories(files_, directory_ / "a/b/c/").ok());
  EXPECT_EQ(files_.Stat(directory_ / "a/b/c")->type, FileInfo::Type::kDirectory);
  directory_.Write("f", "");
  EXPECT_EQ(MakeDirectories(files_, directory_ / "f").code(), Code::kExists);
  EXPECT_EQ(MakeDirectories(files_, directory_ / "f/g").code(), Code::kInvalid);
}

TEST_F(FileSystemTest, RemoveTreeStopsAtLinks) {
  directory_.Write("outside/keep", "x");
  directory_.Write("tree/a/b/c", "x");
  ASSERT_EQ(::symlink("../outside", (directory_ / "tree/link").c_str()), 0);
  ASSERT_EQ(::symlink("missing", (directory_ / "tree/broken").c_str()), 0);
  ASSERT_EQ(::symlink("outside", (directory_ / "link").c_str()), 0);
  EXPECT_TRUE(RemoveTree(files_, directory_ / "tree").ok());
  EXPECT_TRUE(RemoveTree(files_, directory_ / "tree").ok());
  EXPECT_TRUE(RemoveTree(files_, directory_ / "link").ok());
  EXPECT_THAT(files_.List(directory_.path()).value(), ElementsAre("outside"));
  EXPECT_EQ(Read(directory_ / "outside/keep"), "x");
}

TEST_F(FileSystemTest, ReadFileHasALimit) {
  const std::string path = directory_.Write("a", "12345");
  EXPECT_EQ(ReadFile(files_, path, Bytes(5)).value(), "12345");
  EXPECT_EQ(ReadFile(files_, path, Bytes(4)).status().code(), Code::kInvalid);
  EXPECT_EQ(ReadFile(files_, directory_.Write("empty", ""), Bytes(0)).value(), "");
  // Files of the kernel say that they are empty.
  EXPECT_NE(Read("/proc/self/status").find("VmHWM"), std::string::npos);
  EXPECT_EQ(ReadFile(files_, "/proc/self/status", Bytes(10)).status().code(), Code::kInvalid);
}

TEST_F(FileSystemTest, WriteFileAtomicallyReplacesOrLeavesAlone) {
  const std::string path = directory_ / "a";
  ASSERT_TRUE(WriteFileAtomically(files_, path, "one").ok());
  ASSERT_TRUE(WriteFileAtomically(files_, path, "two").ok());
  EXPECT_EQ(Read(path), "two");
  directory_.Write("d/f", "");
  EXPECT_FALSE(WriteFileAtomically(files_, directory_ / "d", "x").ok());
  EXPECT_FALSE(WriteFileAtomically(files_, directory_ / "missing/x", "x").ok());
  EXPECT_THAT(files_.List(directory_.path()).value(), ElementsAre("a", "d"));
}

TEST_F(FileSystemTest, HashFileIsTheHashOfItsBytes) {
  std::string bytes;
  while (bytes.size() < (3U << 20)) bytes += std::to_string(bytes.size());
  EXPECT_EQ(HashFile(files_, directory_.Write("a", bytes)).value(), HashBytes(bytes));
  const std::string exact = bytes.substr(0, 1 << 20);
  EXPECT_EQ(HashFile(files_, directory_.Write("b", exact)).value(), HashBytes(exact));
  EXPECT_EQ(HashFile(files_, directory_.Write("c", "")).value(), HashBytes(""));
}

}  // namespace
}  // namespace thalweg
