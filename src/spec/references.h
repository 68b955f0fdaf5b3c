#pragma once

#include "component/registry.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

/// Checks what nodes say of each other, when all of them are known: names that collide, references
/// that lead nowhere, cycles, former names, and keys that need an unbounded source above.
void CheckReferences(const Pipeline& pipeline, const component::Registry& registry,
                     Diagnostics& diagnostics);

}  // namespace thalweg::spec
