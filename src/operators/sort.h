#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"
#include "operators/frame_reader.h"

namespace thalweg::operators {

struct SortOptions {
  std::vector<std::string> by;
  static component::OptionsOf<SortOptions> Describe();
};

/// Orders the rows of each frame, or, outside of frames, of the whole bounded input. NULLs come
/// first ascending; rows of equal keys stay in the order in which they came.
class SortSpec : public component::OperatorSpec, public FrameReader {
 public:
  using Options = SortOptions;
  explicit SortSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;
  bool needs_whole_frames() const override { return true; }

 private:
  Options options_;
};

}  // namespace thalweg::operators
