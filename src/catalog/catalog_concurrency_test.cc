// Several writers over one home: threads with one catalog, threads with their own, processes.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/fault_file_system.h"
#include "catalog/catalog.h"
#include "catalog/fault_vfs.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

constexpr int kCommits = 200;
constexpr std::chrono::seconds kLease{60};

/// A run of one node, from its creation to its end.
Status CommitOnce(Catalog& catalog, const NodeId& node) {
  NewRun wanted;
  wanted.pipeline = "p";
  wanted.nodes = {{.node = node, .name = "a", .kind = "sql", .action = ""}};
  wanted.actor = kAnn;
  TW_ASSIGN_OR_RETURN(const auto run, catalog.CreateRun(wanted));
  TW_ASSIGN_OR_RETURN(const auto node_runs, catalog.NodeRuns(run.id));
  TW_ASSIGN_OR_RETURN(const auto attempt,
                      catalog.StartAttempt(node_runs.at(0).id, "e", "w", kLease));
  CommitEpoch epoch;
  epoch.id = EpochId::New();
  epoch.node_run = attempt.node_run;
  epoch.attempt = attempt.id;
  epoch.versions = {OneFileVersion("a", node, attempt.id)};
  epoch.measures = attempt;
  epoch.ends = NodeState::kDone;
  epoch.actor = kAnn;
  TW_RETURN_IF_ERROR(catalog.Commit(epoch).status());
  return catalog.SetRunState(run.id, RunState::kDone, kAnn);
}

Status CommitMany(Catalog& catalog, const NodeId& node) {
  for (int i = 0; i < kCommits; ++i) TW_RETURN_IF_ERROR(CommitOnce(catalog, node));
  return Status::Ok();
}

class CatalogConcurrencyTest : public ::testing::Test {
 protected:
  CatalogConcurrencyTest() {
    const std::vector<Catalog::NodeWish> wishes = {{"a", "sql", {}}};
    node_ = home_.catalog().ResolveNodes("p", wishes).value()[0];
  }

  void CheckAllThere(std::size_t commits) {
    home_.Reopen();
    const auto versions = home_.catalog().Versions("p", "a", 0).value();
    ASSERT_EQ(versions.size(), commits);
    for (std::size_t i = 0; i < commits; ++i) {
      EXPECT_EQ(versions[i].number, static_cast<std::int64_t>(commits - i));
    }
    EXPECT_EQ(home_.catalog().Runs(std::nullopt, 1).value()[0].number,
              static_cast<std::int64_t>(commits));
    const Status integrity = home_.catalog().CheckIntegrity();
    EXPECT_TRUE(integrity.ok()) << integrity;
  }

  TestHome home_;
  NodeId node_;
};

TEST_F(CatalogConcurrencyTest, ThreadsThatShareACatalogWhileOthersRead) {
  std::atomic<bool> writing = true;
  std::thread reader([&] {
    std::int64_t last = 0;
    while (writing) {
      const auto latest = home_.catalog().LatestGood("p", "a").value();
      if (!latest) continue;
      EXPECT_GE(latest->number, last);  // never backwards, never without its file
      EXPECT_EQ(latest->manifest.files.size(), 1u);
      last = latest->number;
    }
  });
  std::thread other([&] { EXPECT_TRUE(CommitMany(home_.catalog(), node_).ok()); });
  EXPECT_TRUE(CommitMany(home_.catalog(), node_).ok());
  other.join();
  writing = false;
  reader.join();
  CheckAllThere(2 * kCommits);
}

TEST_F(CatalogConcurrencyTest, ThreadsWithACatalogEach) {
  std::thread other([&] {
    const auto catalog = Catalog::Open(home_.home(), SystemClock()).value();
    const Status status = CommitMany(*catalog, node_);
    EXPECT_TRUE(status.ok()) << status;
  });
  const Status status = CommitMany(home_.catalog(), node_);
  EXPECT_TRUE(status.ok()) << status;
  other.join();
  CheckAllThere(2 * kCommits);
}

TEST_F(CatalogConcurrencyTest, Processes) {
  home_.Close();  // a forked child must not inherit SQLite's locks
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto catalog = Catalog::Open(home_.home(), SystemClock());
      const Status status = catalog.ok() ? CommitMany(**catalog, node_) : catalog.status();
      if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
      std::_Exit(status.ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    EXPECT_EQ(state, 0);
  }
  CheckAllThere(2 * kCommits);
}

#ifdef THALWEG_TEST_HOOKS
TEST_F(CatalogConcurrencyTest, AProcessThatIsKilledInAWriteHarmsNoOther) {
  home_.Close();
  for (const std::int64_t operation : {3, 20, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 200}) {
    const pid_t survivor = ::fork();
    ASSERT_GE(survivor, 0);
    if (survivor == 0) {
      const auto catalog = Catalog::Open(home_.home(), SystemClock()).value();
      for (int i = 0; i < 20; ++i) TW_CHECK(CommitOnce(*catalog, node_).ok());
      std::_Exit(0);
    }
    FaultPlan plan;
    plan.kind = FaultPlan::Kind::kKill;
    plan.at = operation;
    const ForkedEnd end = RunForked(plan, [&](FaultFileSystem& files) {
      SetCatalogFaultLayer(&files.layer());
      const auto catalog = Catalog::Open(home_.home(), SystemClock()).value();
      EXPECT_TRUE(CommitMany(*catalog, node_).ok());
    });
    EXPECT_TRUE(end.killed);
    int state = 0;
    ASSERT_EQ(::waitpid(survivor, &state, 0), survivor);
    EXPECT_EQ(state, 0);
  }
  home_.Reopen();
  EXPECT_GE(home_.catalog().Versions("p", "a", 0).value().size(), 13u * 20u);
  const Status integrity = home_.catalog().CheckIntegrity();
  EXPECT_TRUE(integrity.ok()) << integrity;
}
#endif

TEST_F(CatalogConcurrencyTest, SeveralMakeOneHomeAtOnce) {
  const TempDirectory directory;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto home = Home::OpenOrCreate(LocalFileSystem(), directory / ".thalweg");
      const auto catalog = home.ok() ? Catalog::Open(*home, SystemClock()) : home.status();
      const std::vector<Catalog::NodeWish> wishes = {{"a", "sql", {}}};
      const Status status =
          catalog.ok() ? (*catalog)->ResolveNodes("p", wishes).status() : catalog.status();
      if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
      std::_Exit(status.ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    EXPECT_EQ(state, 0);
  }
  const Home home = Home::Open(LocalFileSystem(), directory / ".thalweg").value();
  EXPECT_EQ(Catalog::Open(home, SystemClock()).value()->Nodes().value().size(), 1u);
}

}  // namespace
}  // namespace thalweg::catalog
