#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "component/source.h"
#include "connectors/files/file_scan.h"
#include "connectors/files/options.h"

namespace thalweg::connectors {

/// Files on a disk. One split a file, named by its absolute path. The files are listed and looked
/// at once, at the first call that needs them.
class FilesSource : public component::Source {
 public:
  FilesSource(FilesSourceBody body, component::SourceContext context);

  Result<data::EdgeType> Bind() override;
  /// Path, size, time stamp and content of every file.
  Result<std::optional<component::Fingerprint>> Identity() override;
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<std::optional<component::Scan>> Lower() override;
  component::RejectPolicy reject_policy() const override { return body_.rejects; }
  Result<data::Columns> TableColumns() override;

 private:
  Status List();
  Status FindFiles();
  Result<FileFormat> Format() const;
  /// What it says is wrong has the place of the option.
  Status Prepare();
  Status MakeScan();

  FilesSourceBody body_;
  component::SourceContext context_;
  std::vector<std::string> paths_;
  std::unique_ptr<FileScan> scan_;
};

}  // namespace thalweg::connectors
