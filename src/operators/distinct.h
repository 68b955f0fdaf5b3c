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

struct DistinctOptions {
  std::vector<std::string> by;
  std::vector<std::string> order_by;
  std::optional<component::Duration> within;
  static component::OptionsOf<DistinctOptions> Describe();
};

/// One row per key, or per key and span of time. Without order_by the first row that comes, at
/// once; with it the first by that order, when the span has passed.
class DistinctSpec : public component::OperatorSpec {
 public:
  using Options = DistinctOptions;
  explicit DistinctSpec(Options options) : options_(std::move(options)) {}
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
