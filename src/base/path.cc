#include <unistd.h>

#include <climits>
#include <vector>

#include "base/file_system.h"

namespace thalweg {
inline namespace base {
namespace {

std::string_view WithoutTrailingSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string JoinPath(std::string_view a, std::string_view b) {
  if (a.empty() || b.starts_with('/')) return std::string(b);
  if (b.empty()) return std::string(a);
  std::string joined(a);
  if (!a.ends_with('/')) joined += '/';
  return joined += b;
}

std::string ParentPath(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(WithoutTrailingSlashes(path.substr(0, slash + 1)));
}

std::string FileName(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string AbsolutePath(std::string_view path) {
  std::string whole(path);
  if (!path.starts_with('/')) {
    char here[PATH_MAX];
    // Without a working directory (it was removed) a relative path has no other meaning than below
    // the root.
    whole = JoinPath(getcwd(here, sizeof here) == nullptr ? "/" : here, path);
  }
  std::vector<std::string_view> parts;
  for (std::string_view rest = whole; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string normal;
  for (const std::string_view part : parts) (normal += '/') += part;
  return normal.empty() ? "/" : normal;
}

}  // namespace base
}  // namespace thalweg
