#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"

namespace thalweg::connectors {

/// The files that paths and patterns name, absolute, sorted, each once. Relative ones start at
/// `directory`. kNotFound (slug "no-files"): names the pattern and the directory that was searched,
/// and a name that is near. A directory, or something that is no file, is kInvalid.
Result<std::vector<std::string>> ListFiles(FileSystem& files, const std::string& directory,
                                           const std::vector<std::string>& patterns);

}  // namespace thalweg::connectors
