#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "component/target.h"
#include "connectors/files/file_receipt.h"
#include "connectors/files/options.h"

namespace thalweg::connectors {

/// A file, or a directory of files, that every epoch replaces as a whole. Rows are written aside,
/// in the same directory, under a hidden name that tells the writer and the epoch; Prepare fsyncs
/// them and Commit renames (a directory: exchanges) them into place. Somebody who reads sees the
/// old state or the new one. In append mode an epoch adds files to the directory instead
/// (appended_files.h). The proof of the content is its size and XXH3-128.
class FilesTarget : public component::Target {
 public:
  FilesTarget(FilesTargetBody body, component::TargetContext context);

  std::string identity() const override { return "file:" + path_; }
  Result<component::Guarantee> Bind(const data::Columns& columns, const data::EdgeType& edge,
                                    component::WriteMode mode) override;
  Result<std::unique_ptr<component::Writer>> Open(const component::WriterId& writer,
                                                  EpochId epoch) override;
  Status Commit(std::span<const component::Receipt> receipts) override;
  Status Recover(const component::WriterId& writer,
                 std::span<const component::Receipt> wanted) override;
  Result<bool> Holds(const component::Receipt& receipt) override;
  std::string Describe(const component::Receipt& receipt) const override;

 private:
  Status CheckPlace();
  Status CheckReplaceable();
  Status CommitLast(const FileReceipt& receipt);
  Status Replace(const FileReceipt& receipt);
  Result<bool> IsInPlace(const FileReceipt& receipt);
  bool IsPartName(const std::string& name) const;
  std::string WriterTag(const component::WriterId& writer) const;
  std::string TempPrefix(const component::WriterId& writer) const;

  FilesTargetBody body_;
  component::TargetContext context_;
  FileSystem& files_;
  std::string path_;  ///< absolute, without a '/' at its end
  std::string parent_;
  data::SchemaRef schema_;
  component::WriteMode mode_ = component::WriteMode::kReplace;
};

}  // namespace thalweg::connectors
