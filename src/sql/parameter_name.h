#pragma once

#include <string>
#include <string_view>

namespace thalweg::sql {

/// The name that a kParameter token gives, in lower case: $Name and $"name" are one.
std::string ParameterName(std::string_view token);

}  // namespace thalweg::sql
