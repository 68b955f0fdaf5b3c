#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"
#include "operators/frame_reader.h"
#include "operators/window.h"

namespace thalweg::operators {

struct AggregateOptions {
  std::vector<std::string> by;
  std::optional<WindowOptions> window;
  std::string late = "drop";
  std::optional<component::Duration> update_for;  ///< none: an hour
  component::NamedList<component::SqlText> columns;
  static component::OptionsOf<AggregateOptions> Describe();
};

/// One row per key and window: the key columns, window_start and window_end (of the event time's
/// type), then the aggregates. Without a window: one row per key and frame, or per key at the end
/// where rows are in no frame. Each emission of a tumbling or hopping window is a frame of its own;
/// session and kapacitor windows make none.
class AggregateSpec : public component::OperatorSpec, public FrameReader {
 public:
  using Options = AggregateOptions;
  explicit AggregateSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator& make_evaluator) const override;
  std::optional<std::string> Lower(component::Dialect dialect,
                                   std::span<const data::EdgeType> inputs) const override;
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override;
  bool needs_whole_frames() const override { return !options_.window; }

 private:
  Options options_;
};

}  // namespace thalweg::operators
