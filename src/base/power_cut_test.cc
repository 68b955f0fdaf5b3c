// What a disk holds after a simulated power cut: one test per kind of change, then whole protocols.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"

namespace thalweg {
namespace {

#ifdef THALWEG_TEST_HOOKS
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Disk = std::map<std::string, std::string>;  // path -> bytes, "/" for a directory

class PowerCutTest : public ::testing::Test {
 protected:
  using Files = FaultFileSystem;
  using Body = std::function<void(Files&)>;

  std::string At(std::string_view name) const { return directory_ / name; }

  /// Cuts the power right after `body`.
  void CutAfter(const Body& body) {
    // The last of three cuts in front of a point; which operation that is, a first run would have to count.
    for (std::int64_t n = 1;; ++n) {
      const TempDirectory untouched;
      if (!CutsAtEnd(body, n)) continue;
      return;
    }
  }

  Disk Contents() {
    Disk disk;
    Collect(directory_.path(), disk);
    return disk;
  }

  std::unique_ptr<FileSystem> real_ = MakePosixFileSystem();
  TempDirectory directory_;
};
#endif

}  // namespace
}  // namespace thalweg
