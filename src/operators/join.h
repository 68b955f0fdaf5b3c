#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"
#include "operators/frame_reader.h"

namespace thalweg::operators {

struct AsofOptions {
  std::optional<component::Duration> tolerance;
  std::string missing = "null";
  static component::OptionsOf<AsofOptions> Describe();
};

struct JoinOptions {
  std::vector<std::string> on;
  std::optional<component::Duration> tolerance, within;
  std::optional<AsofOptions> asof;
  static component::OptionsOf<JoinOptions> Describe();
};

/// With `tolerance`: per frame (outside of frames: over the whole bounded input), rows of any
/// number of inputs with equal keys and times no further than the tolerance from the first of them
/// become one row; of each column the first value that is there wins, so columns of the same name
/// are one. A full outer join: every row of every input is in a result. NULL is a key like any
/// other. Results are ordered by time.
///
/// With `asof`: each row of the first input with the latest row of the second that has equal keys
/// (NULL never is) and is not later, nor older than the tolerance; of rows of the same time, the
/// one that came last. A row is given when the watermark has passed it, so how the inputs arrive
/// does not matter. Columns are those of `within`. Without a tolerance, the latest row of every key
/// is kept for good.
///
/// With `within`: pairs of rows of two inputs with equal keys (NULL never is) whose times differ by
/// no more. Columns of the right input that the left has too are called right_<name>. Rows are
/// forgotten when the watermark has passed all partners that they could have; rows behind the
/// watermark go to "late".
///
/// The sides "late" and "rejects" (rows without time, or with a NULL in a key that would have to be
/// equal) have the columns of the result, with what the row has.
class JoinSpec : public component::OperatorSpec, public FrameReader {
 public:
  using Options = JoinOptions;
  explicit JoinSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;
  bool needs_whole_frames() const override { return false; }

 private:
  Options options_;
};

}  // namespace thalweg::operators
