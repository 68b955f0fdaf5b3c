#include "runs/outside_files.h"

#include <fmt/format.h>

namespace thalweg::runs {

Result<OutsideFile> LookAtOutside(FileSystem& files, const data::DataFile& file) {
  TW_ASSIGN_OR_RETURN(const auto then, data::FileIdentity::Parse(file.identity));
  const auto now = files.Stat(file.path);
  if (!now.ok() && now.status().code() == Code::kNotFound) return OutsideFile::kMissing;
  if (!now.ok()) return now.status();
  const bool same = now->size == then.size && now->mtime_ns == then.mtime_ns;
  return same ? OutsideFile::kSame : OutsideFile::kChanged;
}

Status CheckOutsideFiles(FileSystem& files, const catalog::VersionRecord& version) {
  for (const data::DataFile& file : version.manifest.files) {
    if (!file.outside()) continue;
    TW_ASSIGN_OR_RETURN(const OutsideFile state, LookAtOutside(files, file));
    if (state == OutsideFile::kSame) continue;
    return Status(Code::kConflict,
                  fmt::format("version {} of table {}.{} refers to a file that {} path={}",
                              version.number, version.pipeline, version.table,
                              state == OutsideFile::kMissing ? "is gone" : "has changed since",
                              file.path))
        .WithSlug(kSourceChanged)
        .WithHint("its rows exist no more; thalweg run reads the files anew, as the next version");
  }
  return {};
}

Result<bool> HasItsFiles(FileSystem& files, const std::string& home,
                         const catalog::VersionRecord& version) {
  for (const data::DataFile& file : version.manifest.files) {
    if (file.outside()) continue;
    const auto there = files.Stat(JoinPath(home, file.path));
    if (!there.ok() && there.status().code() != Code::kNotFound) return there.status();
    if (!there.ok() || there->size != file.size) return false;
  }
  return true;
}

}  // namespace thalweg::runs
