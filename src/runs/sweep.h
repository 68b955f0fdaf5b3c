#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runs/workspace.h"

namespace thalweg::runs {

struct SweepOptions {
  int keep_versions = 10;  ///< per table, the newest
  bool dry_run = false;
};

struct SweepReport {
  std::int64_t versions = 0;  ///< forgotten
  std::int64_t files = 0;     ///< removed
  Bytes bytes;
  std::vector<std::string> removed;  ///< home-relative paths
};

/// `gc`: forgets old versions that nothing needs, then removes files that no version names and that
/// no living attempt may still be writing.
Result<SweepReport> Sweep(Workspace& workspace, const SweepOptions& options);

/// Removes what attempts that can no longer commit left below tables/ and state/ and nothing names:
/// of lost, failed or cancelled ones, and of those whose row a power cut took away. Returns
/// home-relative paths of files and whole directories.
Result<std::vector<std::string>> SweepAttempts(Workspace& workspace);

/// Removes the files that a stream's epochs no longer need (Catalog::LooseFiles). Returns their
/// home-relative paths.
Result<std::vector<std::string>> RemoveLooseFiles(Workspace& workspace);

}  // namespace thalweg::runs
