#pragma once

#include <string>
#include <vector>

#include "catalog/records.h"
#include "runs/workspace.h"
#include "sql/analysis.h"

namespace thalweg::runs {

/// Where the columns of a SQL node's table come from: by the statement that `run` kept, with the
/// columns that the tables have now. Nothing for nodes of other kinds, and where the kept file
/// cannot be read any more (a secret or an included file is missing).
Result<std::vector<sql::Lineage::Column>> LineageOf(Workspace& workspace,
                                                    const catalog::RunRecord& run,
                                                    const std::string& node,
                                                    const data::Columns& columns);

}  // namespace thalweg::runs
