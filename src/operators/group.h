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

struct GroupOptions {
  std::vector<std::string> by;
  static component::OptionsOf<GroupOptions> Describe();
};

/// Splits each frame (or, outside of frames, the whole input) into one frame per key. The keys join
/// those that the input has already; group values stay in their columns.
class GroupSpec : public component::OperatorSpec, public FrameReader {
 public:
  using Options = GroupOptions;
  explicit GroupSpec(Options options) : options_(std::move(options)) {}
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
