#pragma once

#include <string>

#include <arrow/type_fwd.h>

namespace thalweg::operators {

/// A column's type as a person writes it: "varchar". For messages.
std::string TypeName(const arrow::Field& field);
std::string TypeName(const arrow::DataType& type);

}  // namespace thalweg::operators
