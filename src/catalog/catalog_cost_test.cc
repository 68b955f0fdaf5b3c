// What the catalog may cost: fsyncs exactly, CPU within its bars (the best of several tries: others
// use the machine).
#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/fault_vfs.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using Millis = std::chrono::duration<double, std::milli>;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlower = 30;
#else
constexpr double kSlower = 1;
#endif

constexpr int kTries = 5;
constexpr std::chrono::seconds kLease{60};

template <typename F>
Millis CpuOf(F&& body) {
  const auto before = ProcessCpuTime();
  body();
  return ProcessCpuTime() - before;
}

template <typename F>
void ExpectWithin(const char* what, double bar_ms, F&& body) {
  Millis best = Millis::max();
  for (int i = 0; i < kTries; ++i) best = std::min(best, Millis(body(i)));
  std::cout << fmt::format("{}: {:.3f} ms of CPU, bar {} ms\n", what, best.count(), bar_ms);
  EXPECT_LE(best.count(), bar_ms * kSlower) << what;
}

std::vector<std::string> Names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("node_{}", i));
  return names;
}

class CatalogCostTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }

  void Execute(const NodeRunRecord& node) {
    const AttemptRecord attempt =
        catalog().StartAttempt(node.id, "duckdb 1.5", "host:1", kLease).value();
    CommitEpoch epoch;
    epoch.id = EpochId::New();
    epoch.node_run = node.id;
    epoch.attempt = attempt.id;
    epoch.recipe_key = "0123456789abcdef0123456789abcdef";
    epoch.versions = {OneFileVersion(node.node_name, node.node, attempt.id)};
    for (int i = 0; i < 20; ++i)
      epoch.versions[0].manifest.columns.push_back({i + 3, fmt::format("column_{}", i), "double"});
    epoch.measures = attempt;
    epoch.ends = NodeState::kDone;
    epoch.actor = {"thalweg", "finished"};
    ASSERT_TRUE(catalog().Commit(epoch).ok());
  }

  /// Of a running stream: each has a version of one file, two positions and a state of 8 files.
  std::vector<CommitEpoch> StreamEpochs(const std::vector<std::string>& names) {
    const RunRecord run = home_.CreateRun(names, /*stream=*/true);
    std::vector<CommitEpoch> epochs;
    for (const auto& name : names) {
      CommitEpoch& epoch = epochs.emplace_back(home_.StartEpoch(run, name));
      epoch.ends.reset();
      epoch.positions = {{.split = "0", .position = "1"}, {.split = "1", .position = "1"}};
      epoch.states.emplace_back().operator_name = "main";
    }
    return epochs;
  }
  static void Advance(std::vector<CommitEpoch>& epochs, std::uint64_t sequence) {
    for (CommitEpoch& epoch : epochs) {
      epoch.id = EpochId::New();
      epoch.sequence = sequence;
      const NodeId node = epoch.versions[0].manifest.node;
      const std::string table = epoch.versions[0].table;
      epoch.versions = {OneFileVersion(table, node, epoch.attempt)};
      epoch.versions[0].manifest.files[0].path += std::to_string(sequence);
      auto& files = epoch.states[0].files;
      if (files.size() == 8) files.clear();
      files.push_back({.path = fmt::format("state/{}/{}/{}", node.str(), table, sequence),
                       .rows = 1,
                       .size = Bytes(10),
                       .identity = ""});
    }
  }

  TestHome home_;
};

#ifdef THALWEG_TEST_HOOKS
TEST_F(CatalogCostTest, OneFsyncPerNode) {
  constexpr int kNodes = 100;
  const auto nodes = catalog().NodeRuns(home_.CreateRun(Names(kNodes)).id).value();
  const std::int64_t before = CatalogSyncs();
  for (const auto& node : nodes) Execute(node);
  EXPECT_EQ(CatalogSyncs() - before, kNodes);
}

TEST_F(CatalogCostTest, CheckpointsAreRare) {
  constexpr int kNodes = 1000;
  const auto nodes = catalog().NodeRuns(home_.CreateRun(Names(kNodes)).id).value();
  const std::int64_t before = CatalogSyncs();
  for (const auto& node : nodes) Execute(node);
  EXPECT_LE(CatalogSyncs() - before, kNodes * 102 / 100);
}

TEST_F(CatalogCostTest, WhatIsNotDurableIsNotSynced) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunRecord node = home_.NodeRun(run, "a");
  const std::int64_t before = CatalogSyncs();
  const AttemptRecord attempt = catalog().StartAttempt(node.id, "e", "w", kLease).value();
  ASSERT_TRUE(catalog().RenewLease(std::span(&attempt.id, 1), kLease).ok());
  const std::pair<std::string, std::string> entry("key", "value");
  ASSERT_TRUE(catalog().CachePut("k", std::span(&entry, 1)).ok());
  EXPECT_EQ(CatalogSyncs() - before, 0);
  // A durable call after them does sync, and reading never does.
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kWaiting, kAnn).ok());
  EXPECT_EQ(CatalogSyncs() - before, 1);
  ASSERT_TRUE(catalog().Tables().ok());
  EXPECT_EQ(CatalogSyncs() - before, 1);
}

