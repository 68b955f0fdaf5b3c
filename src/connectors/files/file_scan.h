#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "component/scan.h"
#include "component/source.h"
#include "connectors/files/options.h"

namespace thalweg::connectors {

/// How the files of a source are read, by their format. Made once the files are known, by looking
/// at them.
class FileScan {
 public:
  virtual ~FileScan() = default;
  virtual const data::Columns& columns() const = 0;
  /// For an engine; none: through Open.
  virtual std::optional<component::Scan> Lower() const = 0;
  /// Reads one of the files, from a position that its reader gave.
  virtual Result<std::unique_ptr<component::Reader>> Open(
      const std::string& path, const component::Position& from) const = 0;
};

/// The files exist, are sorted, and at least one. Everything outlives the scan, but `paths`.
Result<std::unique_ptr<FileScan>> MakeCsvScan(const FilesSourceBody& body,
                                              std::vector<std::string> paths,
                                              const component::SourceContext& context);
Result<std::unique_ptr<FileScan>> MakeJsonScan(const FilesSourceBody& body, FileFormat format,
                                               std::vector<std::string> paths,
                                               const component::SourceContext& context);
Result<std::unique_ptr<FileScan>> MakeParquetScan(const FilesSourceBody& body,
                                                  std::vector<std::string> paths,
                                                  const component::SourceContext& context);

}  // namespace thalweg::connectors
