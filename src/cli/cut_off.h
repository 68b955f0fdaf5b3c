#pragma once

#include "runs/workspace.h"

namespace thalweg::cli {

/// It says that it runs, but the process that did has died: nobody holds its lock. Changes nothing.
Result<bool> IsCutOff(runs::Workspace& workspace, const catalog::RunRecord& run);

}  // namespace thalweg::cli
