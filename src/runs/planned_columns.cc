#include "runs/planned_columns.h"

#include <string>

#include "component/scan.h"
#include "runs/bind_operator.h"

namespace thalweg::runs {

std::optional<data::Columns> PlannedColumns(const Plan& plan, const InputTable& table) {
  if (table.node < 0) return std::nullopt;
  const auto at = static_cast<std::size_t>(table.node);
  const GraphNode& owner = plan.graph.nodes[at];
  const NodePlan& planned = plan.nodes[at];
  if (table.table == owner.name()) return planned.columns;
  if (owner.spec->kind != spec::NodeKind::kOperator) return component::RejectColumns();
  if (planned.op == nullptr) return std::nullopt;
  const std::string side = SideOf(owner.name(), table.table);
  for (const auto& [name, columns] : planned.op->sides) {
    if (name == side) return columns;
  }
  return std::nullopt;
}

}  // namespace thalweg::runs
