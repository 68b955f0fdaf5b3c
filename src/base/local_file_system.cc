#include <memory>

#include "base/file_system.h"
#include "base/posix_file_system.h"

#ifdef THALWEG_TEST_HOOKS
#include <cstdio>
#include <cstdlib>

#include "base/fault_file_system.h"
#endif

namespace thalweg {
inline namespace base {
namespace {

// Both are never destroyed: other statics may still write while the process ends.
FileSystem& RealFiles() {
  static FileSystem& files = *MakePosixFileSystem().release();
  return files;
}

#ifdef THALWEG_TEST_HOOKS
constexpr int kExitUsage = 2;

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Null without faults in the environment.
FaultFileSystem* FaultyFiles() {
  static FaultFileSystem* const files = []() -> FaultFileSystem* {
    auto plan = ParseFaultPlan(Environment("THALWEG_FAULT"), Environment("THALWEG_KILL_AT"));
    if (!plan.ok()) {
      // A test that asks for a fault and gets none would pass for nothing.
      std::fprintf(stderr, "%s\n", plan.status().ToString().c_str());
      std::_Exit(kExitUsage);
    }
    if (!plan->active()) return nullptr;
    auto* const made = std::make_unique<FaultFileSystem>(RealFiles(), *std::move(plan)).release();
    std::atexit([] { FaultyFiles()->WriteCount(); });
    return made;
  }();
  return files;
}
#endif

}  // namespace

#ifdef THALWEG_TEST_HOOKS
FileSystem& LocalFileSystem() {
  FaultFileSystem* const faulty = FaultyFiles();
  return faulty != nullptr ? *faulty : RealFiles();
}

FaultLayer* ActiveFaultLayer() {
  FaultFileSystem* const faulty = FaultyFiles();
  return faulty != nullptr ? &faulty->layer() : nullptr;
}
#else
FileSystem& LocalFileSystem() {
  return RealFiles();
}
FaultLayer* ActiveFaultLayer() {
  return nullptr;
}
#endif

}  // namespace base
}  // namespace thalweg
