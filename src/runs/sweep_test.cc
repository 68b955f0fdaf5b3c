#include "runs/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::chrono::seconds kLease30{30};

/// A stream of one node, by hand.
class SweepTest : public ::testing::Test {
 protected:
  SweepTest() : workspace_(pipeline_.Open().value()) {
    const auto ids =
        catalog()
            .ResolveNodes("p", std::vector<catalog::Catalog::NodeWish>{{"a", "operator", {}}})
            .value();
    node_ = ids[0];
  }
  catalog::Catalog& catalog() { return workspace_->catalog(); }
  const catalog::Home& home() { return workspace_->home(); }

  void StartRun() {
    catalog::NewRun wanted;
    wanted.pipeline = "p";
    wanted.stream = true;
    wanted.nodes = {{.node = node_, .name = "a", .kind = "operator", .action = ""}};
    wanted.actor = {"ann@host", "run"};
    run_ = catalog().CreateRun(wanted).value();
    ASSERT_TRUE(catalog().SetRunState(run_.id, catalog::RunState::kRunning, wanted.actor).ok());
    node_run_ = catalog().NodeRuns(run_.id).value()[0].id;
    StartAttempt();
  }
  void StartAttempt() {
    attempt_ = catalog().StartAttempt(node_run_, "flow", "w", kLease30).value();
  }
  std::string WriteState(const std::string& name) {
    const std::string directory = home().StateDirectory(node_, attempt_.id);
    EXPECT_TRUE(MakeDirectories(files(), directory).ok());
    const std::string path = JoinPath(directory, name);
    EXPECT_TRUE(WriteFileAtomically(files(), path, "x").ok());
    return home().Relative(path);
  }
  std::string WriteTable(const std::string& name) {
    const std::string directory = home().AttemptDirectory(node_, attempt_.id);
    EXPECT_TRUE(MakeDirectories(files(), directory).ok());
    const std::string path = JoinPath(directory, name);
    EXPECT_TRUE(WriteFileAtomically(files(), path, "x").ok());
    return home().Relative(path);
  }
  void CommitState(std::uint64_t sequence, const std::vector<std::string>& paths) {
    catalog::CommitEpoch epoch;
    epoch.id = EpochId::New();
    epoch.node_run = node_run_;
    epoch.attempt = attempt_.id;
    epoch.sequence = sequence;
    epoch.measures = attempt_;
    auto& state = epoch.states.emplace_back();
    state.operator_name = "main";
    for (const auto& path : paths)
      state.files.push_back({.path = path, .rows = 1, .size = Bytes(1), .identity = ""});
    ASSERT_TRUE(catalog().Commit(std::span<const catalog::CommitEpoch>(&epoch, 1)).ok());
  }
  bool Exists(const std::string& path) { return files().Stat(home().Absolute(path)).ok(); }
  FileSystem& files() { return workspace_->files(); }

  TestPipeline pipeline_;
  std::unique_ptr<Workspace> workspace_;
  NodeId node_;
  catalog::RunRecord run_;
  NodeRunId node_run_;
  catalog::AttemptRecord attempt_;
};

TEST_F(SweepTest, LeavesWhatALivingAttemptWrites) {
  StartRun();
  const auto state = WriteState("1"), table = WriteTable("1");
  EXPECT_THAT(SweepAttempts(*workspace_).value(), IsEmpty());
  EXPECT_TRUE(Exists(state));
  EXPECT_TRUE(Exists(table));
}

TEST_F(SweepTest, RemovesSingleFilesOfADeadAttemptThatNothingNames) {
  StartRun();
  const auto kept = WriteState("1"), left = WriteState("2"), table = WriteTable("1");
  CommitState(1, {kept});
  ASSERT_TRUE(catalog().LoseAttempts(run_.id, {"thalweg", "died"}).ok());
  StartAttempt();
  const auto next = WriteState("3");
  EXPECT_THAT(SweepAttempts(*workspace_).value(), UnorderedElementsAre(left, ParentPath(table)));
  EXPECT_TRUE(Exists(kept));
  EXPECT_TRUE(Exists(next));
  EXPECT_FALSE(Exists(left));
  EXPECT_FALSE(Exists(table));
}

TEST_F(SweepTest, RemovesWhatEpochsNoLongerNeed) {
  StartRun();
  const auto first = WriteState("1"), second = WriteState("2");
  CommitState(1, {first});
  CommitState(2, {second});
  EXPECT_THAT(RemoveLooseFiles(*workspace_).value(), ElementsAre(first));
  EXPECT_FALSE(Exists(first));
  EXPECT_TRUE(Exists(second));
  EXPECT_THAT(RemoveLooseFiles(*workspace_).value(), IsEmpty());
  CommitState(3, {});
  const auto report = Sweep(*workspace_, {}).value();
  EXPECT_THAT(report.removed, ElementsAre(second));
  EXPECT_EQ(report.files, 1);
}

}  // namespace
}  // namespace thalweg::runs
