#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "duckdb/database.h"
#include "engines/duckdb/lower_statement.h"
#include "engines/duckdb/text_scan.h"

namespace thalweg::engines {

/// The scans of one statement or job: DuckDB can read them while this lives.
class OfferedScans : public ScanLowering {
 public:
  OfferedScans(duckdb::Database& database, FileSystem& files, int threads)
      : database_(database), files_(files), threads_(threads) {}

  /// A scan inside of a statement. Its rejected rows have nowhere to go: only BadRows::kFail is
  /// taken.
  Result<std::string> Lower(const component::Scan& scan) override;
  /// A scan that is the job. Null text scan: Parquet.
  Result<std::string> LowerWithRejects(const component::Scan& scan, std::string rejects_path);

  /// Why a statement failed with `status`: a scan's own failure tells more.
  Status Explain(const Status& status) const;
  /// After the statement ended well.
  Status Finish();
  /// How much of the texts was read; negative: unknown, or no texts.
  double Fraction() const;
  const std::vector<std::shared_ptr<TextScan>>& texts() const { return texts_; }

 private:
  duckdb::Database& database_;
  FileSystem& files_;
  const int threads_;
  std::vector<std::shared_ptr<TextScan>> texts_;
  std::vector<std::unique_ptr<duckdb::OfferedRows>> offers_;
};

}  // namespace thalweg::engines
