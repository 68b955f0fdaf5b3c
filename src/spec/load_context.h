#pragma once

#include "base/diagnostic.h"
#include "component/registry.h"
#include "spec/pipeline.h"
#include "spec/substitution.h"

namespace thalweg::spec {

/// What the steps of one load share.
struct LoadContext {
  const component::Registry& registry;
  const LoadOptions& options;
  Diagnostics& diagnostics;
  Substitution& substitution;
};

}  // namespace thalweg::spec
