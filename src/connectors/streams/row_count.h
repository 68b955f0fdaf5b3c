#pragma once

#include <cstdint>
#include <string>

#include "component/target.h"

namespace thalweg::connectors {

/// The receipt of a target that has shown its rows already: {"v":1,"rows":12,"bytes":345}.
struct RowCount {
  std::int64_t rows = 0, bytes = 0;
  std::string ToJson() const;
};

/// "12 rows, 345 B", for a line to people; empty when the receipt says nothing.
std::string DescribeRowCount(const component::Receipt& receipt);

}  // namespace thalweg::connectors
