#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "base/file_system.h"
#include "connectors/files/options.h"
#include "data/element.h"

namespace thalweg::connectors {

/// What a finished file was: enough to tell whether it is still that file.
struct FileProof {
  Bytes size;
  std::int64_t rows = 0;
  std::string xxh3;  ///< of the bytes, hex
  std::int64_t mtime_ns = 0;
};

/// Writes one file in the format of a target. One thread.
class FileSink {
 public:
  /// `name` decides the compression of text formats.
  static Result<std::unique_ptr<FileSink>> Open(FileSystem& files, const std::string& path,
                                                const std::string& name,
                                                const data::SchemaRef& schema,
                                                const FilesTargetBody& body);
  virtual ~FileSink() = default;
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  /// Bytes so far, about: of Parquet, those of the rows before they are encoded.
  virtual Bytes written() const = 0;
  /// Everything is on the disk then; the name in the directory is the caller's business.
  virtual Result<FileProof> Finish() = 0;
};

/// Is the file at `path` the one of the proof? The content is hashed only if size is equal and the
/// time stamp is not.
Result<bool> IsSameFile(FileSystem& files, const std::string& path, const FileProof& proof);

}  // namespace thalweg::connectors
