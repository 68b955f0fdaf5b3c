#include "flow/testing/flow_stand.h"

#include <utility>

#include "flow/state_files.h"
#include "operators/duckdb_evaluator.h"
#include "operators/testing/lowered.h"

namespace thalweg::flow::testing {

FlowStand::FlowStand(std::shared_ptr<const component::OperatorSpec> spec, data::EdgeType edge,
                     std::vector<std::vector<data::Batch>> splits,
                     std::optional<EventTime> event_time)
    : spec_(std::move(spec)),
      edge_(std::move(edge)),
      splits_(std::move(splits)),
      event_time_(std::move(event_time)) {}

Result<std::vector<std::string>> FlowStand::Run(const Way& way) {
  directory_ = std::make_unique<TempDirectory>();
  TW_RETURN_IF_ERROR(MakeDirectories(LocalFileSystem(), JoinPath(directory_->path(), "state")));
  positions_ = {};
  chain_.clear();
  sink_ = std::make_shared<ListSink>();
  breaks_ = 0;
  bool ended = false;
  for (std::size_t i = 0; !ended; ++i)
    TW_RETURN_IF_ERROR(RunOnce(way, way.instances[i % way.instances.size()], &ended));
  return sink_->Rows();
}

Status FlowStand::RunOnce(const Way& way, int instances, bool* ended) {
  const auto make_evaluator = operators::MakeDuckDbEvaluator(operators::testing::TestDatabase());
  const std::vector<data::EdgeType> inputs = {edge_};
  TW_ASSIGN_OR_RETURN(component::Bound bound, spec_->Bind(inputs, make_evaluator));
  OperatorStep op;
  op.spec = spec_;
  op.bound = bound;
  op.inputs = inputs;
  op.instances = instances;
  op.make_evaluator = make_evaluator;
  if (!chain_.empty()) {
    op.restore = [this] {
      return Result<std::unique_ptr<component::SnapshotReader>>(
          std::make_unique<StateReader>(LocalFileSystem(), directory_->path(), chain_));
    };
  }
  Graph graph;
  graph.steps.push_back({"in",
                         SourceStep{std::make_shared<ListSource>(edge_, splits_, way.cut),
                                    edge_,
                                    positions_,
                                    event_time_,
                                    {}},
                         {}});
  graph.steps.push_back({"op", std::move(op), {{0, ""}}});
  graph.steps.push_back({"out", SinkStep{sink_}, {{1, ""}}});

  FlowOptions options;
  options.clock = &SystemClock();
  options.threads = way.threads;
  options.channel_limit = way.channel_limit;
  options.checkpoint_every = std::chrono::nanoseconds(0);
  options.checkpoint_after_elements = way.checkpoint_after_elements;
  options.first_epoch = next_epoch_;
  std::int64_t commits = 0;
  options.commit = [&](EpochParts parts) -> Status {
    if (way.break_after_commits > 0 && commits >= way.break_after_commits)
      return Status::Io("broken off");
    std::vector<data::DataFile> added;
    for (const auto& state : parts.states) {
      if (state.step != 1) continue;
      if (state.state == nullptr) {  // it has ended: its state would be sent again
        chain_.clear();
        continue;
      }
      TW_ASSIGN_OR_RETURN(const auto files,
                          WriteStateFiles(LocalFileSystem(), directory_->path(), "state",
                                          parts.epoch, state.instance, *state.state));
      added.insert(added.end(), files.begin(), files.end());
    }
    // What another number of instances wrote ends with their first bases.
    if (commits == 0 && !added.empty()) chain_.clear();
    chain_ = Follow(chain_, added);
    for (auto& [split, position] : parts.positions[0]) positions_.positions[split] = position;
    sink_->Commit(parts.epoch);
    next_epoch_ = parts.epoch + 1;
    ++commits;
    *ended = parts.last;
    return {};
  };
  TW_ASSIGN_OR_RETURN(auto flow, Flow::Make(std::move(graph), std::move(options)));
  const Status status = flow->Run({});
  next_epoch_ += 100;  // epochs that were begun and not committed keep their numbers
  if (status.ok()) return {};
  if (status.message().find("broken off") == std::string::npos) return status;
  ++breaks_;
  return {};
}

}  // namespace thalweg::flow::testing
