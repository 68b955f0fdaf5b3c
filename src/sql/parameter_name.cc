#include "sql/parameter_name.h"

#include "base/ascii.h"

namespace thalweg::sql {

std::string ParameterName(std::string_view token) {
  std::string_view name = token.substr(1);
  if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
  return ToLower(name);
}

}  // namespace thalweg::sql
