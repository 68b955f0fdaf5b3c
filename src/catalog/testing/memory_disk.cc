#include "catalog/testing/memory_disk.h"

#include <unistd.h>

#include <cstdlib>

namespace thalweg::catalog {
namespace {

constexpr const char* kVariable = "TMPDIR";
constexpr const char* kMemory = "/dev/shm";

}  // namespace

MemoryDisk::MemoryDisk() {
  if (const char* const before = std::getenv(kVariable)) before_ = before;
  if (::access(kMemory, W_OK) == 0) ::setenv(kVariable, kMemory, 1);
}

MemoryDisk::~MemoryDisk() {
  before_ ? ::setenv(kVariable, before_->c_str(), 1) : ::unsetenv(kVariable);
}

}  // namespace thalweg::catalog
