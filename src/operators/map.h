#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

struct MapOptions {
  component::NamedList<component::SqlText> columns;
  static component::OptionsOf<MapOptions> Describe();
};

/// Adds one column per expression behind the input's columns; a column of the same name is replaced
/// where it stands. Expressions see the input's columns only, not each other.
class MapSpec : public component::OperatorSpec {
 public:
  using Options = MapOptions;
  explicit MapSpec(Options options) : options_(std::move(options)) {}
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
