#pragma once

#include "base/diagnostic.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// What a source said when it was bound, as a diagnostic of the pipeline file: at the option that
/// it names by its place, else at the value of its connector's key.
Diagnostic SourceFault(const Status& error, const spec::Node& node);

}  // namespace thalweg::runs
