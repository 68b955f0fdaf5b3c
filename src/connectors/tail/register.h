#pragma once

#include "component/registry.h"

namespace thalweg::connectors {

/// Source `tail`.
void RegisterTail(component::Registry& registry);

}  // namespace thalweg::connectors
