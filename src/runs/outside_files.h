#pragma once

#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "catalog/records.h"
#include "data/manifest.h"

namespace thalweg::runs {

/// Slug of the error for a version whose rows are no more.
inline constexpr char kSourceChanged[] = "source-changed";

/// What became of a file outside the home since a version was made that refers to it.
enum class OutsideFile { kSame, kChanged, kMissing };

/// By size and time stamp; the bytes are not read. `file` is an outside one.
Result<OutsideFile> LookAtOutside(FileSystem& files, const data::DataFile& file);

/// Every outside file of the version must still be what it was when the version was made, else the
/// rows of the version exist no more: kConflict, slug kSourceChanged. Costs nothing for a version
/// without such files.
Status CheckOutsideFiles(FileSystem& files, const catalog::VersionRecord& version);

/// Whether the version's own files, those in the home, are there in the size that was committed.
/// The bytes are not read.
Result<bool> HasItsFiles(FileSystem& files, const std::string& home,
                         const catalog::VersionRecord& version);

}  // namespace thalweg::runs
