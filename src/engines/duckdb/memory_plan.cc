#include "engines/duckdb/memory_plan.h"

#include <algorithm>

namespace thalweg::engines {
namespace {

// Large sorts fail below this, whatever they may spill: every thread merges all runs, and holds a
// block of each. At 100 MiB, one of 4 GB failed.
constexpr Bytes kPerThread = Bytes::MiB(192);
// Of the budget, in percent. See benchmarks of large sorts: the process takes a third more than the
// limit.
constexpr std::int64_t kLimitShare = 80;

}  // namespace

MemoryPlan PlanMemory(Bytes budget, int cores) {
  const std::int64_t limit = budget.value / 100 * kLimitShare;
  const std::int64_t threads =
      std::clamp<std::int64_t>(limit / kPerThread.value, 1, std::max(cores, 1));
  return {.limit = Bytes(limit), .threads = static_cast<int>(threads)};
}

}  // namespace thalweg::engines
