#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "runs/executor.h"
#include "runs/stream_plan.h"
#include "runs/test_script.h"

namespace thalweg::runs {

/// Takes what a test leaves out of a node: checks and the order of side effects. Gates and targets
/// become statements that pass on what they read.
void SimplifyForTest(spec::Node* node);
/// Has a node give a test's rows.
void BecomeTestSource(std::shared_ptr<const TestSource::Rows> rows, spec::Node* node);

/// The columns of nodes, without the data behind the sources where that is possible.
class TestColumns {
 public:
  /// `graph` outlives this.
  TestColumns(Workspace& workspace, RunRequest request, const Graph& graph, std::stop_token stop)
      : workspace_(workspace),
        request_(std::move(request)),
        graph_(graph),
        stop_(std::move(stop)) {}

  /// Of a source what it declares or its data shows, of others, and of a replayed table, what
  /// planning finds. Empty: not known. `event_time`: set where the node's rows have one that the
  /// file does not name.
  data::Columns Of(int node, std::optional<spec::EventTimeSpec>* event_time);
  /// Adds what the file says of a source's columns, and corrects types.
  void AddDeclared(int node, data::Columns* columns) const;

 private:
  /// A source that does not replay a table of the home.
  bool IsOutside(int node) const;
  data::Columns OfSource(int node);
  void PlanAll();

  Workspace& workspace_;
  const RunRequest request_;
  const Graph& graph_;
  const std::stop_token stop_;
  bool planned_ = false;
  std::optional<Plan> plan_;
  StreamPlan stream_;
};

}  // namespace thalweg::runs
