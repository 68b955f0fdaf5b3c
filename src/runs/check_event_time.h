#pragma once

#include <arrow/type_fwd.h>

#include "base/diagnostic.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// False after reporting, where the file names it, that the node's event time is no column of its
/// rows, or none of a type that says when they happened.
bool CheckEventTime(const spec::Node& node, const arrow::Schema& rows, Diagnostics& diagnostics);

}  // namespace thalweg::runs
