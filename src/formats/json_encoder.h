#pragma once

#include <string>
#include <vector>

#include "data/element.h"
#include "formats/cell_writer.h"
#include "formats/encoder.h"

namespace thalweg::formats {

/// Rows as JSON objects with a key per column, nulls written out. NaN and the infinities, which
/// JSON has no numbers for, are the strings "NaN", "Infinity" and "-Infinity"; the decoder reads
/// them back.
class JsonEncoder : public Encoder {
 public:
  enum class Layout {
    kLines,  ///< an object a line
    kArray,  ///< one array, an object a line
  };
  JsonEncoder(const data::SchemaRef& schema, Layout layout);
  Status Encode(const arrow::RecordBatch& batch, std::string* out) override;
  Status Finish(std::string* out) override;

 private:
  Layout layout_;
  std::vector<std::string> keys_;  ///< "\"name\":"
  std::vector<CellWriter> writers_;
  bool any_ = false;
};

}  // namespace thalweg::formats
