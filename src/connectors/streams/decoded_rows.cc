#include "connectors/streams/decoded_rows.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "data/types.h"
#include "formats/lines_decoder.h"

namespace thalweg::connectors {

component::Polled ToPolledRows(formats::Decoded decoded, const data::SchemaRef& schema,
                               const std::string& source) {
  component::Polled polled;
  polled.state = component::Polled::State::kRows;
  if (decoded.rows) {
    polled.rows = std::move(decoded.rows);
  } else {
    arrow::ArrayVector arrays;
    for (const auto& field : schema->fields()) {
      arrays.push_back(arrow::MakeEmptyArray(field->type()).ValueOrDie());
    }
    polled.rows = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema), 0,
                                           std::move(arrays));
  }
  for (formats::BadRow& bad : decoded.bad) {
    polled.rejects.push_back(
        {source, bad.line, std::move(bad.column), std::move(bad.reason), std::move(bad.raw)});
  }
  return polled;
}

data::Columns ColumnsOf(const std::vector<formats::TextColumnSpec>& specs) {
  data::Columns columns;
  for (const auto& spec : specs) columns.push_back({0, spec.name, spec.type});
  if (columns.empty()) columns.push_back({0, formats::LinesDecoder::kColumn, "varchar"});
  return columns;
}

Result<data::EdgeType> StreamEdge(const data::Columns& columns) {
  data::EdgeType edge;
  TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(columns));
  edge.bounded = false;
  return edge;
}

}  // namespace thalweg::connectors
