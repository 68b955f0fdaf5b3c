#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/testing/temp_directory.h"
#include "catalog/catalog.h"
#include "cli/testing/run_program.h"

namespace thalweg::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class DoctorTest : public testing::Test {
 protected:
  void Run(const std::string& name, const std::string& nodes) const {
    directory_.Write(name + ".yaml", "thalweg: 1\npipeline: " + name + "\nnodes:\n" + nodes);
    const auto run = RunProgram({"run", name + ".yaml"}, directory_.path(), "");
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }
  /// What is found under a name; null when there is no such finding.
  json Found(const std::string& what) const {
    const auto run = RunProgram({"doctor", "-o", "json"}, directory_.path(), "");
    EXPECT_EQ(run.exit_code, 0) << run.out;
    const json document = json::parse(run.out, nullptr, false);
    for (const auto& finding : document["findings"]) {
      if (finding["what"] == what) return finding;
    }
    return nullptr;
  }

  TempDirectory directory_;
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
  EXPECT_THAT(text, HasSubstr("of 3 source files, 1 changed and 1 missing: "));
  EXPECT_THAT(text, HasSubstr("q/a.parquet (changed)"));
  EXPECT_THAT(text, HasSubstr("q/c.parquet (missing)"));
}

TEST_F(DoctorTest, AnOutsideFileThatWasReadAnewIsNoTrouble) {
  const auto write = [&](const std::string& rows) {
    Run("made", "  x: {sql: \"" + rows + "\"}\n  a: {from: x, target: {files: q/a.parquet}}\n");
  };
  const std::string read = "  m: {source: {files: q/a.parquet}}\n";
  write("SELECT 1 AS id");
  Run("read", read);
  EXPECT_EQ(Found("sources")["text"], "1 source file, as it was");
  write("SELECT 2 AS id UNION ALL SELECT 3");
  EXPECT_EQ(Found("sources")["health"], "warn");
  Run("read", read);
  EXPECT_EQ(Found("sources")["health"], "ok") << Found("sources");
}

TEST_F(DoctorTest, ARunWhoseLockIsFreeIsCutOff) {
  Run("p", "  x: {sql: SELECT 1 AS id}\n");
  const std::string path = directory_ / ".thalweg";
  const auto home = catalog::Home::Open(LocalFileSystem(), path);
  ASSERT_TRUE(home.ok()) << home.status();
  const auto catalog = catalog::Catalog::Open(*home, SystemClock());
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const catalog::Actor actor{"tester", "run"};
  const auto run = (*catalog)->CreateRun({.pipeline = "p", .parameters = "{}", .actor = actor});
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_TRUE((*catalog)->SetRunState(run->id, catalog::RunState::kRunning, actor).ok());

  const auto json_of = [&](const std::vector<std::string>& command) {
    const auto outcome = RunProgram(command, directory_.path(), "");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  };
  const auto expect_cut_off = [&](bool expected) {
    EXPECT_EQ(Found("runs")["health"], expected ? "warn" : "ok");
    EXPECT_EQ(json_of({"runs", "-o", "json"})["runs"][0]["cut_off"], expected);
    EXPECT_EQ(json_of({"show", "2", "-o", "json"})["cut_off"], expected);
    EXPECT_THAT(RunProgram({"show", "2"}, directory_.path(), "").out,
                HasSubstr(expected ? "run 2 of p: cut off" : "run 2 of p: running"));
  };
  expect_cut_off(true);
  EXPECT_FALSE(std::filesystem::exists(home->RunDirectory(2)));  // nobody made its lock
  {
    const auto lock = catalog::RunLock::TryAcquire(*home, 2);
    ASSERT_TRUE(lock.ok() && *lock);
    expect_cut_off(false);
  }
  expect_cut_off(true);
}

}  // namespace
}  // namespace thalweg::cli
