#include "cli/cut_off.h"

namespace thalweg::cli {

Result<bool> IsCutOff(runs::Workspace& workspace, const catalog::RunRecord& run) {
  if (run.state != catalog::RunState::kRunning) return false;
  TW_ASSIGN_OR_RETURN(const bool held, catalog::RunLock::IsHeld(workspace.home(), run.number));
  if (held) return false;
  // It may have ended since `run` was read. Who holds the lock lets it go last.
  TW_ASSIGN_OR_RETURN(const auto now, workspace.catalog().FindRun(run.number));
  return now && now->state == catalog::RunState::kRunning;
}

}  // namespace thalweg::cli
