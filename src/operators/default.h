#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

struct DefaultOptions {
  component::NamedList<component::Scalar> columns;
  static component::OptionsOf<DefaultOptions> Describe();
};

/// Adds constant columns that the input does not have. Columns that are there stay as they are,
/// NULLs included.
class DefaultSpec : public component::OperatorSpec {
 public:
  using Options = DefaultOptions;
  explicit DefaultSpec(Options options) : options_(std::move(options)) {}
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
