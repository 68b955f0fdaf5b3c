#include "engines/duckdb/reject_log.h"

#include <tuple>
#include <utility>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "data/types.h"

namespace thalweg::engines {
namespace {

using component::BadRows;
using formats::BadRow;

Status Describe(const std::string& source, const BadRow& row) {
  std::string place = row.line > 0 ? fmt::format("{}:{}", source, row.line) : source;
  if (!row.column.empty()) place += fmt::format(": column {}", row.column);
  const std::string_view varchar = row.column.empty() ? "" : "declare the column varchar, or ";
  return Status(Code::kInvalid, Fault::kUser, fmt::format("{}: {}", place, row.reason))
      .WithSlug("bad-row")
      .WithHint(fmt::format("correct the row, {}set bad_rows: quarantine", varchar));
}

/// Empty texts are NULL: a reject without a column is about the whole row.
arrow::Result<data::Batch> ToBatch(const std::shared_ptr<arrow::Schema>& schema,
                                   const std::string& source, const std::vector<BadRow>& rows) {
  arrow::StringBuilder sources, columns, reasons, raws;
  arrow::Int64Builder lines;
  for (const BadRow& row : rows) {
    ARROW_RETURN_NOT_OK(sources.Append(source));
    ARROW_RETURN_NOT_OK(row.line > 0 ? lines.Append(row.line) : lines.AppendNull());
    ARROW_RETURN_NOT_OK(row.column.empty() ? columns.AppendNull() : columns.Append(row.column));
    ARROW_RETURN_NOT_OK(reasons.Append(row.reason));
    ARROW_RETURN_NOT_OK(raws.Append(row.raw));
  }
  arrow::ArrayVector arrays(5);
  ARROW_RETURN_NOT_OK(sources.Finish(&arrays[0]));
  ARROW_RETURN_NOT_OK(lines.Finish(&arrays[1]));
  ARROW_RETURN_NOT_OK(columns.Finish(&arrays[2]));
  ARROW_RETURN_NOT_OK(reasons.Finish(&arrays[3]));
  ARROW_RETURN_NOT_OK(raws.Finish(&arrays[4]));
  return arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(rows.size()),
                                  std::move(arrays));
}

}  // namespace

void RejectLog::CountGood(std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  good_ += rows;
}

Status RejectLog::Add(std::size_t file, const std::string& source,
                      const std::vector<BadRow>& rows) {
  if (rows.empty()) return {};
  const std::lock_guard lock(mutex_);
  bad_ += static_cast<std::int64_t>(rows.size());
  KeepFirst(file, rows.front().line, Describe(source, rows.front()));
  if (policy_.bad_rows == BadRows::kFail || (policy_.max_rows && bad_ > *policy_.max_rows))
    failed_ = true;
  if (policy_.bad_rows != BadRows::kQuarantine || path_.empty() || failed_) return {};
  return Write(source, rows);
}

void RejectLog::KeepFirst(std::size_t file, std::int64_t line, Status status) {
  if (first_ && std::tie(first_->file, first_->line) <= std::tie(file, line)) return;
  first_ = FirstBad{file, line, std::move(status)};
}

Status RejectLog::Write(const std::string& source, const std::vector<BadRow>& rows) {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Schema> schema,
                      data::ToArrow(component::RejectColumns()));
  if (writer_ == nullptr) {
    TW_ASSIGN_OR_RETURN(writer_, data::ParquetWriter::Open(files_, path_, schema));
  }
  const auto batch = ToBatch(schema, source, rows);
  if (!batch.ok()) return data::FromArrowStatus(batch.status(), "collecting rejected rows");
  return writer_->Write(**batch);
}

bool RejectLog::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

Status RejectLog::TooMany(const std::string& limit) const {
  return Status(Code::kInvalid, Fault::kUser,
                fmt::format("{} bad rows in {}, more than {}; the first: {}", FormatCount(bad_),
                            FormatCount(good_ + bad_), limit, first_->status.message()))
      .WithSlug("too-many-bad-rows")
      .WithHint("correct the rows, or raise max_bad_rows");
}

Status RejectLog::failure() const {
  const std::lock_guard lock(mutex_);
  if (!failed_) return {};
  if (policy_.bad_rows == BadRows::kFail) return first_->status;
  return TooMany(fmt::format("the {} allowed", FormatCount(*policy_.max_rows)));
}

Status RejectLog::Finish() {
  TW_RETURN_IF_ERROR(failure());
  const std::lock_guard lock(mutex_);
  const double all = static_cast<double>(good_ + bad_);
  if (policy_.max_share && bad_ > 0 && static_cast<double>(bad_) > *policy_.max_share * all) {
    return TooMany(fmt::format("the share of {:g} % allowed", *policy_.max_share * 100));
  }
  if (writer_ == nullptr) return {};
  TW_ASSIGN_OR_RETURN(file_, writer_->Finish());
  writer_.reset();
  return {};
}

std::int64_t RejectLog::good() const {
  const std::lock_guard lock(mutex_);
  return good_;
}

std::int64_t RejectLog::bad() const {
  const std::lock_guard lock(mutex_);
  return bad_;
}

}  // namespace thalweg::engines
