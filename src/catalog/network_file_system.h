#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::catalog {

/// The name of the network file system (or one in user space) that these say, none for a local one.
/// `magic` is statfs' f_type, `mounted_as` the type in /proc/self/mountinfo; it decides where many
/// systems share one magic number (FUSE).
std::optional<std::string> NetworkFileSystemName(std::uint64_t magic, std::string_view mounted_as);

/// kRefused when `path`, or the nearest directory above it that exists, lies on a network file
/// system: SQLite's WAL needs memory that all who write share, and locks that work.
Status RefuseNetworkFileSystem(const std::string& path);

}  // namespace thalweg::catalog
