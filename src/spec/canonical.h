#pragma once

#include <nlohmann/json_fwd.hpp>

#include "component/fields.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

/// A value as it stands in recipe keys: what means the same gives the same JSON. Options that do
/// not change rows are left out; keys are sorted, except in maps whose order may matter; numbers,
/// durations, sizes and types have one spelling. The value has been read without errors.
nlohmann::json CanonicalObject(const Value& value, const component::ObjectInfo& info);

/// All of a node; `options` is the canonical form of its kind's options. Reads what the node has
/// besides.
std::string CanonicalNode(const Node& node, nlohmann::json options);

}  // namespace thalweg::spec
