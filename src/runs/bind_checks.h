#pragma once

#include <span>

#include "base/diagnostic.h"
#include "base/status.h"
#include "component/engine.h"
#include "data/types.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// Binds the checks of a node over its columns, without rows; what is wrong with them is reported
/// at its place in the pipeline file. Their texts were analysed with the graph. `foreign`:
/// the columns of what its foreign_key checks look into, in the order of the checks; none: not
/// known. Nothing is checked while the node's own columns are not known. A Status is no mistake of
/// the user's.
Status BindChecks(component::Engine& engine, const spec::Node& node, const data::Columns& columns,
                  std::span<const data::Columns> foreign,
                  std::span<const component::Parameter> parameters, Diagnostics& diagnostics);

}  // namespace thalweg::runs
