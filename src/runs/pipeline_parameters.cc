#include "runs/pipeline_parameters.h"

namespace thalweg::runs {

std::vector<component::Parameter> ParametersOf(const spec::Pipeline& pipeline) {
  std::vector<component::Parameter> parameters;
  for (const auto& parameter : pipeline.params)
    parameters.push_back({parameter.name, parameter.type, parameter.value});
  return parameters;
}

}  // namespace thalweg::runs
