#include "base/file_system.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ids.h"

namespace thalweg {
inline namespace base {
namespace {

constexpr std::size_t kReadSize = std::size_t{1} << 20;

Status WriteWhole(FileSystem& files, const std::string& path, std::string_view bytes) {
  TW_ASSIGN_OR_RETURN(const auto file, files.Create(path));
  TW_RETURN_IF_ERROR(file->Append(bytes));
  TW_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

/// The caller knows that `path` is a directory itself, and no link to one.
Status RemoveDirectoryTree(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(const auto entries, files.ListEntries(path));
  for (const DirectoryEntry& entry : entries) {
    const std::string child = JoinPath(path, entry.name);
    const bool descend = entry.type == FileInfo::Type::kDirectory && !entry.link;
    TW_RETURN_IF_ERROR(descend ? RemoveDirectoryTree(files, child) : files.Remove(child));
  }
  return files.Remove(path);
}

}  // namespace

Status MakeDirectories(FileSystem& files, const std::string& path) {
  const auto info = files.Stat(path);
  if (info.ok()) {
    if (info->type == FileInfo::Type::kDirectory) return Status::Ok();
    return Status(Code::kExists, fmt::format("a file is where a directory should be path={}", path))
        .WithHint("remove it, or choose another name");
  }
  if (info.status().code() != Code::kNotFound) return info.status();
  const std::string parent = ParentPath(path);
  TW_RETURN_IF_ERROR(MakeDirectories(files, parent));
  TW_RETURN_IF_ERROR(files.MakeDirectory(path));
  return files.SyncDirectory(parent);
}

Status RemoveTree(FileSystem& files, const std::string& path) {
  const auto info = files.Stat(path);
  const bool tree = info.ok() && info->type == FileInfo::Type::kDirectory && !info->link;
  // A link that leads nowhere cannot be looked at, but must go.
  return tree ? RemoveDirectoryTree(files, path) : files.Remove(path);
}

Result<std::string> ReadFile(FileSystem& files, const std::string& path, Bytes limit) {
  TW_ASSIGN_OR_RETURN(const auto file, files.OpenForRead(path));
  TW_ASSIGN_OR_RETURN(const Bytes size, file->Size());
  const Status too_large = Status::Invalid(fmt::format("the file is too large path={} limit={}",
                                                       path, FormatBytes(limit)))
                               .WithHint("use a smaller file");
  if (size > limit) return too_large;
  const auto most = static_cast<std::size_t>(limit.value);
  std::string text;
  // Files of /proc say that they are empty, and others may grow: the end is where reading ends.
  for (std::size_t step = static_cast<std::size_t>(size.value) + 1;; step = kReadSize) {
    const std::size_t before = text.size();
    text.resize(before + std::min(step, most + 1 - before));
    TW_ASSIGN_OR_RETURN(const std::size_t got,
                        file->ReadAt(static_cast<std::int64_t>(before),
                                     std::span(text.data() + before, text.size() - before)));
    const bool at_end = before + got < text.size();
    text.resize(before + got);
    if (text.size() > most) return too_large;
    if (at_end) return text;
  }
}

Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view bytes) {
  const std::string parent = ParentPath(path);
  const std::string aside = JoinPath(parent, ".tmp-" + NewUlid());
  Status status = WriteWhole(files, aside, bytes);
  if (status.ok()) status = files.Rename(aside, path);
  if (!status.ok()) {
    // The first failure is the one to report.
    static_cast<void>(files.Remove(aside));
    return status;
  }
  return files.SyncDirectory(parent);
}

Result<Hash128> HashFile(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(const auto file, files.OpenForRead(path));
  std::vector<char> buffer(kReadSize);
  BytesHasher hasher;
  for (std::int64_t offset = 0;;) {
    TW_ASSIGN_OR_RETURN(const std::size_t got, file->ReadAt(offset, buffer));
    hasher.Update(buffer.data(), got);
    if (got < buffer.size()) return hasher.Finish();
    offset += static_cast<std::int64_t>(got);
  }
}

}  // namespace base
}  // namespace thalweg
