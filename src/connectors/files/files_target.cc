#include "connectors/files/files_target.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "connectors/files/appended_files.h"
#include "connectors/files/files_writer.h"
#include "data/types.h"

namespace thalweg::connectors {
namespace {

constexpr std::string_view kTempEnding = ".tmp";
/// Names have at most 255 bytes; a temporary one adds about 50.
constexpr std::size_t kLongestStem = 180;

}  // namespace

FilesTarget::FilesTarget(FilesTargetBody body, component::TargetContext context)
    : body_(std::move(body)),
      context_(std::move(context)),
      files_(*context_.files),
      path_(AbsolutePath(JoinPath(context_.directory, body_.files))),
      parent_(ParentPath(path_)) {}

Result<component::Guarantee> FilesTarget::Bind(const data::Columns& columns,
                                               const data::EdgeType& edge,
                                               component::WriteMode mode) {
  const bool append = mode == component::WriteMode::kAppend;
  if (mode == component::WriteMode::kMerge || (append && !body_.directory)) {
    return Status::Unsupported(
               fmt::format("a file can only be replaced as a whole target={}", identity()))
        .WithSlug("write-mode")
        .WithHint(append ? "add a / to the name: a directory gets a file for every epoch"
                         : "remove \"write\"");
  }
  if (!append && body_.roll) {
    return Status::Invalid(fmt::format("\"roll\" needs write: append target={}", identity()))
        .WithSlug("write-mode")
        .WithHint("use max_rows_per_file");
  }
  mode_ = mode;
  if (body_.file_format == FileFormat::kParquet) {
    for (const data::Column& column : columns) TW_RETURN_IF_ERROR(data::CheckStorable(column));
  }
  TW_RETURN_IF_ERROR(CheckPlace());
  schema_ = edge.schema;
  return component::Guarantee::kExactlyOnceStaged;
}

Status FilesTarget::CheckPlace() {
  const auto info = files_.Stat(path_);
  if (!info.ok()) {
    if (info.status().code() != Code::kNotFound) return info.status();
    const auto parent = files_.Stat(parent_);
    if (!parent.ok() || parent->type == FileInfo::Type::kDirectory) return Status::Ok();
    return Status::Invalid(
               fmt::format("a file is where the target's directory should be path={}", parent_))
        .WithSlug("not-a-directory")
        .WithHint("remove it, or choose another name");
  }
  const bool is_directory = info->type == FileInfo::Type::kDirectory;
  if (is_directory == body_.directory) {
    const bool whole = body_.directory && mode_ == component::WriteMode::kReplace;
    return whole ? CheckReplaceable() : Status::Ok();
  }
  return Status::Invalid(fmt::format("a {} has the name of the target path={}",
                                     is_directory ? "directory" : "file", path_))
      .WithSlug(is_directory ? "is-a-directory" : "not-a-directory")
      .WithHint(is_directory ? "add a / to the name for a directory of files, or choose another one"
                             : "remove it, or the / at the end of the name");
}

/// A directory target takes the place of the whole directory: only what it wrote itself may be in
/// there.
Status FilesTarget::CheckReplaceable() {
  TW_ASSIGN_OR_RETURN(const auto names, files_.List(path_));
  for (const std::string& name : names) {
    if (IsPartName(name)) continue;
    return Status(Code::kExists,
                  fmt::format("the directory holds a file that is not of the target path={}",
                              JoinPath(path_, name)))
        .WithSlug("directory-in-use")
        .WithHint("a directory target replaces the whole directory: give it one of its own");
  }
  return Status::Ok();
}

bool FilesTarget::IsPartName(const std::string& name) const {
  constexpr std::string_view kStem = "part-";
  if (!name.starts_with(kStem)) return false;
  const std::size_t dot = name.find_first_not_of("0123456789", kStem.size());
  return dot != std::string::npos && dot > kStem.size() && name[dot] == '.';
}

std::string FilesTarget::WriterTag(const component::WriterId& writer) const {
  const std::uint64_t who = Hash64(fmt::format("{}/{}/{}", writer.node.str(), writer.task, path_));
  return fmt::format("{:08x}", who & 0xFFFFFFFF);
}

std::string FilesTarget::TempPrefix(const component::WriterId& writer) const {
  const std::string stem = FileName(path_).substr(0, kLongestStem);
  return fmt::format(".{}.{}.", stem, WriterTag(writer));
}

Result<std::unique_ptr<component::Writer>> FilesTarget::Open(const component::WriterId& writer,
                                                             EpochId epoch) {
  if (schema_ == nullptr) return Status::Internal("a files target was opened before it was bound");
  TW_RETURN_IF_ERROR(MakeDirectories(files_, parent_));
  TW_RETURN_IF_ERROR(CheckPlace());
  if (mode_ == component::WriteMode::kAppend) {
    return OpenAppendingWriter(files_, {body_, schema_, identity(), path_, {}}, WriterTag(writer),
                               writer, epoch);
  }
  const std::string temp =
      JoinPath(parent_, fmt::format("{}{}{}", TempPrefix(writer), epoch.str(), kTempEnding));
  return OpenFilesWriter(files_, {body_, schema_, identity(), path_, temp});
}

Status FilesTarget::Commit(std::span<const component::Receipt> receipts) {
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    TW_ASSIGN_OR_RETURN(FileReceipt receipt, ParseReceipt(receipts[i]));
    if (receipt.append) {
      TW_RETURN_IF_ERROR(CommitAppended(files_, path_, receipt));
      continue;
    }
    // JSON is UTF-8, and a directory above may have a name that is not.
    receipt.temp = JoinPath(parent_, FileName(receipt.temp));
    // Each epoch replaces the one before it: only the last needs to be seen.
    if (i + 1 < receipts.size()) {
      TW_RETURN_IF_ERROR(RemoveTree(files_, receipt.temp));
    } else {
      TW_RETURN_IF_ERROR(CommitLast(receipt));
    }
  }
  return Status::Ok();
}

