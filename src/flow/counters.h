#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace thalweg::flow {

/// Live figures of one task. Written by the task, read by anybody.
struct TaskCounters {
  std::atomic<std::int64_t> rows_in{0}, rows_out{0}, bytes_out{0};
  std::atomic<std::int64_t> rejected{0}, late{0}, dropped{0};  ///< rows
  std::atomic<std::int64_t> busy_ns{0}, blocked_ns{0};
  std::atomic<std::int64_t> state_bytes{0};        ///< of the last snapshot's chain
  std::atomic<std::int64_t> watermark{INT64_MIN};  ///< ns; INT64_MIN: none yet
  std::atomic<bool> ended{false};
};

/// The figures of one step: sums over its tasks.
struct StepFigures {
  std::string node;
  std::int64_t rows_in = 0, rows_out = 0, bytes_out = 0;
  std::int64_t rejected = 0, late = 0, dropped = 0;
  std::int64_t busy_ns = 0;                         ///< working
  std::int64_t blocked_ns = 0;                      ///< waiting for room behind it
  std::int64_t queued_bytes = 0, queued_limit = 0;  ///< in front of it
  std::int64_t state_bytes = 0;
  std::int64_t watermark = INT64_MIN;  ///< the least of its tasks
  int tasks = 0;
  bool ended = false;
};

}  // namespace thalweg::flow
