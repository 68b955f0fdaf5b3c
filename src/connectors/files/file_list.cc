#include "connectors/files/file_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/diagnostic.h"

namespace thalweg::connectors {
namespace {

bool HasWildcard(std::string_view path) {
  return path.find_first_of("*?[{") != std::string_view::npos;
}

/// The longest part of the pattern, from its beginning, that is a directory and no pattern.
std::string SearchedDirectory(FileSystem& files, const std::string& pattern) {
  std::string directory = ParentPath(pattern);
  while (directory != "/" && directory != ".") {
    if (!HasWildcard(directory)) {
      const auto info = files.Stat(directory);
      if (info.ok() && info->type == FileInfo::Type::kDirectory) break;
    }
    directory = ParentPath(directory);
  }
  return directory;
}

/// The name in `directory` that was perhaps meant by the next part of `path`.
std::string NearName(FileSystem& files, const std::string& directory, const std::string& path) {
  std::string_view rest = std::string_view(path).substr(std::min(path.size(), directory.size()));
  while (rest.starts_with('/')) rest.remove_prefix(1);
  const std::string_view next = rest.substr(0, rest.find('/'));
  const auto names = files.List(directory);
  return names.ok() ? Nearest(next, *names) : std::string();
}

Status NoFiles(FileSystem& files, const std::string& written, const std::string& path) {
  const std::string directory = SearchedDirectory(files, path);
  const std::string near = NearName(files, directory, path);
  const bool pattern = HasWildcard(path);
  std::string hint = pattern ? "see that the pattern fits: * does not cross a /, ** does"
                             : "create it, or correct the path";
  if (!near.empty()) hint = fmt::format("did you mean \"{}\"?", JoinPath(directory, near));
  return Status::NotFound(
             fmt::format("{} files=\"{}\" searched={}",
                         pattern ? "no file fits the pattern" : "there is no such file", written,
                         directory))
      .WithSlug("no-files")
      .WithHint(hint);
}

Status CheckIsFile(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
  if (info.type == FileInfo::Type::kDirectory) {
    return Status::Invalid(fmt::format("a directory is no file path={}", path))
        .WithSlug("is-a-directory")
        .WithHint(fmt::format("name its files: \"{}\"", JoinPath(path, "*.csv")));
  }
  if (info.type != FileInfo::Type::kFile) {
    return Status::Invalid(fmt::format("this is no regular file path={}", path))
        .WithSlug("not-a-file")
        .WithHint("pipes and devices cannot be read twice: write their bytes to a file first");
  }
  return Status::Ok();
}

Result<std::vector<std::string>> Expand(FileSystem& files, const std::string& written,
                                        const std::string& path) {
  // A name that holds wildcard characters and exists is meant as it stands.
  if (files.Stat(path).ok()) return std::vector<std::string>{path};
  if (!HasWildcard(path)) return NoFiles(files, written, path);
  TW_ASSIGN_OR_RETURN(auto found, Glob(files, path));
  std::erase_if(found, [&](const std::string& name) {
    const auto info = files.Stat(name);
    return info.ok() && info->type == FileInfo::Type::kDirectory;
  });
  if (found.empty()) return NoFiles(files, written, path);
  return found;
}

}  // namespace

Result<std::vector<std::string>> ListFiles(FileSystem& files, const std::string& directory,
                                           const std::vector<std::string>& patterns) {
  std::vector<std::string> all;
  for (const std::string& pattern : patterns) {
    const std::string path = AbsolutePath(JoinPath(directory, pattern));
    TW_ASSIGN_OR_RETURN(const auto found, Expand(files, pattern, path));
    for (const std::string& name : found) {
      TW_RETURN_IF_ERROR(CheckIsFile(files, name));
      all.push_back(name);
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace thalweg::connectors
