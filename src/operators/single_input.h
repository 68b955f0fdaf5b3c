#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "component/operator.h"

namespace thalweg::operators {

/// What most operators say of their one input: an edge like it, with another schema perhaps.
Result<component::Bound> BoundLike(std::span<const data::EdgeType> inputs, const char* name,
                                   data::SchemaRef schema);
Status CheckOneInput(std::span<const data::EdgeType> inputs, const char* name);
/// For operators that mean nothing without key columns.
Status CheckKeysGiven(const std::vector<std::string>& by, const char* name);

}  // namespace thalweg::operators
