#pragma once

#include <memory>

#include "base/file_system.h"

namespace thalweg {
inline namespace base {

/// The operating system's files with nothing in front. The product uses LocalFileSystem().
std::unique_ptr<FileSystem> MakePosixFileSystem();

}  // namespace base
}  // namespace thalweg
