#pragma once

#include "component/registry.h"

namespace thalweg::connectors {

/// Sources `tcp_listen` and `tcp_connect`, target `tcp`.
void RegisterTcp(component::Registry& registry);

}  // namespace thalweg::connectors
