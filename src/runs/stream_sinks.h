#pragma once

#include <memory>
#include <string>

#include "data/parquet_file.h"
#include "flow/sink.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// Rows of a stream's table, or of one of its sides: a Parquet file for each epoch that has rows,
/// in the attempt's directory.
class TableSink : public flow::Sink {
 public:
  /// `directory` is absolute and exists; names begin with `prefix`.
  TableSink(FileSystem& files, std::string directory, std::string prefix, data::SchemaRef schema);
  Status Write(const data::Batch& batch) override;
  Result<flow::Sealed> Seal(std::uint64_t epoch) override;
  void Abort() override;

 private:
  FileSystem& files_;
  const std::string directory_, prefix_;
  const data::SchemaRef schema_;
  std::unique_ptr<data::ParquetWriter> writer_;
  std::string path_;
  std::uint64_t sequence_ = 0;
};

/// Rows to a target: one of its writers for each epoch that has rows.
class TargetSink : public flow::Sink {
 public:
  TargetSink(FileSystem& files, std::shared_ptr<component::Target> target, NodeId node);
  Status Write(const data::Batch& batch) override;
  Result<flow::Sealed> Seal(std::uint64_t epoch) override;
  void Abort() override;

 private:
  FileSystem& files_;
  const std::shared_ptr<component::Target> target_;
  const component::WriterId id_;
  std::unique_ptr<component::Writer> writer_;
  EpochId epoch_;
  std::int64_t rows_ = 0;
};

}  // namespace thalweg::runs
