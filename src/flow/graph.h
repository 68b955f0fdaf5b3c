#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "component/fields.h"
#include "component/operator.h"
#include "component/source.h"
#include "flow/sink.h"
#include "flow/table_feed.h"

namespace thalweg::flow {

/// When rows happened: a timestamp column of a source's (or an operator's) rows.
struct EventTime {
  std::string column;
  std::chrono::nanoseconds lateness{0};
  std::optional<std::chrono::nanoseconds> idle;  ///< a split without rows for so long is left out
};

/// What becomes of a row that cannot be read or computed with.
enum class BadRow { kFail, kDrop, kQuarantine };

/// Rows from outside, through one task that takes turns between the source's splits. Side "rejects"
/// carries component::RejectColumns when the policy quarantines.
struct SourceStep {
  std::shared_ptr<component::Source> source;
  data::EdgeType edge;
  component::SourceState from;
  std::optional<EventTime> event_time;
  component::RejectPolicy rejects;
};

/// A table that an operator looks into: component::OperatorSpec::tables.
struct TableStep {
  std::shared_ptr<TableFeed> feed;
  std::optional<std::chrono::nanoseconds> refresh;
};

struct OperatorStep {
  std::shared_ptr<const component::OperatorSpec> spec;
  component::Bound bound;
  std::vector<data::EdgeType> inputs;
  int instances = 1;
  BadRow on_error = BadRow::kFail;
  std::vector<component::SqlText> expressions;  ///< that may fail on a row; for its message
  /// The state to begin with, read once per instance; null: none.
  std::function<Result<std::unique_ptr<component::SnapshotReader>>()> restore;
  component::MakeEvaluator make_evaluator;
};

/// Gives rows their event time anew.
struct EventTimeStep {
  EventTime event_time;
  data::SchemaRef schema;
  std::function<Result<std::unique_ptr<component::SnapshotReader>>()> restore;  ///< null: none
};

struct SinkStep {
  std::shared_ptr<Sink> sink;
};

/// Where an input of a step comes from: a step of the graph and its output ("" or a side).
struct Input {
  int step = 0;
  std::string side;
};

/// One step. Its inputs are ports 0, 1 ...; those that are TableSteps come last.
struct Step {
  std::string node;  ///< of the pipeline; several steps may belong to one
  std::variant<SourceStep, TableStep, OperatorStep, EventTimeStep, SinkStep> what;
  std::vector<Input> inputs;
};

/// What one flow runs: no cycle, each step behind those that it reads. Sides that nobody reads are
/// counted and dropped.
struct Graph {
  std::vector<Step> steps;
};

}  // namespace thalweg::flow
