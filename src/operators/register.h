#pragma once

#include "component/registry.h"

namespace thalweg::operators {

/// All operators of this room.
void RegisterOperators(component::Registry& registry);

}  // namespace thalweg::operators
