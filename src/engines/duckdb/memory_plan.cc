#include "engines/duckdb/memory_plan.h"

#include <algorithm>

namespace thalweg::engines {
namespace {

// Sorts and joins fail below this, whatever they may spill.
constexpr Bytes kPerThread = Bytes::MiB(96);
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
