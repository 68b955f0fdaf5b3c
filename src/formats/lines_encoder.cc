#include "formats/lines_encoder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

namespace thalweg::formats {

Result<std::unique_ptr<LinesEncoder>> LinesEncoder::Make(const data::SchemaRef& schema) {
  if (schema->num_fields() == 1) {
    return std::unique_ptr<LinesEncoder>(new LinesEncoder(CellWriter(*schema->field(0))));
  }
  return Status::Invalid(
             fmt::format("lines have one column, and there are {}", schema->num_fields()))
      .WithSlug("bad-columns")
      .WithHint("select one column in front of it, or write another format");
}

Status LinesEncoder::Encode(const arrow::RecordBatch& batch, std::string* out) {
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    if (!batch.column(0)->IsNull(row)) writer_.AppendText(*batch.column(0), row, out);
    out->push_back('\n');
  }
  return Status::Ok();
}

}  // namespace thalweg::formats
