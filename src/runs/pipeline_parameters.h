#pragma once

#include <vector>

#include "component/engine.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// All parameters of a pipeline with their values, in the order of the file.
std::vector<component::Parameter> ParametersOf(const spec::Pipeline& pipeline);

}  // namespace thalweg::runs
