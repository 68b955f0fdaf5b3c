#pragma once

#include "data/element.h"
#include "formats/cell_writer.h"
#include "formats/encoder.h"

namespace thalweg::formats {

/// The text of one column, a line a row; a null is an empty line. A line end inside of a text is
/// written as it is, so that such a row is read back as several.
class LinesEncoder : public Encoder {
 public:
  /// kInvalid: not exactly one column.
  static Result<std::unique_ptr<LinesEncoder>> Make(const data::SchemaRef& schema);
  Status Encode(const arrow::RecordBatch& batch, std::string* out) override;
  Status Finish(std::string*) override { return Status::Ok(); }

 private:
  explicit LinesEncoder(CellWriter writer) : writer_(std::move(writer)) {}
  CellWriter writer_;
};

}  // namespace thalweg::formats
