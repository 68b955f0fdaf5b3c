#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/status.h"
#include "component/engine.h"
#include "data/types.h"
#include "runs/graph.h"
#include "runs/plan.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// Finds what columns come out of the nodes of a plan, and everything that can be wrong with them:
/// sources look at their files, statements and checks are bound over empty inputs, operators are
/// made. Executes nothing. Nodes are bound in the order of the graph.
class NodeBinder {
 public:
  /// All must outlive it.
  NodeBinder(Workspace& workspace, Plan* plan, Diagnostics& diagnostics);

  /// Sets columns, scan, op and promise of plan->nodes[node], and adds to plan->reads. A mistake in
  /// the pipeline file is reported, and the node has failed; a Status is anything else.
  Status Bind(int node);
  /// Of a node that is reused and whose checks run again.
  Status BindChecksOf(int node);

  /// Columns of a table that this run reads and does not make.
  void Know(const InputTable& table, data::Columns columns);

  /// What reads a node that has failed is not bound.
  void Fail(int node) { failed_.insert(node); }
  bool Failed(int node) const { return failed_.contains(node); }

 private:
  Status BindSource(const GraphNode& node, NodePlan& plan);
  Status BindSql(int i, const GraphNode& node, NodePlan& plan);
  Status BindEvidence(const GraphNode& node);
  Status BindTarget(const GraphNode& node, NodePlan& plan);
  Status BindOperatorNode(int i);
  Status BindEventTime(int i);
  Result<bool> DescribeSql(const GraphNode& node, const BoundSql& sql, data::Columns* columns);
  Result<std::optional<data::EdgeType>> EdgeOf(const InputTable& table);
  Result<std::optional<std::string>> EventTimeOf(const InputTable& table);
  data::Columns ColumnsOf(const InputTable& table) const;
  void CheckColumn(const GraphNode& node, const std::string& column, const data::Columns& columns,
                   std::string_view key);
  std::vector<component::Parameter> Parameters() const;

  Workspace& workspace_;
  Plan* plan_;
  Diagnostics& diagnostics_;
  std::set<int> failed_;
  std::map<std::string, data::Columns> stored_columns_;  // by pipeline.table
  std::map<std::string, std::string> identities_;        // of targets -> the node
};

}  // namespace thalweg::runs
