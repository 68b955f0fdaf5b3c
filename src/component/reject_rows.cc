#include "component/reject_rows.h"

#include <utility>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "data/arrow_status.h"
#include "data/types.h"
#include "formats/json_encoder.h"

namespace thalweg::component {

namespace {

constexpr char kReason[] = "thalweg.reject_reason";

}  // namespace

Result<data::Batch> RejectRows(const std::vector<Reject>& rejects) {
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(RejectColumns()));
  arrow::StringBuilder source, column, reason, raw;
  arrow::Int64Builder line;
  for (const auto& reject : rejects) {
    arrow::Status status = source.Append(reject.source);
    if (status.ok()) status = reject.line > 0 ? line.Append(reject.line) : line.AppendNull();
    if (status.ok())
      status = reject.column.empty() ? column.AppendNull() : column.Append(reject.column);
    if (status.ok()) status = reason.Append(reject.reason);
    if (status.ok()) status = raw.Append(reject.raw);
    if (!status.ok()) return data::FromArrowStatus(status, "collect rejected rows");
  }
  std::vector<std::shared_ptr<arrow::Array>> arrays(5);
  arrow::Status status = source.Finish(&arrays[0]);
  if (status.ok()) status = line.Finish(&arrays[1]);
  if (status.ok()) status = column.Finish(&arrays[2]);
  if (status.ok()) status = reason.Finish(&arrays[3]);
  if (status.ok()) status = raw.Finish(&arrays[4]);
  if (!status.ok()) return data::FromArrowStatus(status, "collect rejected rows");
  return data::Batch(arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema),
                                              static_cast<std::int64_t>(rejects.size()), arrays));
}

Result<data::Batch> RejectRows(const std::string& node, const std::string& reason,
                               const data::Batch& rows) {
  constexpr std::size_t kLongest = 64 << 10;
  formats::JsonEncoder encoder(rows->schema(), formats::JsonEncoder::Layout::kLines);
  std::vector<Reject> rejects;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    std::string raw;
    TW_RETURN_IF_ERROR(encoder.Encode(*rows->Slice(row, 1), &raw));
    while (!raw.empty() && raw.back() == '\n') raw.pop_back();
    if (raw.size() > kLongest) raw.resize(kLongest);
    rejects.push_back({node, 0, "", reason, std::move(raw)});
  }
  return RejectRows(rejects);
}

data::Batch WithReason(const data::Batch& rows, const std::string& reason) {
  return rows->ReplaceSchemaMetadata(arrow::key_value_metadata({kReason}, {reason}));
}

Result<data::Batch> OwnRejectRows(const std::string& node, const data::Batch& rows) {
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(RejectColumns()));
  if (rows->schema()->Equals(*schema, /*check_metadata=*/false)) return rows;
  const auto& metadata = rows->schema()->metadata();
  const int reason = metadata == nullptr ? -1 : metadata->FindKey(kReason);
  return RejectRows(node,
                    reason < 0 ? "cannot be used: its key or its event time is NULL"
                               : "cannot be used: " + metadata->value(reason),
                    rows);
}

std::string DescribeReject(const Reject& reject) {
  std::string place = reject.source;
  if (reject.line > 0) place += ":" + std::to_string(reject.line);
  return place + ": " + (reject.column.empty() ? "" : "column " + reject.column + ": ") +
         reject.reason;
}

}  // namespace thalweg::component
