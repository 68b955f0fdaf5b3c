#pragma once

#include <memory>
#include <optional>

#include "flow/graph.h"
#include "flow/inputs.h"
#include "flow/outputs.h"
#include "flow/task.h"

namespace thalweg::flow {

/// What tasks between inputs and outputs share: barriers and ends.
class InnerTask : public Task {
 public:
  InnerTask(int id, int step, int instance, std::string node, Overseer* overseer, Inputs inputs,
            TapPoint* tap);
  Inputs& inputs() { return inputs_; }
  Outputs& outputs() { return outputs_; }
  std::int64_t queued_bytes() const override { return inputs_.queued_bytes(); }
  std::int64_t queued_limit() const override { return inputs_.limit(); }

 protected:
  Result<Did> Work() override;
  virtual Status Begin() { return {}; }
  /// False: nothing that was left over.
  virtual Result<component::Progress> Continue() { return component::Progress::kReady; }
  virtual Result<component::Progress> OnElement(int port, data::Element element) = 0;
  virtual Result<component::Progress> OnWatermark(data::Watermark watermark) = 0;
  virtual Result<component::Progress> OnPortEnd(int port) = 0;
  virtual Result<std::unique_ptr<StateBuffer>> Snapshot() = 0;

 private:
  Result<component::Progress> Handle(Inputs::Next next);

  Inputs inputs_;
  Outputs outputs_;
  bool begun_ = false;
  bool left_over_ = false;  // Continue has something to do
};

/// One instance of an operator.
class OperatorTask : public InnerTask {
 public:
  OperatorTask(int id, int step, int instance, std::string node, Overseer* overseer,
               std::shared_ptr<const OperatorStep> what, Inputs inputs, TapPoint* tap);

 protected:
  Status Begin() override;
  Result<component::Progress> Continue() override { return operator_->Continue(outputs()); }
  Result<component::Progress> OnElement(int port, data::Element element) override;
  Result<component::Progress> OnWatermark(data::Watermark watermark) override;
  Result<component::Progress> OnPortEnd(int port) override;
  Result<std::unique_ptr<StateBuffer>> Snapshot() override;
  Status OnTimer(const component::Timer& timer) override;

 private:
  /// Finds the rows that cannot be computed with by halving the batch.
  Status Isolate(int port, const data::Batch& batch, const Status& error);
  Status PutAside(const data::Batch& row, const Status& error);
  Status Drain(Result<component::Progress> progress);

  const std::shared_ptr<const OperatorStep> what_;
  std::unique_ptr<component::Operator> operator_;
  StateChain chain_;
};

/// Gives rows their event time anew: watermarks from outside end here.
class EventTimeTask : public InnerTask {
 public:
  EventTimeTask(int id, int step, std::string node, Overseer* overseer, EventTimeStep what,
                Inputs inputs, TapPoint* tap);

 protected:
  Status Begin() override;
  Result<component::Progress> OnElement(int port, data::Element element) override;
  Result<component::Progress> OnWatermark(data::Watermark watermark) override;
  Result<component::Progress> OnPortEnd(int) override { return component::Progress::kReady; }
  Result<std::unique_ptr<StateBuffer>> Snapshot() override;

 private:
  void SendWatermark();
  const EventTimeStep what_;
  std::optional<SplitTime> time_;
  std::int64_t sent_ = INT64_MIN;
};

/// Feeds a sink. Has a thread of its own, so it may wait.
class SinkTask : public Task {
 public:
  SinkTask(int id, int step, std::string node, Overseer* overseer, SinkStep what, Inputs inputs);
  void Abort() override { what_.sink->Abort(); }
  std::int64_t queued_bytes() const override { return inputs_.queued_bytes(); }
  std::int64_t queued_limit() const override { return inputs_.limit(); }

 protected:
  Result<Did> Work() override;

 private:
  Status Handle(Inputs::Next next);

  const SinkStep what_;
  Inputs inputs_;
  std::uint64_t sealed_ = 0;
};

/// Sends the versions of a table to the operators that look into it.
class TableTask : public Task {
 public:
  TableTask(int id, int step, std::string node, Overseer* overseer, TableStep what, TapPoint* tap);
  Outputs& outputs() { return outputs_; }

 protected:
  Result<Did> Work() override;

 private:
  Status Send(const std::string& version);

  const TableStep what_;
  Outputs outputs_;
  std::optional<std::string> version_;
  std::uint64_t frames_ = 0, barrier_;
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace thalweg::flow
