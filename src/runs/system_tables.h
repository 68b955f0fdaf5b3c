#pragma once

#include <string>
#include <string_view>

#include "component/engine.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// The catalog as tables: thalweg.runs, .nodes, .attempts, .versions, .signatures, .events; and
/// what the runs measured: .metrics. Each is written as a Parquet file below the process's spill
/// directory when a query reads it, and goes with that directory.
class SystemTables {
 public:
  static constexpr std::string_view kPipeline = "thalweg";
  explicit SystemTables(Workspace& workspace) : workspace_(workspace) {}

  /// kNotFound with a near name for a table that does not exist.
  Result<component::Input> Read(const std::string& table);
  /// Where the files are; empty while nothing was read.
  const std::string& directory() const { return directory_; }

 private:
  Workspace& workspace_;
  std::string directory_;
};

}  // namespace thalweg::runs
