#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

/// Columns of two sides that belong together: `[a, b]` for columns of the same name on both, or
/// `{here: there}`.
struct ColumnPairs {
  std::vector<std::pair<std::string, std::string>> pairs;
  static component::FieldInfo Info();
};
bool ReadValue(const component::Value& value, const component::FieldInfo& info, ColumnPairs* out,
               Diagnostics& diagnostics);

struct LookupOptions {
  std::string in;
  ColumnPairs match, take;
  std::string missing = "null";
  std::optional<component::Duration> refresh;
  static component::OptionsOf<LookupOptions> Describe();
};

/// Adds columns of a node's table to rows, by key. The whole table is kept in memory. A key with a
/// NULL in it matches nothing, on both sides; two rows of the table with the same key are an error.
/// The table may be newer from one epoch to the next, never within one.
class LookupSpec : public component::OperatorSpec {
 public:
  using Options = LookupOptions;
  explicit LookupSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  std::vector<std::string> tables() const override { return {options_.in}; }
  std::optional<std::chrono::nanoseconds> refresh() const override { return options_.refresh; }
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;

 private:
  Options options_;
};

}  // namespace thalweg::operators
