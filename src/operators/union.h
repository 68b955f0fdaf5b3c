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

struct UnionOptions {
  static component::OptionsOf<UnionOptions> Describe();
};

/// All rows of its inputs, which have the same columns. Frames of different inputs stay apart: each
/// passes as it came.
class UnionSpec : public component::OperatorSpec {
 public:
  using Options = UnionOptions;
  explicit UnionSpec(Options options) : options_(std::move(options)) {}
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
