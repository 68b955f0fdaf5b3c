#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "spec/grammar.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

/// The tests of a document whose nodes and parameters are known. `read`: what the grammar made of
/// its key `tests`; places come from the document itself.
std::vector<TestSpec> LoadTests(const Value& document, const component::NamedList<TestKeys>& read,
                                const Pipeline& pipeline, Diagnostics& diagnostics);

}  // namespace thalweg::spec
