#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"

namespace thalweg::operators {

struct JoinOptions {
  std::vector<std::string> on;
  std::optional<component::Duration> tolerance, within;
  static component::OptionsOf<JoinOptions> Describe();
};

/// With `tolerance`: per frame (outside of frames: over the whole bounded input), rows of any
/// number of inputs with equal keys and times no further than the tolerance from the first of them
/// become one row; of each column the first value that is there wins, so columns of the same name
/// are one. A full outer join: every row of every input is in a result. NULL is a key like any
/// other. Results are ordered by time.
///
/// With `within`: pairs of rows of two inputs with equal keys (NULL never is) whose times differ by
/// no more. Columns of the right input that the left has too are called right_<name>. Rows are
/// forgotten when the watermark has passed all partners that they could have; rows behind the
/// watermark go to "late".
class JoinSpec : public component::OperatorSpec {
 public:
  using Options = JoinOptions;
  explicit JoinSpec(Options options) : options_(std::move(options)) {}
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
