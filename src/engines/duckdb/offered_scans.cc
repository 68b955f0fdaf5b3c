#include "engines/duckdb/offered_scans.h"

#include <algorithm>
#include <utility>

namespace thalweg::engines {
namespace {

component::BadRows PolicyOf(const component::Scan& scan) {
  if (const auto* csv = std::get_if<component::CsvScan>(&scan)) return csv->rejects.bad_rows;
  if (const auto* json = std::get_if<component::JsonScan>(&scan)) return json->rejects.bad_rows;
  return component::BadRows::kFail;
}

Result<std::string> ParquetTable(const component::ParquetScan& scan) {
  std::vector<std::string> paths;
  for (const data::DataFile& file : scan.files) paths.push_back(file.path);
  return ReadParquet(paths, scan.columns);
}

}  // namespace

Result<std::string> OfferedScans::Lower(const component::Scan& scan) {
  if (PolicyOf(scan) != component::BadRows::kFail) {
    return Status::Unsupported("rejected rows of a source that is not stored have nowhere to go")
        .WithHint("store the source, or set bad_rows: fail");
  }
  return LowerWithRejects(scan, "");
}

Result<std::string> OfferedScans::LowerWithRejects(const component::Scan& scan,
                                                   std::string rejects_path) {
  if (const auto* parquet = std::get_if<component::ParquetScan>(&scan)) {
    TW_ASSIGN_OR_RETURN(const std::string table, ParquetTable(*parquet));
    return "SELECT * FROM " + table;
  }
  TW_ASSIGN_OR_RETURN(const auto text,
                      TextScan::Open(files_, scan, threads_, std::move(rejects_path)));
  TW_ASSIGN_OR_RETURN(auto offer, database_.Offer(text));
  texts_.push_back(text);
  offers_.push_back(std::move(offer));
  return "SELECT * FROM " + offers_.back()->table();
}

Status OfferedScans::Explain(const Status& status) const {
  if (status.ok() || status.code() == Code::kCancelled) return status;
  for (const auto& offer : offers_) TW_RETURN_IF_ERROR(offer->failure());
  return status;
}

Status OfferedScans::Finish() {
  for (const auto& text : texts_) TW_RETURN_IF_ERROR(text->Finish());
  return {};
}

double OfferedScans::Fraction() const {
  double least = texts_.empty() ? -1 : 1;
  for (const auto& text : texts_) least = std::min(least, text->Fraction());
  return least;
}

}  // namespace thalweg::engines
