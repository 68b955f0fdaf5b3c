#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "spec/load_context.h"
#include "spec/pipeline.h"
#include "spec/substitution.h"

namespace thalweg::spec {

/// The one kind key of a node; null after reporting when there is none or more than one.
const Value::Entry* FindKind(const Value::Entry& node, const LoadContext& context);

/// All words that may be a kind key: the fixed kinds and the registered operators.
std::vector<std::string> KindKeys(const component::Registry& registry);

/// Reads what lies inside a node's kind: fills kind, body, component_version, uses_run, and the
/// options in canonical form. False after reporting.
bool ReadKind(const Value::Entry& kind, LoadContext& context, Node* node, nlohmann::json* options);

}  // namespace thalweg::spec
