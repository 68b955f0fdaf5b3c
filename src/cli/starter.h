#pragma once

#include <string_view>
#include <vector>

namespace thalweg::cli {

/// What `init` writes: a pipeline that runs at once, and its data.
struct StarterFile {
  std::string_view path;  ///< relative
  std::string_view text;
};
const std::vector<StarterFile>& StarterFiles();

}  // namespace thalweg::cli
