#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/element.h"
#include "formats/cell_writer.h"
#include "formats/encoder.h"

namespace thalweg::formats {

struct CsvEncoderOptions {
  std::string delimiter = ",";
  bool header = true;
  std::string
      null;  ///< the text of a null, written without quotes; a text that reads the same is quoted
};

/// RFC 4180, but rows end with "\n". Fields are quoted where they must be; lists, structs and maps
/// are JSON.
class CsvEncoder : public Encoder {
 public:
  CsvEncoder(const data::SchemaRef& schema, CsvEncoderOptions options);
  Status Encode(const arrow::RecordBatch& batch, std::string* out) override;
  Status Finish(std::string* out) override;

 private:
  void AppendHeader(std::string* out);
  void AppendCell(const CellWriter& writer, const arrow::Array& array, std::int64_t row,
                  std::string* out);
  void AppendField(std::string_view text, std::string* out) const;
  bool MustQuote(std::string_view text) const;

  data::SchemaRef schema_;
  CsvEncoderOptions options_;
  std::vector<CellWriter> writers_;
  bool begun_ = false;
  std::string scratch_;
};

}  // namespace thalweg::formats
