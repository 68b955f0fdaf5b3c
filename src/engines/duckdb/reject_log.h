#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "data/parquet_file.h"
#include "formats/decoder.h"

namespace thalweg::engines {

/// What becomes of the bad rows of one scan: counted, written to a file, or the end of it all.
/// Thread-safe.
class RejectLog {
 public:
  /// `path`: where rejected rows go; empty: nowhere.
  RejectLog(FileSystem& files, component::RejectPolicy policy, std::string path)
      : files_(files), policy_(policy), path_(std::move(path)) {}

  void CountGood(std::int64_t rows);
  /// Bad rows of file number `file`. Which of them fails a scan with BadRows::kFail does not depend
  /// on which thread comes first: it is known when no thread reads any more.
  Status Add(std::size_t file, const std::string& source, const std::vector<formats::BadRow>& rows);
  /// No more rows need be read: the scan has failed.
  bool failed() const;
  /// Why, when it has failed and no thread is at work any more.
  Status failure() const;

  /// After the last row. Checks the limits and closes the file.
  Status Finish();

  std::int64_t good() const;
  std::int64_t bad() const;
  /// After Finish; none when no row was rejected, or rows go nowhere.
  const std::optional<data::DataFile>& file() const { return file_; }

 private:
  struct FirstBad {
    std::size_t file = 0;
    std::int64_t line = 0;
    Status status;
  };
  void KeepFirst(std::size_t file, std::int64_t line, Status status);
  Status Write(const std::string& source, const std::vector<formats::BadRow>& rows);
  Status TooMany(const std::string& limit) const;

  FileSystem& files_;
  const component::RejectPolicy policy_;
  const std::string path_;

  mutable std::mutex mutex_;
  std::int64_t good_ = 0, bad_ = 0;
  std::optional<FirstBad> first_;  ///< the first bad row, by file and line
  bool failed_ = false;
  std::unique_ptr<data::ParquetWriter> writer_;
  std::optional<data::DataFile> file_;
};

}  // namespace thalweg::engines
