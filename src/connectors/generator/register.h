#pragma once

#include "component/registry.h"

namespace thalweg::connectors {

/// Source `generator`.
void RegisterGenerator(component::Registry& registry);

}  // namespace thalweg::connectors
