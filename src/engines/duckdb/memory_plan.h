#pragma once

#include "base/bytes.h"

namespace thalweg::engines {

/// How a process's budget for table work is used by DuckDB.
struct MemoryPlan {
  Bytes limit;  ///< DuckDB's memory_limit: what it allocates outside of its buffers comes on top
  int threads = 1;  ///< each holds blocks of its own that cannot be moved to disk
};

/// `cores`: threads that were asked for.
MemoryPlan PlanMemory(Bytes budget, int cores);

}  // namespace thalweg::engines
