#include "base/unsynced_changes.h"

#ifdef THALWEG_TEST_HOOKS

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

namespace thalweg {
inline namespace base {
namespace {

/// Nothing can be reported from inside a power cut: what cannot be undone stays, as it may on a
/// real disk.
void Ignore(int) {}

void CopyBytes(int from, int to) {
  std::vector<char> buffer(std::size_t{1} << 16);
  off_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(from, buffer.data(), buffer.size(), offset);
    if (got <= 0) return;
    if (::pwrite(to, buffer.data(), static_cast<std::size_t>(got), offset) != got) return;
    offset += got;
  }
}

off_t SizeOf(int fd) {
  struct stat info;
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

void RemoveTreeAt(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0) return;
  const int fd = ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  DIR* const open = ::fdopendir(fd);
  while (const dirent* const found = ::readdir(open)) {
    const std::string child = found->d_name;
    if (child != "." && child != "..") RemoveTreeAt(fd, child);
  }
  ::closedir(open);
  Ignore(::unlinkat(directory, name.c_str(), AT_REMOVEDIR));
}

/// What a disk may keep of bytes that were written and not synced.
void Tear(int fd, std::int64_t seed) {
  const off_t size = SizeOf(fd);
  switch (seed % 3) {
    case 0:
      return Ignore(::ftruncate(fd, size / 2));
    case 1:  // the new size has reached the disk, the bytes have not
      Ignore(::ftruncate(fd, size / 2));
      return Ignore(::ftruncate(fd, size));
    default:
      return Ignore(::ftruncate(fd, 0));
  }
}

}  // namespace

struct UnsyncedChanges::Content {
  UniqueFd fd;
  Inode inode;
  off_t durable_size = 0;
  UniqueFd original;  // a copy of the bytes, when a synced file was truncated
};

/// What stands at a name before it is removed or replaced.
class UnsyncedChanges::Saved {
 public:
  Saved(UnsyncedChanges& changes, const Entry& entry) : entry_(entry) {
    const int directory = entry.directory->fd.get();
    const char* const name = entry.name.c_str();
    if (::fstatat(directory, name, &info_, AT_SYMLINK_NOFOLLOW) != 0) return;
    exists_ = true;
    if (S_ISREG(info_.st_mode)) {
      bytes_ = UniqueFd(::openat(directory, name, O_RDONLY | O_CLOEXEC));
    } else if (S_ISLNK(info_.st_mode)) {
      link_.resize(static_cast<std::size_t>(info_.st_size));
      const ssize_t got = ::readlinkat(directory, name, link_.data(), link_.size());
      link_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    } else if (S_ISDIR(info_.st_mode)) {
      const auto known = changes.directories_.find(Inode{info_.st_dev, info_.st_ino});
      if (known != changes.directories_.end()) inside_ = known->second.lock();
    }
  }

