#pragma once

#include "base/diagnostic.h"
#include "runs/plan.h"

namespace thalweg::runs {

/// Reports selected targets that would overwrite the home, the pipeline's own texts, or what a
/// source of the same pipeline reads: its rows would come back at the next run. Lexical, links are
/// not followed; sources read as a stream are not seen.
void CheckTargetPaths(Workspace& workspace, const Plan& plan, Diagnostics& diagnostics);

}  // namespace thalweg::runs
