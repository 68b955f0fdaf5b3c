#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"

namespace thalweg {
inline namespace base {

/// A new directory below TMPDIR (default /tmp), removed with everything in it at the end of the
/// scope.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// A path inside of it; nothing is created.
  std::string operator/(std::string_view name) const { return JoinPath(path_, name); }
  /// Writes a file, and the directories that lead to it; returns its path.
  std::string Write(std::string_view name, std::string_view bytes) const;

 private:
  std::string path_;
};

}  // namespace base
}  // namespace thalweg
