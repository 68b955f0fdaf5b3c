#include "connectors/files/appended_files.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <fmt/format.h>

namespace thalweg::connectors {
namespace {

constexpr std::string_view kHiddenEnding = ".tmp";
/// Rows between two looks at the size of a part.
constexpr std::int64_t kRowsPerPart = 4096;

class AppendingWriter : public component::Writer {
 public:
  AppendingWriter(FileSystem& files, FilesWriterPlan plan, std::string tag, std::string stem)
      : files_(files), plan_(std::move(plan)), tag_(std::move(tag)), stem_(std::move(stem)) {}
  ~AppendingWriter() override { Abort(); }

  Status Write(const data::Batch& batch) override {
    for (std::int64_t row = 0; row < batch->num_rows();) {
      if (!sink_) TW_RETURN_IF_ERROR(OpenPart());
      std::int64_t rows = std::min(kRowsPerPart, batch->num_rows() - row);
      if (plan_.body.max_rows_per_file) {
        rows = std::min(rows, *plan_.body.max_rows_per_file - rows_in_part_);
      }
      TW_RETURN_IF_ERROR(sink_->Write(*batch->Slice(row, rows)));
      row += rows;
      rows_in_part_ += rows;
      const bool full = rows_in_part_ == plan_.body.max_rows_per_file ||
                        (plan_.body.roll && sink_->written() >= plan_.body.roll->size);
      if (full) TW_RETURN_IF_ERROR(ClosePart());
    }
    return Status::Ok();
  }

  Result<component::Receipt> Prepare(EpochId) override {
    if (sink_) TW_RETURN_IF_ERROR(ClosePart());
    if (!parts_.empty()) TW_RETURN_IF_ERROR(files_.SyncDirectory(plan_.path));
    const FileReceipt receipt{.path = plan_.path,
                              .temp = HiddenPartName(tag_, stem_),
                              .directory = true,
                              .append = true,
                              .tag = tag_,
                              .parts = std::move(parts_)};
    parts_.clear();
    names_.clear();
    return component::Receipt{plan_.identity, receipt.ToJson()};
  }

  void Abort() override {
    sink_.reset();
    // What cannot be removed now is found by Recover.
    for (const std::string& name : names_) static_cast<void>(files_.Remove(Hidden(name)));
    names_.clear();
  }

 private:
  std::string Hidden(const std::string& name) const {
    return JoinPath(plan_.path, HiddenPartName(tag_, name));
  }

  Status OpenPart() {
    const std::string name =
        fmt::format("{}-{:05}{}", stem_, names_.size(), PartEnding(plan_.body));
    names_.push_back(name);
    TW_ASSIGN_OR_RETURN(sink_,
                        FileSink::Open(files_, Hidden(name), name, plan_.schema, plan_.body));
    rows_in_part_ = 0;
    return Status::Ok();
  }

  Status ClosePart() {
    TW_ASSIGN_OR_RETURN(FileProof proof, sink_->Finish());
    sink_.reset();
    parts_.emplace_back(names_.back(), std::move(proof));
    return Status::Ok();
  }

  FileSystem& files_;
  const FilesWriterPlan plan_;
  const std::string tag_, stem_;
  std::unique_ptr<FileSink> sink_;
  std::int64_t rows_in_part_ = 0;
  std::vector<std::string> names_;  ///< of all parts, also the one that is being written
  std::vector<std::pair<std::string, FileProof>> parts_;
};

}  // namespace

std::string HiddenPartName(const std::string& writer_tag, const std::string& name) {
  return fmt::format(".{}.{}{}", writer_tag, name, kHiddenEnding);
}

Result<std::unique_ptr<component::Writer>> OpenAppendingWriter(FileSystem& files,
                                                               FilesWriterPlan plan,
                                                               std::string writer_tag,
                                                               const component::WriterId& writer,
                                                               EpochId epoch) {
  TW_RETURN_IF_ERROR(MakeDirectories(files, plan.path));
  std::string stem = fmt::format("part-{}-{:02}", epoch.str(), writer.task);
  return Result<std::unique_ptr<component::Writer>>(std::make_unique<AppendingWriter>(
      files, std::move(plan), std::move(writer_tag), std::move(stem)));
}

Status CommitAppended(FileSystem& files, const std::string& directory, const FileReceipt& receipt) {
  for (const auto& [name, proof] : receipt.parts) {
    const std::string hidden = JoinPath(directory, HiddenPartName(receipt.tag, FileName(name)));
    const std::string path = JoinPath(directory, FileName(name));
    const auto prepared = files.Stat(hidden);
    if (prepared.ok()) {
      TW_RETURN_IF_ERROR(files.Rename(hidden, path));
      continue;
    }
    if (prepared.status().code() != Code::kNotFound) return prepared.status();
    TW_ASSIGN_OR_RETURN(const bool same, IsSameFile(files, path, proof));
    if (same) continue;
    return Status(Code::kCorrupt, Fault::kExternal,
                  fmt::format("what was prepared for the target is gone temp={} path={}", hidden,
                              path))
        .WithSlug("prepared-file-lost")
        .WithHint("run the target's node again: its rows are written anew");
  }
  return receipt.parts.empty() ? Status::Ok() : files.SyncDirectory(directory);
}

Status SweepAppended(FileSystem& files, const std::string& directory, const std::string& writer_tag,
                     const std::set<std::string>& keep) {
  const auto names = files.List(directory);
  if (!names.ok()) return Status::Ok();  // not there yet, or a file: Open says so
  const std::string prefix = fmt::format(".{}.part-", writer_tag);
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix) || !name.ends_with(kHiddenEnding) || keep.contains(name))
      continue;
    TW_RETURN_IF_ERROR(files.Remove(JoinPath(directory, name)));
  }
  return Status::Ok();
}

Result<bool> HoldsAppended(FileSystem& files, const std::string& directory,
                           const FileReceipt& receipt) {
  for (const auto& [name, proof] : receipt.parts) {
    TW_ASSIGN_OR_RETURN(const bool same,
                        IsSameFile(files, JoinPath(directory, FileName(name)), proof));
    if (!same) return false;
  }
  return true;
}

}  // namespace thalweg::connectors
