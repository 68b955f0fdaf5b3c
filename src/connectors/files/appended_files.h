#pragma once

#include <memory>
#include <set>
#include <string>

#include "component/target.h"
#include "connectors/files/file_receipt.h"
#include "connectors/files/files_writer.h"

namespace thalweg::connectors {

// A directory that every epoch adds files to: part-<epoch>-<task>-<number>.csv. Epochs are ULIDs,
// so that names are in the order of the epochs. A file is written in the directory under a hidden
// name and renamed at the commit; the files of one epoch become visible one after another. An epoch
// without rows has no file. What else is in the directory is left alone, and so is a file that
// somebody took away after its commit.

/// The hidden name of a part: ".<writer>.<name>.tmp".
std::string HiddenPartName(const std::string& writer_tag, const std::string& name);

/// `plan.path`: the directory; `plan.temp` is not used.
Result<std::unique_ptr<component::Writer>> OpenAppendingWriter(FileSystem& files,
                                                               FilesWriterPlan plan,
                                                               std::string writer_tag,
                                                               const component::WriterId& writer,
                                                               EpochId epoch);
/// Idempotent. kCorrupt, slug "prepared-file-lost": a part is neither prepared nor in its place.
Status CommitAppended(FileSystem& files, const std::string& directory, const FileReceipt& receipt);
/// Removes the writer's hidden parts but those whose names are in `keep`.
Status SweepAppended(FileSystem& files, const std::string& directory, const std::string& writer_tag,
                     const std::set<std::string>& keep);
Result<bool> HoldsAppended(FileSystem& files, const std::string& directory,
                           const FileReceipt& receipt);

}  // namespace thalweg::connectors
