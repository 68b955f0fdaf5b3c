#include "operators/single_input.h"

#include <fmt/format.h>

#include "operators/columns.h"

namespace thalweg::operators {

Status CheckOneInput(std::span<const data::EdgeType> inputs, const char* name) {
  if (inputs.size() == 1) return {};
  return UserError("input-count",
                   fmt::format("{} reads exactly one node, not {}", name, inputs.size()));
}

Status CheckKeysGiven(const std::vector<std::string>& by, const char* name) {
  if (!by.empty()) return {};
  return UserError("bad-value", fmt::format("{} has no key: name at least one column in by", name));
}

Result<component::Bound> BoundLike(std::span<const data::EdgeType> inputs, const char* name,
                                   data::SchemaRef schema) {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, name));
  component::Bound bound;
  bound.output = inputs[0];
  bound.output.schema = std::move(schema);
  return bound;
}

}  // namespace thalweg::operators