TEST_F(CatalogCostTest, OneFsyncPerCheckpointOfAStream) {
  auto epochs = StreamEpochs(Names(10));
  const std::int64_t before = CatalogSyncs();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    Advance(epochs, i);
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  }
  EXPECT_EQ(CatalogSyncs() - before, 20);
}

TEST_F(CatalogCostTest, ResolvingKnownNodesWritesNothing) {
  home_.CreateRun(Names(10));
  const std::int64_t before = CatalogSyncs();
  std::vector<Catalog::NodeWish> wishes;
  for (const auto& name : Names(10)) wishes.push_back({name, "sql", {}});
  ASSERT_TRUE(catalog().ResolveNodes("p", wishes).ok());
  EXPECT_EQ(CatalogSyncs() - before, 0);
}
#endif

TEST_F(CatalogCostTest, Opening) {
  ExpectWithin("open", 3, [&](int) {
    home_.Close();
    return CpuOf([&] { home_.Reopen(); });
  });
}

TEST_F(CatalogCostTest, ANode) {
  constexpr int kNodes = 100;
  ExpectWithin("start, commit and states of one node", 0.6, [&](int) {
    const auto nodes = catalog().NodeRuns(home_.CreateRun(Names(kNodes)).id).value();
    return CpuOf([&] {
             for (const auto& node : nodes) Execute(node);
           }) /
           kNodes;
  });
}

TEST_F(CatalogCostTest, AHundredReusedNodes) {
  constexpr int kNodes = 100;
  std::vector<VersionId> versions;
  const RunRecord first = home_.CreateRun(Names(kNodes));
  for (const auto& node : catalog().NodeRuns(first.id).value()) Execute(node);
  for (const auto& node : catalog().NodeRuns(first.id).value()) versions.push_back(node.version);
  ExpectWithin("100 reused nodes", 3, [&](int) {
    std::vector<std::pair<NodeRunId, Catalog::NodeRunChange>> changes;
    for (const auto& node : catalog().NodeRuns(home_.CreateRun(Names(kNodes)).id).value()) {
      Catalog::NodeRunChange change{
          .state = NodeState::kReused, .action = "reuse version 1", .actor = kAnn};
      change.recipe_key = "0123456789abcdef0123456789abcdef";
      change.version = versions[changes.size()];
      changes.emplace_back(node.id, change);
    }
    return CpuOf([&] { ASSERT_TRUE(catalog().SetNodeRuns(changes).ok()); });
  });
}

TEST_F(CatalogCostTest, ARunOfAThousandNodes) {
  const auto names = Names(1000);
  home_.CreateRun(names);  // gives the nodes their ids
  ExpectWithin("run of 1,000 nodes", 30,
               [&](int) { return CpuOf([&] { home_.CreateRun(names); }); });
}

TEST_F(CatalogCostTest, ACheckpointOfAStream) {
  auto epochs = StreamEpochs(Names(10));
  Catalog::Trim trim;
  for (const auto& epoch : epochs) trim.nodes.push_back(epoch.versions[0].manifest.node);
  std::uint64_t sequence = 0;
  constexpr int kEpochs = 100;
  ExpectWithin("checkpoint of 10 nodes", 5, [&](int) {
    return CpuOf([&] {
             for (int i = 0; i < kEpochs; ++i) {
               Advance(epochs, ++sequence);
               ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
             }
           }) /
           kEpochs;
  });
  ExpectWithin("trimming 10 tables of a stream after 10 epochs", 10, [&](int) {
    for (int i = 0; i < 10; ++i) {
      home_.clock().Advance(std::chrono::seconds(30));
      Advance(epochs, ++sequence);
      EXPECT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
    }
    return CpuOf([&] {
      ASSERT_TRUE(catalog().TrimStream(trim).ok());
      ASSERT_TRUE(catalog().ForgetLooseFiles(catalog().LooseFiles().value()).ok());
    });
  });
}

TEST_F(CatalogCostTest, LookingAVersionUpAmongMany) {
  constexpr int kVersions = 2000;
  const RunRecord run = home_.CreateRun({"a", "b"});
  const NodeRunRecord a = home_.NodeRun(run, "a");
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.ends.reset();
  for (std::uint64_t i = 1; i <= kVersions; ++i) {
    epoch.id = EpochId::New();
    epoch.sequence = i;
    epoch.recipe_key = fmt::format("key {}", i);
    epoch.versions = {OneFileVersion("a", a.node, epoch.attempt)};
    ASSERT_TRUE(catalog().Commit(epoch).ok());
  }
  constexpr int kLookUps = 100;
  ExpectWithin("latest, reusable and as-of among 2,000 versions", 0.2, [&](int) {
    return CpuOf([&] {
             for (int i = 0; i < kLookUps; ++i) {
               ASSERT_EQ(catalog().LatestGood("p", "a").value()->number, kVersions);
               ASSERT_EQ(catalog().FindReusable(a.node, "key 2000").value()->number, kVersions);
               ASSERT_EQ(catalog().VersionAt("p", "a", 1000).value()->number, 1000);
             }
           }) /
           kLookUps;
  });
}

}  // namespace
}  // namespace thalweg::catalog
