#include "formats/json_encoder.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "formats/json_text.h"

namespace thalweg::formats {

JsonEncoder::JsonEncoder(const data::SchemaRef& schema, Layout layout) : layout_(layout) {
  for (const auto& field : schema->fields()) {
    std::string& key = keys_.emplace_back();
    AppendJsonString(field->name(), &key);
    key.push_back(':');
    writers_.emplace_back(*field);
  }
}

Status JsonEncoder::Encode(const arrow::RecordBatch& batch, std::string* out) {
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    if (layout_ == Layout::kArray) out->append(any_ ? ",\n" : "[\n");
    any_ = true;
    out->push_back('{');
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      if (i > 0) out->push_back(',');
      out->append(keys_[i]);
      writers_[i].AppendJson(*batch.column(static_cast<int>(i)), row, out);
    }
    out->push_back('}');
    if (layout_ == Layout::kLines) out->push_back('\n');
  }
  return Status::Ok();
}

Status JsonEncoder::Finish(std::string* out) {
  if (layout_ == Layout::kArray) out->append(any_ ? "\n]\n" : "[]\n");
  return Status::Ok();
}

}  // namespace thalweg::formats
