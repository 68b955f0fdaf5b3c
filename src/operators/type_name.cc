#include "operators/type_name.h"

#include <arrow/type.h>

#include "data/types.h"

namespace thalweg::operators {

std::string TypeName(const arrow::Field& field) {
  const auto column = data::FromArrow(field);
  // Types that no table has are told in Arrow's words.
  return column.ok() ? column->type : field.type()->ToString();
}

std::string TypeName(const arrow::DataType& type) {
  return TypeName(arrow::Field("", type.GetSharedPtr()));
}

}  // namespace thalweg::operators
