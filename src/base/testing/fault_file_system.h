#pragma once

#include <functional>

#include "base/fault_file_system.h"

namespace thalweg {
inline namespace base {

/// How a forked child ended.
struct ForkedEnd {
  bool killed = false;  ///< by SIGKILL: the planned fault was reached
  int exit_code = 0;    ///< 0 when `body` returned
};

/// Runs `body` in a child process over the operating system's files with faults in front, and waits
/// for it. The calling process must have no other threads. A failed expectation in the child shows
/// as exit code 1.
ForkedEnd RunForked(const FaultPlan& plan, const std::function<void(FaultFileSystem&)>& body);

}  // namespace base
}  // namespace thalweg
