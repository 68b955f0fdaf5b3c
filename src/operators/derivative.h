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

struct DerivativeCase {
  std::string of;
  std::int64_t order = 1;
  static component::OptionsOf<DerivativeCase> Describe();
};

struct DerivativeOptions {
  std::vector<std::string> by;
  component::Duration unit = std::chrono::seconds(1);
  std::optional<component::Duration> neighbourhood;
  bool no_wait = false;
  component::NamedList<DerivativeCase> columns;
  static component::OptionsOf<DerivativeOptions> Describe();
};

/// Appends derivatives by event time, from the points of the same key within the neighbourhood. A
/// row waits until a later point or the watermark has passed its neighbourhood, so rows leave per
/// key and in order of time. With no_wait a row sees the points that came before it, and, inside a
/// frame, all of the frame. NULLs are no points, but their rows have a derivative too; too few
/// points give NULL.
class DerivativeSpec : public component::OperatorSpec {
 public:
  using Options = DerivativeOptions;
  explicit DerivativeSpec(Options options) : options_(std::move(options)) {}
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