Status FilesTarget::CommitLast(const FileReceipt& receipt) {
  const auto temp = files_.Stat(receipt.temp);
  if (!temp.ok() && temp.status().code() != Code::kNotFound) return temp.status();
  const bool prepared = temp.ok();
  // An exchange leaves the old directory under the temporary name: it must not be exchanged back.
  if (!prepared || body_.directory) {
    TW_ASSIGN_OR_RETURN(const bool done, IsInPlace(receipt));
    if (done) {
      TW_RETURN_IF_ERROR(files_.SyncDirectory(parent_));
      return prepared ? RemoveTree(files_, receipt.temp) : Status::Ok();
    }
  }
  if (prepared) return Replace(receipt);
  return Status(Code::kCorrupt, Fault::kExternal,
                fmt::format("what was prepared for the target is gone temp={} path={}",
                            receipt.temp, path_))
      .WithSlug("prepared-file-lost")
      .WithHint("run the target's node again: its rows are written anew");
}

Status FilesTarget::Replace(const FileReceipt& receipt) {
  const bool exchange = body_.directory && files_.Stat(path_).ok();
  if (exchange) TW_RETURN_IF_ERROR(CheckReplaceable());
  TW_RETURN_IF_ERROR(exchange ? files_.Exchange(receipt.temp, path_)
                              : files_.Rename(receipt.temp, path_));
  TW_RETURN_IF_ERROR(files_.SyncDirectory(parent_));
  return exchange ? RemoveTree(files_, receipt.temp) : Status::Ok();
}

Result<bool> FilesTarget::IsInPlace(const FileReceipt& receipt) {
  if (!receipt.directory) return IsSameFile(files_, path_, receipt.parts.front().second);
  const auto names = files_.List(path_);
  if (!names.ok()) {
    const auto info = files_.Stat(path_);
    const bool no_directory = !info.ok() || info->type != FileInfo::Type::kDirectory;
    return no_directory ? Result<bool>(false) : Result<bool>(names.status());
  }
  if (names->size() != receipt.parts.size()) return false;
  for (const auto& [name, proof] : receipt.parts) {
    TW_ASSIGN_OR_RETURN(const bool same, IsSameFile(files_, JoinPath(path_, name), proof));
    if (!same) return false;
  }
  return true;
}

Status FilesTarget::Recover(const component::WriterId& writer,
                            std::span<const component::Receipt> wanted) {
  std::set<std::string> keep;
  for (const component::Receipt& receipt : wanted) {
    if (receipt.target != identity()) continue;
    TW_ASSIGN_OR_RETURN(const FileReceipt parsed, ParseReceipt(receipt));
    keep.insert(FileName(parsed.temp));
    if (!parsed.append) continue;
    for (const auto& part : parsed.parts) keep.insert(HiddenPartName(parsed.tag, part.first));
  }
  if (body_.directory) {
    TW_RETURN_IF_ERROR(SweepAppended(files_, path_, WriterTag(writer), keep));
  }
  const auto names = files_.List(parent_);
  if (!names.ok()) return names.status().code() == Code::kNotFound ? Status::Ok() : names.status();
  const std::string prefix = TempPrefix(writer);
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix) || !name.ends_with(kTempEnding) || keep.contains(name)) continue;
    TW_RETURN_IF_ERROR(RemoveTree(files_, JoinPath(parent_, name)));
  }
  return Status::Ok();
}

Result<bool> FilesTarget::Holds(const component::Receipt& receipt) {
  TW_ASSIGN_OR_RETURN(const FileReceipt parsed, ParseReceipt(receipt));
  return parsed.append ? HoldsAppended(files_, path_, parsed) : IsInPlace(parsed);
}

std::string FilesTarget::Describe(const component::Receipt& receipt) const {
  const auto parsed = ParseReceipt(receipt);
  if (!parsed.ok()) return body_.files;
  std::string text = fmt::format("{}, {}, {}", body_.files, FormatCount(parsed->rows(), "row"),
                                 FormatBytes(parsed->size()));
  if (parsed->directory) {
    text += " in " + FormatCount(std::ssize(parsed->parts), "file");
  }
  return text;
}

}  // namespace thalweg::connectors
