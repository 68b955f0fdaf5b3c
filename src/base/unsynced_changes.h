#pragma once

#include <sys/types.h>

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/unique_fd.h"

namespace thalweg {
inline namespace base {

/// Everything that was changed and not yet synced, with what it takes to undo it: the disk of a
/// simulated power cut. The model is as strict as POSIX allows on a journaling file system:
///   - bytes are durable after a sync of their file;
///   - a name (created, made, removed) is durable after a sync of its directory, a rename after a
///   sync of the
///     directory it leads to, an exchange after a sync of both;
///   - bytes that a library wrote by itself are torn until SyncFile: half, or zeros in the second
///   half, or none.
/// Files and directories are known by their inode, so that renames of them or of their parents lose
/// nothing. Not thread-safe. Only in builds with THALWEG_TEST_HOOKS.
class UnsyncedChanges {
 public:
  /// Looks at the state before a change; what it returns records the change, and is called if that
  /// succeeded.
  using Record = std::function<void()>;

  struct Content;  ///< the bytes of one file that is written through the seam
  using ContentRef = std::shared_ptr<Content>;

  Record BeforeCreate(const std::string& path);
  ContentRef ContentOf(const std::string& path);  ///< null when it cannot be opened
  void BeforeAppend(const ContentRef& content);
  void FileSynced(const ContentRef& content);

  Record BeforeMakeDirectory(const std::string& path);
  Record BeforeRename(const std::string& from, const std::string& to);
  Record BeforeExchange(const std::string& a, const std::string& b);
  Record BeforeRemove(const std::string& path);

  /// The path, a file or a directory, was synced.
  void Synced(const std::string& path);

  void WillWriteOutside(const std::string& path);
  /// A change that somebody else knows how to undo; forgotten by Synced(path).
  void Add(const std::string& path, std::unique_ptr<FaultLayer::Undo> undo);

  /// Makes the disk what it would be after a power cut now. `seed` chooses how bytes are torn.
  void Undo(std::int64_t seed);

 private:
  struct Inode {
    dev_t device = 0;
    ino_t number = 0;
    auto operator<=>(const Inode&) const = default;
  };
  struct Directory {
    UniqueFd fd;
    Inode inode;
  };
  using DirectoryRef = std::shared_ptr<Directory>;
  /// A name in a directory.
  struct Entry {
    DirectoryRef directory;
    std::string name;
    bool Exists() const;
  };
  class Saved;

  /// One change of names, or one of a library's.
  struct Change {
    std::vector<DirectoryRef> waits_for;  // directories that must be synced
    std::string path;                     // or the path
    std::function<bool()> begun;          // when set: a sync counts only after this
    std::function<void()> undo;
  };

  struct OutsideFile {
    Entry entry;
    UniqueFd fd;  // set when the name is about to change
  };

  static Inode InodeOf(int fd);
  static void Revert(Content& content);
  DirectoryRef OpenDirectory(const std::string& path);
  /// A null directory when there is none.
  Entry EntryOf(const std::string& path);
  void BindOutside(const Entry& entry);
  void DirectorySynced(Inode directory);

  std::map<Inode, ContentRef> dirty_;
  std::map<Inode, std::weak_ptr<Directory>> directories_;
  std::vector<OutsideFile> outside_;
  std::vector<Change> changes_;
};

}  // namespace base
}  // namespace thalweg
