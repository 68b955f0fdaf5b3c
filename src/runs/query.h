#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "component/engine.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// A running ad-hoc query over stored tables.
struct OpenQuery {
  std::unique_ptr<component::RowStream> rows;
  std::vector<catalog::VersionRecord> versions;  ///< that it reads
};

/// `x` is the table of that name in `pipeline` (when given), else in the only pipeline that has
/// one; `p.x` is explicit. `thalweg.runs`, `.nodes`, `.attempts`, `.versions`, `.signatures`,
/// `.events` are the catalog as tables, `.metrics` what runs measured. Errors have their place in
/// `diagnostics` (the source text is the statement itself).
Result<OpenQuery> Query(Workspace& workspace, const std::string& sql, const std::string& pipeline,
                        std::stop_token stop, Diagnostics& diagnostics);

}  // namespace thalweg::runs
