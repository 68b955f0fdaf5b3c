#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/status.h"
#include "component/engine.h"
#include "duckdb/database.h"

namespace thalweg::engines {

struct DuckDbEngineOptions {
  /// What the process may take for table work. DuckDB's own limit is lower: it does not count all
  /// that it allocates.
  Bytes memory = Bytes::MiB(512);
  int threads = 0;  ///< 0: one per core; fewer when the memory does not do for all of them
  std::string
      spill_directory;  ///< absolute, must exist or be creatable; empty: nothing is moved to disk
  Bytes spill_limit;    ///< 0: DuckDB's own
  FileSystem& files = LocalFileSystem();
  const Clock& clock = SystemClock();
};

/// The embedded engine: one database in this process. Jobs write one Parquet file each, on a thread
/// per running job. Of a finished job, `cpu` is its share of the process's time (divided evenly
/// among the jobs that ran at the moment); `peak_memory` and `spilled` are the largest totals of
/// the whole database that were seen by Poll while the job ran, zero when it was too short to be
/// seen.
class DuckDbEngine : public component::Engine {
 public:
  /// For parsing and other things that need no tables. Lives as long as the engine.
  virtual duckdb::Database& database() = 0;
};

Result<std::unique_ptr<DuckDbEngine>> OpenDuckDb(const DuckDbEngineOptions& options);

}  // namespace thalweg::engines
