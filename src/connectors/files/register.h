#pragma once

#include "component/registry.h"

namespace thalweg::connectors {

/// Source and target `files`.
void RegisterFiles(component::Registry& registry);

}  // namespace thalweg::connectors
