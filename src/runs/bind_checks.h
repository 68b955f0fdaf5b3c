#pragma once

#include <functional>
#include <span>

#include "base/diagnostic.h"
#include "base/status.h"
#include "component/engine.h"
#include "data/types.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// Binds the checks of a node over its columns, without rows; what is wrong with them is reported
/// at its place in the pipeline file. Their texts were analysed with the graph. `columns_of` gives
/// the columns of the table that a foreign_key looks into; none: not known. Nothing is checked
/// while the node's own columns are not known. A Status is no mistake of the user's.
Status BindChecks(component::Engine& engine, const spec::Node& node, const data::Columns& columns,
                  const std::function<data::Columns(const spec::Reference&)>& columns_of,
                  std::span<const component::Parameter> parameters, Diagnostics& diagnostics);

}  // namespace thalweg::runs
