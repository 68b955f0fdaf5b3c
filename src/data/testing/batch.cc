#include "data/testing/batch.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

namespace thalweg::data {

Batch MakeBatch(const std::vector<TestColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const TestColumn& column : columns) {
    const auto field = ToArrow(Column{0, column.name, column.type});
    fields.push_back(field.value());
    arrays.push_back(MakeArray((*field)->type(), column.values));
  }
  const std::int64_t rows = arrays.empty() ? 0 : arrays[0]->length();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
}

std::shared_ptr<arrow::Array> MakeArray(const std::shared_ptr<arrow::DataType>& type,
                                        const std::string& values) {
  auto array = arrow::json::ArrayFromJSONString(type, values);
  if (!array.ok()) Abort(__FILE__, __LINE__, array.status().ToString());
  return *std::move(array);
}

}  // namespace thalweg::data
