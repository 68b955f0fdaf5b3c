#pragma once

#include "spec/load_context.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

/// Builds one node. What it names (from, after ...) is resolved later, when all nodes are known.
/// Reports what is wrong; the node is as complete as could be.
Node LoadNode(const Value::Entry& entry, LoadContext& context);

}  // namespace thalweg::spec
