#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "data/element.h"
#include "data/types.h"

namespace thalweg::data {

/// A column for tests: name, canonical type, and its values as a JSON array ("[1, null]"). Arrow's
/// forms: decimals and timestamps are strings, structs are lists or objects, a map is a list of
/// [key, value].
struct TestColumn {
  std::string name, type, values;
};
/// Aborts on a mistake.
Batch MakeBatch(const std::vector<TestColumn>& columns);
std::shared_ptr<arrow::Array> MakeArray(const std::shared_ptr<arrow::DataType>& type,
                                        const std::string& values);

}  // namespace thalweg::data
