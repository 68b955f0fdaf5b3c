#include "runs/lineage.h"

#include "runs/executor.h"

namespace thalweg::runs {

Result<std::vector<sql::Lineage::Column>> LineageOf(Workspace& workspace,
                                                    const catalog::RunRecord& run,
                                                    const std::string& node,
                                                    const data::Columns& columns) {
  Diagnostics ignored;
  RunRequest request{.file = run.file_path, .text = run.file_text, .params = ParametersOf(run)};
  const auto graph =
      LoadGraph(workspace, request, spec::LoadOptions::RunValues{run.number, run.started}, ignored);
  const int index = graph.ok() && !ignored.has_errors() ? graph->Find(node) : -1;
  if (index < 0 || !graph->nodes[static_cast<std::size_t>(index)].sql)
    return std::vector<sql::Lineage::Column>();
  const BoundSql& sql = *graph->nodes[static_cast<std::size_t>(index)].sql;
  std::vector<data::Columns> inputs;
  for (const auto& table : sql.tables) {
    TW_ASSIGN_OR_RETURN(const auto version,
                        workspace.catalog().LatestGood(table.pipeline, table.table));
    inputs.push_back(version ? version->manifest.columns : data::Columns());
  }
  return sql::ResolveLineage(sql.analysis, inputs, columns).columns;
}

}  // namespace thalweg::runs
