#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

struct FilterOptions {
  component::SqlText where;
  static component::OptionsOf<FilterOptions> Describe();
};

/// Keeps the rows for which the condition is true; where it is NULL the row goes. Columns stay as
/// they are, with their metadata.
class FilterSpec : public component::OperatorSpec {
 public:
  using Options = FilterOptions;
  explicit FilterSpec(Options options) : options_(std::move(options)) {}
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
