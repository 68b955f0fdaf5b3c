#include "formats/csv_encoder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

namespace thalweg::formats {

CsvEncoder::CsvEncoder(const data::SchemaRef& schema, CsvEncoderOptions options)
    : schema_(schema), options_(std::move(options)) {
  for (const auto& field : schema_->fields()) writers_.emplace_back(*field);
}

Status CsvEncoder::Encode(const arrow::RecordBatch& batch, std::string* out) {
  AppendHeader(out);
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      if (i > 0) out->append(options_.delimiter);
      AppendCell(writers_[i], *batch.column(static_cast<int>(i)), row, out);
    }
    out->push_back('\n');
  }
  return Status::Ok();
}

Status CsvEncoder::Finish(std::string* out) {
  AppendHeader(out);
  return Status::Ok();
}

void CsvEncoder::AppendHeader(std::string* out) {
  if (begun_) return;
  begun_ = true;
  if (!options_.header) return;
  for (int i = 0; i < schema_->num_fields(); ++i) {
    if (i > 0) out->append(options_.delimiter);
    AppendField(schema_->field(i)->name(), out);
  }
  out->push_back('\n');
}

void CsvEncoder::AppendCell(const CellWriter& writer, const arrow::Array& array, std::int64_t row,
                            std::string* out) {
  if (array.IsNull(row)) {
    out->append(options_.null);
  } else if (!writer.needs_quotes() && options_.null.empty()) {
    writer.AppendText(array, row, out);
  } else {
    scratch_.clear();
    writer.AppendText(array, row, &scratch_);
    AppendField(scratch_, out);
  }
}

void CsvEncoder::AppendField(std::string_view text, std::string* out) const {
  if (!MustQuote(text)) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (const char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

bool CsvEncoder::MustQuote(std::string_view text) const {
  return text.empty() || text == options_.null || text.front() == ' ' || text.back() == ' ' ||
         text.find_first_of("\"\r\n") != std::string_view::npos ||
         text.find(options_.delimiter) != std::string_view::npos;
}

}  // namespace thalweg::formats
