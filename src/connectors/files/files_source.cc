#include "connectors/files/files_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "connectors/files/file_list.h"
#include "data/manifest.h"
#include "data/types.h"

namespace thalweg::connectors {

FilesSource::FilesSource(FilesSourceBody body, component::SourceContext context)
    : body_(std::move(body)), context_(std::move(context)) {}

Status FilesSource::List() {
  if (!paths_.empty()) return Status::Ok();
  return WithPlaceOf(FindFiles(), body_.SpanOf("files"));
}

Status FilesSource::FindFiles() {
  TW_ASSIGN_OR_RETURN(auto paths, ListFiles(*context_.files, context_.directory, body_.files));
  // Before hours of work: a file that cannot be opened is found now.
  for (const std::string& path : paths)
    TW_RETURN_IF_ERROR(context_.files->OpenForRead(path).status());
  paths_ = std::move(paths);
  return Status::Ok();
}

Result<FileFormat> FilesSource::Format() const {
  for (const FileFormat format :
       {FileFormat::kCsv, FileFormat::kJson, FileFormat::kNdjson, FileFormat::kParquet}) {
    if (body_.format == ToString(format)) return format;
  }
  std::optional<FileFormat> common;
  for (const std::string& path : paths_) {
    const auto format = FormatOfPath(path);
    if (!format) {
      return Status::Invalid(
                 fmt::format("the name does not tell the format of the file path={}", path))
          .WithSlug("unknown-format")
          .WithHint(fmt::format("add format: csv, json, ndjson or parquet; known endings are {}",
                                KnownEndings()));
    }
    if (common && *common != *format) {
      return Status::Invalid(
                 fmt::format("files of different formats in one source: {} is {}, others are {}",
                             path, ToString(*format), ToString(*common)))
          .WithSlug("different-formats")
          .WithHint("give each format a source of its own");
    }
    common = format;
  }
  return *common;
}

Status FilesSource::Prepare() {
  if (scan_) return Status::Ok();
  TW_RETURN_IF_ERROR(List());
  const Status made = MakeScan();
  if (!made.ok()) scan_.reset();
  return WithPlaceOf(made, body_.SpanOf("files"));
}

Status FilesSource::MakeScan() {
  TW_ASSIGN_OR_RETURN(const FileFormat format, Format());
  switch (format) {
    case FileFormat::kCsv: {
      TW_ASSIGN_OR_RETURN(scan_, MakeCsvScan(body_, paths_, context_));
      break;
    }
    case FileFormat::kJson:
    case FileFormat::kNdjson: {
      TW_ASSIGN_OR_RETURN(scan_, MakeJsonScan(body_, format, paths_, context_));
      break;
    }
    case FileFormat::kParquet: {
      TW_ASSIGN_OR_RETURN(scan_, MakeParquetScan(body_, paths_, context_));
      break;
    }
  }
  return data::StoredColumns(scan_->columns()).status();
}

Result<data::EdgeType> FilesSource::Bind() {
  TW_RETURN_IF_ERROR(Prepare());
  data::EdgeType edge;
  TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(scan_->columns()));
  return edge;
}

Result<std::optional<component::Fingerprint>> FilesSource::Identity() {
  TW_RETURN_IF_ERROR(List());
  std::string text;
  for (const std::string& path : paths_) {
    TW_ASSIGN_OR_RETURN(const data::FileIdentity identity, context_.identify(path));
    text += identity.ToString();
    text += '\n';
  }
  return std::optional(component::Fingerprint{std::move(text)});
}

Result<std::vector<component::Split>> FilesSource::Discover(const component::SourceState&) {
  TW_RETURN_IF_ERROR(List());
  std::vector<component::Split> splits;
  for (const std::string& path : paths_) splits.push_back({path, {}});
  return splits;
}

Result<std::unique_ptr<component::Reader>> FilesSource::Open(const component::Split& split,
                                                             const component::Position& from) {
  TW_RETURN_IF_ERROR(Prepare());
  if (std::find(paths_.begin(), paths_.end(), split.name) == paths_.end()) {
    return Status::NotFound(
               fmt::format("the file is no longer part of the source path={}", split.name))
        .WithSlug("no-files")
        .WithHint("put it back, or run the node again from the beginning");
  }
  return scan_->Open(split.name, from);
}

Result<std::optional<component::Scan>> FilesSource::Lower() {
  TW_RETURN_IF_ERROR(Prepare());
  return scan_->Lower();
}

Result<data::Columns> FilesSource::TableColumns() {
  TW_RETURN_IF_ERROR(Prepare());
  return scan_->columns();
}

}  // namespace thalweg::connectors
