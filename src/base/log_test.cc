#include "base/log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/testing/temp_directory.h"

namespace thalweg {
namespace {

constexpr const char* kChild = "THALWEG_LOG_TEST_CHILD";

/// What a process with THALWEG_LOG=level writes to stderr. The level is read once, so it takes a
/// new process.
std::string LogOfChild(const char* level) {
  const TempDirectory directory;
  const std::string path = directory.Write("log", "");
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kChild, "1", 1);
    ::setenv("THALWEG_LOG", level, 1);
    (void)!std::freopen(path.c_str(), "w", stderr);
    (void)!std::freopen("/dev/null", "w", stdout);
    ::execl("/proc/self/exe", "base_test", "--gtest_filter=LogTest.*", nullptr);
    std::_Exit(127);
  }
  int state = 0;
  EXPECT_EQ(::waitpid(child, &state, 0), child);
  EXPECT_EQ(state, 0);
  return ReadFile(LocalFileSystem(), path).value();
}

TEST(LogTest, WritesFromTheWantedLevelOnOneLineEach) {
  if (std::getenv(kChild) != nullptr) {
    Log(LogLevel::kDebug, "too {}", "fine");
    Log(LogLevel::kWarn, "node={} rows={}", "a\nb", 7);
    Log(LogLevel::kError, "last");
    return;
  }
  const std::string warn = LogOfChild("warn");
  EXPECT_EQ(warn.find("too fine"), std::string::npos);
  EXPECT_NE(warn.find(" warning node=a\\u{a}b rows=7\n"), std::string::npos) << warn;
  EXPECT_NE(warn.find(" error last\n"), std::string::npos) << warn;
  EXPECT_NE(LogOfChild("debug").find(" debug too fine\n"), std::string::npos);
  EXPECT_EQ(LogOfChild(""), "");
  EXPECT_EQ(LogOfChild("loud"), "");
}

}  // namespace
}  // namespace thalweg
