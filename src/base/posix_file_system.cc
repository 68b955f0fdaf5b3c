#include "base/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace thalweg {
inline namespace base {
namespace {

Status Failed(const char* what, const std::string& path) {
  return Status::FromErrno(errno, fmt::format("{} path={}", what, path));
}

/// The system would cut a name at a zero byte and change another file.
Status CheckPath(const std::string& path) {
  if (path.empty()) return Status::Invalid("a path is empty").WithHint("name a file");
  if (path.find('\0') != std::string::npos) {
    return Status::Invalid("a path contains a zero byte").WithHint("remove it");
  }
  return Status::Ok();
}

template <typename Call>
auto RetryInterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Result<UniqueFd> Open(const char* what, const std::string& path, int flags) {
  TW_RETURN_IF_ERROR(CheckPath(path));
  UniqueFd fd(RetryInterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
  if (!fd) return Failed(what, path);
  return fd;
}

FileInfo::Type TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileInfo::Type::kFile;
  return S_ISDIR(mode) ? FileInfo::Type::kDirectory : FileInfo::Type::kOther;
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Status Append(std::string_view bytes) override {
    TW_RETURN_IF_ERROR(CheckUsable());
    while (!bytes.empty()) {
      const ssize_t written =
          RetryInterrupted([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return broken_ = Failed("cannot write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return Status::Ok();
  }

  Status Sync() override {
    TW_RETURN_IF_ERROR(CheckUsable());
    if (RetryInterrupted([&] { return ::fsync(fd_.get()); }) != 0) {
      return broken_ = Failed("cannot sync", path_);
    }
    return Status::Ok();
  }

  Status Close() override {
    if (!fd_) return Status::Ok();
    // On Linux the descriptor is gone also when close() was interrupted.
    if (::close(fd_.Release()) != 0 && errno != EINTR) return Failed("cannot close", path_);
    return Status::Ok();
  }

 private:
  Status CheckUsable() const {
    if (!fd_) return Status::Internal(fmt::format("a closed file is written path={}", path_));
    return broken_;
  }

  const std::string path_;
  UniqueFd fd_;
  // After a failed write the end is unknown; after a failed fsync the kernel has dropped the bytes
  // and the next fsync would succeed. So the first failure stays.
  Status broken_;
};

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<std::size_t> ReadAt(std::int64_t offset, std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = RetryInterrupted([&] {
        return ::pread(fd_.get(), out.data() + done, out.size() - done,
                       offset + static_cast<off_t>(done));
      });
      if (got < 0) return Failed("cannot read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<Bytes> Size() override {
    struct stat info;
    if (::fstat(fd_.get(), &info) != 0) return Failed("cannot look at", path_);
    return Bytes(info.st_size);
  }

 private:
  const std::string path_;
  UniqueFd fd_;
};

DirectoryEntry ToEntry(int directory, const dirent& found) {
  DirectoryEntry entry{found.d_name, FileInfo::Type::kOther, false};
  struct stat info;
  switch (found.d_type) {
    case DT_REG:
      entry.type = FileInfo::Type::kFile;
      return entry;
    case DT_DIR:
      entry.type = FileInfo::Type::kDirectory;
      return entry;
    case DT_LNK:
      entry.link = true;
      break;
    case DT_UNKNOWN:  // not every file system tells
      entry.link = ::fstatat(directory, found.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISLNK(info.st_mode);
      break;
    default:
      return entry;
  }
  if (::fstatat(directory, found.d_name, &info, 0) == 0) entry.type = TypeOf(info.st_mode);
  return entry;
}

class PosixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    TW_ASSIGN_OR_RETURN(UniqueFd fd, Open("cannot create", path, O_WRONLY | O_CREAT | O_TRUNC));
    return std::make_unique<PosixWritableFile>(path, std::move(fd));
  }

  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    // Without O_NONBLOCK a pipe without a writer would hold us here.
    TW_ASSIGN_OR_RETURN(UniqueFd fd, Open("cannot open", path, O_RDONLY | O_NONBLOCK));
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) return Failed("cannot look at", path);
    if (!S_ISREG(info.st_mode)) {
      const char* const what = S_ISDIR(info.st_mode) ? "directory" : "pipe or device";
      return Status::Invalid(fmt::format("a {} is no file path={}", what, path))
          .WithHint("name a regular file");
    }
    return std::make_unique<PosixReadableFile>(path, std::move(fd));
  }

  Result<FileInfo> Stat(const std::string& path) override {
    TW_RETURN_IF_ERROR(CheckPath(path));
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0) return Failed("cannot find", path);
    const bool link = S_ISLNK(info.st_mode);
    if (link && ::stat(path.c_str(), &info) != 0) return Failed("cannot follow the link", path);
    const std::int64_t mtime_ns =
        std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
    return FileInfo{TypeOf(info.st_mode), Bytes(info.st_size), mtime_ns, link};
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    TW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, ListEntries(directory));
    std::vector<std::string> names;
    names.reserve(entries.size());
    for (DirectoryEntry& entry : entries) names.push_back(std::move(entry.name));
    return names;
  }

  Result<std::vector<DirectoryEntry>> ListEntries(const std::string& directory) override {
    TW_RETURN_IF_ERROR(CheckPath(directory));
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), &::closedir);
    if (!open) return Failed("cannot list", directory);
    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* const found = ::readdir(open.get());
      if (found == nullptr) break;
      const std::string_view name = found->d_name;
      if (name != "." && name != "..") entries.push_back(ToEntry(::dirfd(open.get()), *found));
    }
    if (errno != 0) return Failed("cannot list", directory);
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Status MakeDirectory(const std::string& path) override {
    TW_RETURN_IF_ERROR(CheckPath(path));
    if (::mkdir(path.c_str(), 0777) == 0) return Status::Ok();
    const Status failure = Failed("cannot make the directory", path);
    if (failure.code() != Code::kExists) return failure;
    struct stat info;
    const bool there = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    return there ? Status::Ok() : failure;
  }

  Status Rename(const std::string& from, const std::string& to) override {
    TW_RETURN_IF_ERROR(CheckPath(from));
    TW_RETURN_IF_ERROR(CheckPath(to));
    if (::rename(from.c_str(), to.c_str()) == 0) return Status::Ok();
    return Status::FromErrno(errno, fmt::format("cannot rename from={} to={}", from, to));
  }

  Status Exchange(const std::string& a, const std::string& b) override {
    TW_RETURN_IF_ERROR(CheckPath(a));
    TW_RETURN_IF_ERROR(CheckPath(b));
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) {
      return Status::Ok();
    }
    const std::string what = fmt::format("cannot exchange a={} b={}", a, b);
    if (errno == EINVAL) {  // how a file system says that it does not know the flag
      return Status::Unsupported(what + ": the file system cannot exchange two names")
          .WithHint("use a file system such as ext4, xfs or btrfs");
    }
    return Status::FromErrno(errno, what);
  }

  Status Remove(const std::string& path) override {
    TW_RETURN_IF_ERROR(CheckPath(path));
    if (std::remove(path.c_str()) == 0 || errno == ENOENT) return Status::Ok();
    return Failed("cannot remove", path);
  }

  Status SyncFile(const std::string& path) override { return SyncPath(path, 0); }
  Status SyncDirectory(const std::string& path) override { return SyncPath(path, O_DIRECTORY); }

  void WillWriteOutside(const std::string&) override {}
  void Point(std::string_view) override {}

 private:
  static Status SyncPath(const std::string& path, int flags) {
    TW_ASSIGN_OR_RETURN(const UniqueFd fd, Open("cannot sync", path, O_RDONLY | flags));
    if (RetryInterrupted([&] { return ::fsync(fd.get()); }) != 0)
      return Failed("cannot sync", path);
    return Status::Ok();
  }
};

}  // namespace

std::unique_ptr<FileSystem> MakePosixFileSystem() {
  return std::make_unique<PosixFileSystem>();
}

}  // namespace base
}  // namespace thalweg
