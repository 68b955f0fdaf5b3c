#include "base/testing/fault_file_system.h"

#ifdef THALWEG_TEST_HOOKS

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/posix_file_system.h"

namespace thalweg {
inline namespace base {

ForkedEnd RunForked(const FaultPlan& plan, const std::function<void(FaultFileSystem&)>& body) {
  std::fflush(nullptr);  // else the child would print it again
  const pid_t child = ::fork();
  TW_CHECK(child >= 0);
  if (child == 0) {
    const auto real = MakePosixFileSystem();
    FaultFileSystem files(*real, plan);
    body(files);
    std::fflush(nullptr);
    std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int state = 0;
  TW_CHECK(::waitpid(child, &state, 0) == child);
  if (WIFSIGNALED(state)) return {WTERMSIG(state) == SIGKILL, 128 + WTERMSIG(state)};
  return {false, WEXITSTATUS(state)};
}

}  // namespace base
}  // namespace thalweg

#endif  // THALWEG_TEST_HOOKS
