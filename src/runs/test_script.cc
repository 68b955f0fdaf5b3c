#include "runs/test_script.h"

#include <string>
#include <utility>

#include <arrow/record_batch.h>

namespace thalweg::runs {

namespace {

/// Between two epochs, on the manual clock: long enough for the flow to sleep a little meanwhile.
constexpr std::chrono::milliseconds kEpoch{1};
/// The first one may have begun before the step; the second one has not.
constexpr int kEpochsPerStep = 2;

class BatchReader : public component::Reader {
 public:
  explicit BatchReader(std::shared_ptr<const TestSource::Rows> rows) : rows_(std::move(rows)) {}

  Result<component::Polled> Poll(Bytes, const component::Wake& wake) override {
    if (!rows_->bounded) {
      component::Polled polled = rows_->script->Poll(rows_->input, wake);
      if (polled.state == component::Polled::State::kRows) ++at_;
      return polled;
    }
    if (at_ >= rows_->batches.size()) return component::Polled{};
    return component::Polled{component::Polled::State::kRows, rows_->batches[at_++], {}};
  }
  component::Position At() const override { return {std::to_string(at_)}; }
  Status Ack(const component::Position&) override { return {}; }

 private:
  const std::shared_ptr<const TestSource::Rows> rows_;
  std::size_t at_ = 0;
};

}  // namespace

void TestScript::Conduct(flow::FlowOptions* options) {
  options->clock = &clock_;
  options->checkpoint_every = kEpoch;
  options->checkpoint_after_elements = 0;
  options->commit = [this, commit = std::move(options->commit)](flow::EpochParts parts) -> Status {
    TW_RETURN_IF_ERROR(commit(std::move(parts)));
    OnCommit();
    return {};
  };
}

component::Polled TestScript::Poll(std::size_t input, const component::Wake& wake) {
  std::lock_guard lock(mutex_);
  if (!begun_) {
    begun_ = true;
    clock_.Advance(kEpoch);
  }
  if (at_ >= steps_.size()) return {};
  const Step& step = steps_[at_];
  if (done_ || step.rows == nullptr || step.input != input) {
    waiting_.push_back(wake);
    return {component::Polled::State::kBlocked, nullptr, {}};
  }
  done_ = true;
  commits_ = 0;
  return {component::Polled::State::kRows, step.rows, {}};
}

void TestScript::OnCommit() {
  std::vector<component::Wake> waiting;
  {
    std::lock_guard lock(mutex_);
    if (at_ < steps_.size()) {
      if (!done_ && steps_[at_].rows == nullptr) {
        done_ = true;
        commits_ = 0;
        clock_.Advance(std::chrono::duration_cast<std::chrono::microseconds>(steps_[at_].advance));
      } else if (done_ && ++commits_ >= kEpochsPerStep) {
        Next(&waiting);
      }
    }
    clock_.Advance(kEpoch);
  }
  for (const auto& wake : waiting) wake();
}

void TestScript::Next(std::vector<component::Wake>* waiting) {
  ++at_;
  done_ = false;
  waiting->swap(waiting_);
}

Result<data::EdgeType> TestSource::Bind() {
  data::EdgeType edge;
  edge.schema = rows_->schema;
  edge.bounded = rows_->bounded;
  return edge;
}

Result<std::vector<component::Split>> TestSource::Discover(const component::SourceState&) {
  return std::vector<component::Split>{{"rows", ""}};
}

Result<std::unique_ptr<component::Reader>> TestSource::Open(const component::Split&,
                                                            const component::Position&) {
  return std::unique_ptr<component::Reader>(std::make_unique<BatchReader>(rows_));
}

}  // namespace thalweg::runs
