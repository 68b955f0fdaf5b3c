#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "component/registry.h"
#include "component/source.h"
#include "data/types.h"
#include "flow/flow.h"

namespace thalweg::runs {

/// What comes over a test's inputs, in order, and when the clock moves. Each step waits until the
/// stream has done all that the one before it caused: two epochs that were committed later. Used by
/// the readers of its sources and by the thread that commits.
class TestScript {
 public:
  TestScript() : clock_(Instant{}) {}

  /// Before the stream begins. `input`: which source gives the rows.
  void AddRows(std::size_t input, data::Batch rows) { steps_.push_back({input, std::move(rows)}); }
  void AddAdvance(std::chrono::nanoseconds by) { steps_.push_back({0, nullptr, by}); }
  /// Makes a stream follow the script. It outlives the flow.
  void Conduct(flow::FlowOptions* options);

  /// Rows of an input when it is its turn; kEnd for all inputs when the script is done.
  component::Polled Poll(std::size_t input, const component::Wake& wake);

 private:
  struct Step {
    std::size_t input = 0;
    data::Batch rows;  ///< null: the clock moves
    std::chrono::nanoseconds advance{0};
  };
  void OnCommit();
  /// With the mutex held: goes on to the next step. Who waits is to be woken.
  void Next(std::vector<component::Wake>* waiting);

  ManualClock clock_;
  std::vector<Step> steps_;
  std::mutex mutex_;
  std::size_t at_ = 0;
  bool done_ = false;  ///< the current step is under way
  bool begun_ = false;
  int commits_ = 0;  ///< since then
  std::vector<component::Wake> waiting_;
};

/// A source whose rows a test gives.
class TestSource : public component::Source {
 public:
  struct Rows {
    data::Columns columns;
    data::SchemaRef schema;
    bool bounded = true;
    std::vector<data::Batch> batches;    ///< when it is bounded
    std::shared_ptr<TestScript> script;  ///< when it is not
    std::size_t input = 0;               ///< in the script
  };
  explicit TestSource(std::shared_ptr<const Rows> rows) : rows_(std::move(rows)) {}

  Result<data::EdgeType> Bind() override;
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<data::Columns> TableColumns() override { return rows_->columns; }

 private:
  const std::shared_ptr<const Rows> rows_;
};

struct TestSourceOptions : component::SourceOptions {
  explicit TestSourceOptions(std::shared_ptr<const TestSource::Rows> given)
      : rows(std::move(given)) {}
  std::unique_ptr<component::Source> Make(const component::SourceContext&) const override {
    return std::make_unique<TestSource>(rows);
  }
  std::shared_ptr<const TestSource::Rows> rows;
};

}  // namespace thalweg::runs
