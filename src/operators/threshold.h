#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

struct ThresholdOptions {
  std::vector<std::string> by;
  std::string watch, as = "threshold";
  double initial = 0, increase_scale = 0;
  component::Duration increase_after{};
  double decrease_trigger = 0, decrease_scale = 0;
  component::Duration decrease_after{};
  double min = 0;
  std::optional<double> max;
  static component::OptionsOf<ThresholdOptions> Describe();
};

/// Appends an adaptive threshold to each row: it grows when the watched value stays above it, and
/// falls when the value stays below a share of it. Rows of a key are judged in the order in which
/// they come.
class ThresholdSpec : public component::OperatorSpec {
 public:
  using Options = ThresholdOptions;
  explicit ThresholdSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;

 private:
  Options options_;
};

}  // namespace thalweg::operators
