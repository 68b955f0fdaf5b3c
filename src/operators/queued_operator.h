#pragma once

#include <deque>
#include <string>
#include <utility>

#include "component/operator.h"

namespace thalweg::operators {

/// The frame of an operator: takes elements apart, and keeps what the operator makes until the
/// output has room. By default watermarks and frames pass, timers are not used, and there is no
/// state.
class QueuedOperator : public component::Operator {
 public:
  Status Open(const component::OperatorContext& context) override;
  Result<component::Progress> On(component::Port port, data::Element element,
                                 component::Output& output) final;
  Result<component::Progress> Continue(component::Output& output) final;
  Result<component::Progress> OnTimer(const component::Timer& timer,
                                      component::Output& output) override;
  Status Snapshot(component::SnapshotWriter& writer) override;
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  virtual Status OnBatch(int port, const data::Batch& batch) = 0;
  virtual Status OnWatermark(data::EventTime time);
  virtual Status OnFrameBegin(int port, std::uint64_t id);
  virtual Status OnFrameEnd(int port, std::uint64_t id);
  /// The input of this port has ended.
  virtual Status OnEnd(int port);

  /// Batches without rows are not emitted.
  void Emit(data::Batch batch);
  void Emit(data::Watermark watermark) { queue_.push_back({{}, watermark}); }
  void Emit(data::FrameBegin frame) { queue_.push_back({{}, frame}); }
  void Emit(data::FrameEnd frame) { queue_.push_back({{}, frame}); }
  void EmitSide(std::string side, data::Batch batch);
  const component::OperatorContext& context() const { return context_; }

 private:
  struct Queued {
    std::string side;  // empty: the main output
    data::Element element;
  };
  component::Progress Drain(component::Output& output);

  component::OperatorContext context_;
  std::deque<Queued> queue_;
};

}  // namespace thalweg::operators
