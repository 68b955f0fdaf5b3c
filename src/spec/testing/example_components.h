#pragma once

#include "component/registry.h"

namespace thalweg::spec::testing {

/// Components with the options that the grammar's examples use, and nothing behind them: source and
/// target `files`, the unbounded source `topic`, the operators `filter`, `lookup` and `aggregate`.
/// For tests of everything that only reads pipeline files.
component::Registry ExampleRegistry();

}  // namespace thalweg::spec::testing
