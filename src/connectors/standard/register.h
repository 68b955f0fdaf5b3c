#pragma once

#include "component/registry.h"

namespace thalweg::connectors {

/// Source `stdin`, target `stdout`.
void RegisterStandard(component::Registry& registry);

}  // namespace thalweg::connectors
