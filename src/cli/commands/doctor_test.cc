#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/testing/run_program.h"

namespace thalweg::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    char name[] = "/tmp/thalweg-doctor-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~DoctorTest() override { std::filesystem::remove_all(directory_); }

  void Run(const std::string& name, const std::string& nodes) const {
    std::ofstream(directory_ / (name + ".yaml")) << "thalweg: 1\npipeline: " << name << "\nnodes:\n"
                                                 << nodes;
    const auto run = RunProgram({"run", name + ".yaml"}, directory_.string(), "");
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }
  /// What is found under a name; null when there is no such finding.
  json Found(const std::string& what) const {
    const auto run = RunProgram({"doctor", "-o", "json"}, directory_.string(), "");
    EXPECT_EQ(run.exit_code, 0) << run.out;
    const json document = json::parse(run.out, nullptr, false);
    for (const auto& finding : document["findings"]) {
      if (finding["what"] == what) return finding;
    }
    return nullptr;
  }

  std::filesystem::path directory_;
};

TEST_F(DoctorTest, OutsideFilesThatChangedOrAreGoneAreCounted) {
  Run("made",
      "  x: {sql: SELECT 1 AS id}\n"
      "  a: {from: x, target: {files: q/a.parquet}}\n"
      "  b: {from: x, target: {files: q/b.parquet}}\n"
      "  c: {from: x, target: {files: q/c.parquet}}\n");
  EXPECT_EQ(Found("sources"), nullptr);
  Run("read", "  m: {source: {files: \"q/*.parquet\"}}\n");
  EXPECT_EQ(Found("sources")["health"], "ok");

  std::ofstream(directory_ / "q/a.parquet", std::ios::app) << "more";
  std::filesystem::remove(directory_ / "q/c.parquet");
  const json finding = Found("sources");
  EXPECT_EQ(finding["health"], "warn");
  const auto text = finding["text"].get<std::string>();
  EXPECT_THAT(text, HasSubstr("1 of 3 files that versions refer to have changed, 1 are missing"));
  EXPECT_THAT(text, HasSubstr("q/a.parquet (changed)"));
  EXPECT_THAT(text, HasSubstr("q/c.parquet (missing)"));
}

}  // namespace
}  // namespace thalweg::cli
