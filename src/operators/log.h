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

struct LogOptions {
  std::string level = "info";
  static component::OptionsOf<LogOptions> Describe();
};

/// Writes schema and rows to the log, and passes everything on.
class LogSpec : public component::OperatorSpec {
 public:
  using Options = LogOptions;
  explicit LogSpec(Options options) : options_(std::move(options)) {}
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