  void Restore() const {
    if (!exists_) return;
    const int directory = entry_.directory->fd.get();
    const char* const name = entry_.name.c_str();
    if (S_ISREG(info_.st_mode)) {
      const UniqueFd file(::openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                   info_.st_mode & 07777));
      CopyBytes(bytes_.get(), file.get());
      // The time is part of a file's identity.
      const timespec times[2] = {info_.st_atim, info_.st_mtim};
      Ignore(::futimens(file.get(), times));
    } else if (S_ISLNK(info_.st_mode)) {
      Ignore(::symlinkat(link_.c_str(), directory, name));
    } else if (S_ISDIR(info_.st_mode)) {
      Ignore(::mkdirat(directory, name, info_.st_mode & 07777));
      // Earlier changes inside of it are undone next, and must find the new one.
      if (inside_)
        inside_->fd = UniqueFd(::openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
  }

 private:
  Entry entry_;
  bool exists_ = false;
  struct stat info_ {};
  UniqueFd bytes_;
  std::string link_;
  DirectoryRef inside_;
};

bool UnsyncedChanges::Entry::Exists() const {
  struct stat info;
  return ::fstatat(directory->fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

UnsyncedChanges::Inode UnsyncedChanges::InodeOf(int fd) {
  struct stat info {};
  Ignore(::fstat(fd, &info));
  return {info.st_dev, info.st_ino};
}

UnsyncedChanges::DirectoryRef UnsyncedChanges::OpenDirectory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return nullptr;
  const Inode inode = InodeOf(fd.get());
  std::weak_ptr<Directory>& known = directories_[inode];
  if (DirectoryRef open = known.lock()) return open;
  auto opened = std::make_shared<Directory>(Directory{std::move(fd), inode});
  known = opened;
  return opened;
}

UnsyncedChanges::Entry UnsyncedChanges::EntryOf(const std::string& path) {
  return {OpenDirectory(ParentPath(path)), FileName(path)};
}

UnsyncedChanges::Record UnsyncedChanges::BeforeCreate(const std::string& path) {
  Entry entry = EntryOf(path);
  if (!entry.directory) return nullptr;
  if (const ContentRef existing = ContentOf(path)) {
    if (!existing->original) {
      existing->original = UniqueFd(::memfd_create("original", MFD_CLOEXEC));
      CopyBytes(existing->fd.get(), existing->original.get());
      if (dirty_.contains(existing->inode)) {
        Ignore(::ftruncate(existing->original.get(), existing->durable_size));
      }
    }
    return [this, existing] { dirty_.emplace(existing->inode, existing); };
  }
  return [this, path, entry = std::move(entry)] {
    if (const ContentRef created = ContentOf(path)) dirty_.emplace(created->inode, created);
    changes_.push_back({{entry.directory}, {}, nullptr, [entry] {
                          Ignore(::unlinkat(entry.directory->fd.get(), entry.name.c_str(), 0));
                        }});
  };
}

UnsyncedChanges::ContentRef UnsyncedChanges::ContentOf(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return nullptr;
  const Inode inode = InodeOf(fd.get());
  if (const auto known = dirty_.find(inode); known != dirty_.end()) return known->second;
  auto content = std::make_shared<Content>();
  content->fd = std::move(fd);
  content->inode = inode;
  return content;
}

void UnsyncedChanges::BeforeAppend(const ContentRef& content) {
  if (!content || dirty_.contains(content->inode)) return;
  content->durable_size = SizeOf(content->fd.get());
  dirty_.emplace(content->inode, content);
}

void UnsyncedChanges::FileSynced(const ContentRef& content) {
  if (!content) return;
  content->original.Reset();
  dirty_.erase(content->inode);
}

UnsyncedChanges::Record UnsyncedChanges::BeforeMakeDirectory(const std::string& path) {
  Entry entry = EntryOf(path);
  if (!entry.directory || entry.Exists()) return nullptr;
  return [this, entry = std::move(entry)] {
    // Without its name, everything in it is lost too.
    changes_.push_back({{entry.directory}, {}, nullptr, [entry] {
                          RemoveTreeAt(entry.directory->fd.get(), entry.name);
                        }});
  };
}

UnsyncedChanges::Record UnsyncedChanges::BeforeRename(const std::string& from,
                                                      const std::string& to) {
  Entry source = EntryOf(from);
  Entry target = EntryOf(to);
  if (!source.directory || !target.directory) return nullptr;
  BindOutside(source);
  BindOutside(target);
  auto replaced = std::make_shared<Saved>(*this, target);
  return [this, source = std::move(source), target = std::move(target),
          replaced = std::move(replaced)] {
    changes_.push_back({{target.directory}, {}, nullptr, [source, target, replaced] {
                          Ignore(::renameat(target.directory->fd.get(), target.name.c_str(),
                                            source.directory->fd.get(), source.name.c_str()));
                          replaced->Restore();
                        }});
  };
}

UnsyncedChanges::Record UnsyncedChanges::BeforeExchange(const std::string& a,
                                                        const std::string& b) {
  Entry first = EntryOf(a);
  Entry second = EntryOf(b);
  if (!first.directory || !second.directory) return nullptr;
  BindOutside(first);
  BindOutside(second);
  return [this, first = std::move(first), second = std::move(second)] {
    changes_.push_back({{first.directory, second.directory}, {}, nullptr, [first, second] {
                          Ignore(::renameat2(first.directory->fd.get(), first.name.c_str(),
                                             second.directory->fd.get(), second.name.c_str(),
                                             RENAME_EXCHANGE));
                        }});
  };
}

UnsyncedChanges::Record UnsyncedChanges::BeforeRemove(const std::string& path) {
  Entry entry = EntryOf(path);
  if (!entry.directory || !entry.Exists()) return nullptr;
  BindOutside(entry);
  auto removed = std::make_shared<Saved>(*this, entry);
  return [this, entry = std::move(entry), removed = std::move(removed)] {
    changes_.push_back({{entry.directory}, {}, nullptr, [removed] { removed->Restore(); }});
  };
}

void UnsyncedChanges::Synced(const std::string& path) {
  const std::string absolute = AbsolutePath(path);
  std::erase_if(changes_, [&](const Change& change) { return change.path == absolute; });
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return;
  const Inode inode = InodeOf(fd.get());
  if (const auto content = dirty_.find(inode); content != dirty_.end()) {
    FileSynced(ContentRef(content->second));
  }
  std::erase_if(outside_, [&](const OutsideFile& outside) {
    if (outside.fd) return InodeOf(outside.fd.get()) == inode;
    struct stat info {};
    const int found =
        ::fstatat(outside.entry.directory->fd.get(), outside.entry.name.c_str(), &info, 0);
    return found == 0 && Inode{info.st_dev, info.st_ino} == inode;
  });
  DirectorySynced(inode);
}

void UnsyncedChanges::DirectorySynced(Inode directory) {
  std::erase_if(changes_, [&](Change& change) {
    if (change.waits_for.empty() || (change.begun && !change.begun())) return false;
    std::erase_if(change.waits_for, [&](const auto& waited) { return waited->inode == directory; });
    return change.waits_for.empty();
  });
}

void UnsyncedChanges::WillWriteOutside(const std::string& path) {
  const Entry entry = EntryOf(path);
  if (!entry.directory) return;
  if (!entry.Exists()) {
    changes_.push_back({{entry.directory},
                        {},
                        [entry] { return entry.Exists(); },
                        [entry] { RemoveTreeAt(entry.directory->fd.get(), entry.name); }});
  }
  const bool known = std::any_of(outside_.begin(), outside_.end(), [&](const OutsideFile& outside) {
    return !outside.fd && outside.entry.directory == entry.directory &&
           outside.entry.name == entry.name;
  });
  if (!known) outside_.push_back({entry, UniqueFd()});
}

void UnsyncedChanges::BindOutside(const Entry& entry) {
  for (OutsideFile& outside : outside_) {
    if (outside.fd || outside.entry.directory != entry.directory ||
        outside.entry.name != entry.name) {
      continue;
    }
    outside.fd =
        UniqueFd(::openat(entry.directory->fd.get(), entry.name.c_str(), O_RDWR | O_CLOEXEC));
  }
}

void UnsyncedChanges::Add(const std::string& path, std::unique_ptr<FaultLayer::Undo> undo) {
  const std::shared_ptr<FaultLayer::Undo> shared = std::move(undo);
  changes_.push_back({{}, AbsolutePath(path), nullptr, [shared] { shared->Run(); }});
}

void UnsyncedChanges::Revert(Content& content) {
  if (content.original) {
    Ignore(::ftruncate(content.fd.get(), 0));
    CopyBytes(content.original.get(), content.fd.get());
  } else if (SizeOf(content.fd.get()) > content.durable_size) {
    Ignore(::ftruncate(content.fd.get(), content.durable_size));
  }
}

void UnsyncedChanges::Undo(std::int64_t seed) {
  // Bytes first, by inode: a removed file that comes back is a copy of what is left of it.
  for (const OutsideFile& outside : outside_) {
    const UniqueFd opened(outside.fd ? -1
                                     : ::openat(outside.entry.directory->fd.get(),
                                                outside.entry.name.c_str(), O_RDWR | O_CLOEXEC));
    Tear(outside.fd ? outside.fd.get() : opened.get(), seed++);
  }
  for (const auto& [inode, content] : dirty_) Revert(*content);
  for (; !changes_.empty(); changes_.pop_back()) changes_.back().undo();
}

}  // namespace base
}  // namespace thalweg

#endif  // THALWEG_TEST_HOOKS
