#pragma once

#include <optional>
#include <string>

namespace thalweg::catalog {

/// While it lives, temporary directories lie in memory where the machine has such a file system:
/// tests that simulate faults, or count fsyncs, learn nothing from a real disk, and share it with
/// everything else on the machine.
class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace thalweg::catalog
