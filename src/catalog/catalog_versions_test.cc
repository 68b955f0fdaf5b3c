// The commit, and what can be read of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int kAll = 1'000'000;

class CatalogVersionsTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }
  std::optional<VersionRecord> Latest(const std::string& table) {
    return catalog().LatestGood("p", table).value();
  }
  Code CommitCode(const CommitEpoch& epoch) { return catalog().Commit(epoch).status().code(); }
  /// A run that commits one version of `node` which failed a check.
  VersionRecord CommitBad(const std::string& node) {
    const RunRecord run = home_.CreateRun({node});
    CommitEpoch epoch = home_.StartEpoch(run, node);
    epoch.versions.front().good = false;
    epoch.ends = NodeState::kFailed;
    epoch.error = "check failed";
    const auto versions = catalog().Commit(epoch).value();
    EXPECT_TRUE(catalog().SetRunState(run.id, RunState::kFailed, kAnn).ok());
    return versions.front();
  }

  TestHome home_;
};

TEST_F(CatalogVersionsTest, ACommitIsVisibleWithEverythingInIt) {
  const RunRecord run = home_.CreateRun({"a"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  NewVersion version = epoch.versions.front();
  version.digest = "1:ff";
  version.manifest.files.push_back({.path = "/data/x.parquet",
                                    .rows = 5,
                                    .size = Bytes(9),
                                    .identity = "/data/x.parquet:9:1:ab"});
  version.manifest.deletes.push_back(
      {.path = "tables/d.parquet", .rows = 1, .size = Bytes(2), .identity = ""});
  version.manifest.columns.push_back({7, "na\"me\n\xC3\xA9", "struct(a integer, b varchar)"});
  epoch.versions = {version, OneFileVersion("a_rejects", version.manifest.node, epoch.attempt, 3)};
  epoch.positions = {{"s1", "10"}, {"s2", "20"}};
  epoch.checks = R"([{"name":"rows"}])";
  epoch.measures.rows_in = 42;
  home_.clock().Advance(std::chrono::seconds(3));
  const auto committed = catalog().Commit(epoch).value();
  ASSERT_THAT(committed, SizeIs(2));

  home_.Reopen();
  const VersionRecord found = catalog().FindVersion(version.manifest.id).value().value();
  EXPECT_EQ(found.number, 1);
  EXPECT_EQ(found.table, "a");
  EXPECT_EQ(found.pipeline, "p");
  EXPECT_EQ(found.run, run.id);
  EXPECT_EQ(found.run_number, 1);
  EXPECT_EQ(found.recipe_key, "key");
  EXPECT_TRUE(found.good);
  EXPECT_FALSE(found.invalidated);
  EXPECT_EQ(found.digest, "1:ff");
  EXPECT_EQ(found.created, home_.clock().Now());
  EXPECT_EQ(found.manifest.columns, version.manifest.columns);
  EXPECT_EQ(found.manifest.files, version.manifest.files);
  EXPECT_EQ(found.manifest.deletes, version.manifest.deletes);
  EXPECT_EQ(found.manifest.rows, version.manifest.rows);
  EXPECT_EQ(found.manifest.bytes, version.manifest.bytes);
  EXPECT_EQ(committed[0].manifest.files, found.manifest.files);
  EXPECT_EQ(committed[0].number, found.number);
  EXPECT_EQ(Latest("a_rejects")->manifest.rows, 3);

  const NodeRunRecord node = home_.NodeRun(run, "a");
  EXPECT_EQ(node.state, NodeState::kDone);
  EXPECT_EQ(node.version, version.manifest.id);
  EXPECT_EQ(node.recipe_key, "key");
  EXPECT_EQ(node.checks, epoch.checks);
  EXPECT_EQ(node.ended, home_.clock().Now());
  const AttemptRecord attempt = catalog().FindAttempt(epoch.attempt).value().value();
  EXPECT_EQ(attempt.state, AttemptState::kDone);
  EXPECT_EQ(attempt.rows_in, 42);
  EXPECT_THAT(catalog().Positions(node.node).value(),
              ElementsAre(Pair("s1", "10"), Pair("s2", "20")));
  EXPECT_EQ(catalog().Events(1, 0, kAll).value().back().what, "state: running -> done");
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(CatalogVersionsTest, VersionsAreNumberedPerTable) {
  EXPECT_EQ(home_.CommitOne("a").number, 1);
  EXPECT_EQ(home_.CommitOne("b").number, 1);
  EXPECT_EQ(home_.CommitOne("a").number, 2);
}

TEST_F(CatalogVersionsTest, ALostAttemptCommitsNothing) {
  const RunRecord run = home_.CreateRun({"a"});
  const CommitEpoch epoch = home_.StartEpoch(run, "a");
  ASSERT_TRUE(catalog().LoseAttempts(run.id, kAnn).ok());
  EXPECT_EQ(CommitCode(epoch), Code::kConflict);
  EXPECT_EQ(Latest("a"), std::nullopt);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kPending);
  // The one who took over commits.
  EXPECT_TRUE(catalog().Commit(home_.StartEpoch(run, "a")).ok());
  EXPECT_EQ(CommitCode(epoch), Code::kConflict);
  EXPECT_THAT(catalog().Versions("p", "a", kAll).value(), SizeIs(1));
}

TEST_F(CatalogVersionsTest, AnotherNodesAttemptCommitsNothing) {
  const RunRecord run = home_.CreateRun({"a", "b"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.node_run = home_.NodeRun(run, "b").id;
  EXPECT_EQ(CommitCode(epoch), Code::kConflict);
}

TEST_F(CatalogVersionsTest, ACancelledRunCommitsNothing) {
  const RunRecord run = home_.CreateRun({"a"});
  const CommitEpoch epoch = home_.StartEpoch(run, "a");
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kCancelled, kAnn).ok());
  EXPECT_EQ(CommitCode(epoch), Code::kCancelled);
  EXPECT_EQ(Latest("a"), std::nullopt);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(CatalogVersionsTest, AnotherNodesTableIsRefused) {
  const RunRecord run = home_.CreateRun({"a", "b"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.versions.front().table = "b";
  EXPECT_EQ(CommitCode(epoch), Code::kInternal);
  epoch.versions.front().table = "a";
  epoch.versions.front().manifest.node = home_.NodeRun(run, "b").node;
  EXPECT_EQ(CommitCode(epoch), Code::kInternal);
  EXPECT_THAT(catalog().Tables().value(), IsEmpty());
}

TEST_F(CatalogVersionsTest, ManyEpochsOfOneAttempt) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeId node = home_.NodeRun(run, "a").node;
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.ends.reset();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    epoch.id = EpochId::New();
    epoch.sequence = sequence;
    epoch.versions = {OneFileVersion("a", node, epoch.attempt)};
    epoch.positions = {{"s", std::to_string(sequence)}};
    epoch.states = {{.operator_name = "agg",
                     .files = {{.path = "state/" + std::to_string(sequence), .identity = ""}}}};
    ASSERT_TRUE(catalog().Commit(epoch).ok());
    EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kRunning);
    EXPECT_EQ(home_.NodeRun(run, "a").version, epoch.versions.front().manifest.id);
  }
  // After a crash an epoch is replayed that was committed already.
  epoch.id = EpochId::New();
  epoch.versions.front().manifest.id = VersionId::New();
  epoch.positions = {{"s", "wrong"}};
  EXPECT_EQ(CommitCode(epoch), Code::kExists);
  EXPECT_THAT(catalog().Positions(node).value(), ElementsAre(Pair("s", "3")));
  const auto states = catalog().States(node).value();
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_EQ(states[0].operator_name, "agg");
  EXPECT_EQ(states[0].files.front().path, "state/3");

  epoch.sequence = 4;
  epoch.ends = NodeState::kDone;
  ASSERT_TRUE(catalog().Commit(epoch).ok());
  EXPECT_EQ(Latest("a")->number, 4);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kDone);
}

TEST_F(CatalogVersionsTest, ReuseTakesTheNewestGoodVersionIfItHasTheKey) {
  const VersionRecord first = home_.CommitOne("a", "k1");
  const VersionRecord second = home_.CommitOne("a", "k1");
  const NodeId node = first.manifest.node;
  EXPECT_EQ(catalog().FindReusable(node, "k1").value()->manifest.id, second.manifest.id);
  EXPECT_EQ(catalog().FindReusable(node, "k3").value(), std::nullopt);
  EXPECT_EQ(catalog().FindReusable(NodeId("other"), "k1").value(), std::nullopt);
  CommitBad("a");  // has the key "key"
  EXPECT_EQ(catalog().FindReusable(node, "key").value(), std::nullopt);
  EXPECT_EQ(catalog().FindReusable(node, "k1").value()->manifest.id, second.manifest.id);
  home_.CommitOne("a", "k2");
  EXPECT_EQ(catalog().FindReusable(node, "k1").value(), std::nullopt);
}

TEST_F(CatalogVersionsTest, RejectsAreNotReusedForTheirNode) {
  const RunRecord run = home_.CreateRun({"a"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.versions.push_back(
      OneFileVersion("a_rejects", epoch.versions.front().manifest.node, epoch.attempt));
  const auto versions = catalog().Commit(epoch).value();
  EXPECT_EQ(catalog().FindReusable(versions[0].manifest.node, "key").value()->table, "a");
}

TEST_F(CatalogVersionsTest, BadVersionsAreReadableAndNeverChosen) {
  const VersionRecord good = home_.CommitOne("a");
  const VersionRecord bad = CommitBad("a");
  EXPECT_EQ(Latest("a")->manifest.id, good.manifest.id);
  EXPECT_EQ(catalog().VersionAt("p", "a", 2).value()->manifest.id, bad.manifest.id);
  EXPECT_FALSE(catalog().VersionAt("p", "a", 2).value()->good);
  EXPECT_EQ(catalog().VersionOfRun("p", "a", 2).value()->manifest.id, bad.manifest.id);
  EXPECT_EQ(catalog().VersionAsOf("p", "a", home_.clock().Now()).value()->manifest.id,
            good.manifest.id);
  EXPECT_THAT(catalog().Versions("p", "a", kAll).value(), SizeIs(2));
  EXPECT_THAT(catalog().Versions("p", "a", 1).value().front().number, 2);
  EXPECT_EQ(home_.NodeRun(catalog().FindRun(2).value().value(), "a").error, "check failed");
}

TEST_F(CatalogVersionsTest, AnInvalidatedRunsVersionsAreNotChosenUntilItIsUndone) {
  const VersionRecord first = home_.CommitOne("a", "k");
  const VersionRecord second = home_.CommitOne("a", "k");
  ASSERT_TRUE(catalog().SetRunState(second.run, RunState::kInvalidated, kAnn).ok());
  EXPECT_EQ(Latest("a")->manifest.id, first.manifest.id);
  EXPECT_EQ(catalog().FindReusable(first.manifest.node, "k").value()->manifest.id,
            first.manifest.id);
  EXPECT_TRUE(catalog().VersionAt("p", "a", 2).value()->invalidated);
  ASSERT_TRUE(catalog().SetRunState(second.run, RunState::kDone, kAnn).ok());
  EXPECT_EQ(Latest("a")->manifest.id, second.manifest.id);
  // One node of a run.
  Catalog::NodeRunChange change{.state = NodeState::kInvalidated, .actor = kAnn};
  ASSERT_TRUE(catalog()
                  .SetNodeRun(home_.NodeRun(catalog().FindRun(2).value().value(), "a").id, change)
                  .ok());
  EXPECT_EQ(Latest("a")->manifest.id, first.manifest.id);
}

TEST_F(CatalogVersionsTest, TimeTravel) {
  const Instant before = home_.clock().Now();
  home_.clock().Advance(std::chrono::seconds(10));
  home_.CommitOne("a");
  const Instant between = home_.clock().Now();
  home_.clock().Advance(std::chrono::seconds(10));
  home_.CommitOne("a");
  EXPECT_EQ(catalog().VersionAsOf("p", "a", before).value(), std::nullopt);
  EXPECT_EQ(catalog().VersionAsOf("p", "a", between).value()->number, 1);
  EXPECT_EQ(catalog().VersionAsOf("p", "a", between + std::chrono::seconds(9)).value()->number, 1);
  EXPECT_EQ(catalog().VersionAsOf("p", "a", home_.clock().Now()).value()->number, 2);
}

TEST_F(CatalogVersionsTest, TheVersionOfARunIsTheOneItReused) {
  const RunRecord run = home_.CreateRun({"a"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.versions.push_back(
      OneFileVersion("a_rejects", epoch.versions.front().manifest.node, epoch.attempt));
  const auto made = catalog().Commit(epoch).value();
  home_.CommitOne("a");
  const RunRecord third = home_.CreateRun({"a"});
  Catalog::NodeRunChange reuse{
      .state = NodeState::kReused, .version = made[0].manifest.id, .actor = kAnn};
  ASSERT_TRUE(catalog().SetNodeRun(home_.NodeRun(third, "a").id, reuse).ok());

  EXPECT_EQ(catalog().VersionOfRun("p", "a", 2).value()->number, 2);
  EXPECT_EQ(catalog().VersionOfRun("p", "a", 3).value()->number, 1);
  EXPECT_EQ(catalog().VersionOfRun("p", "a_rejects", 3).value()->manifest.id, made[1].manifest.id);
  EXPECT_EQ(catalog().VersionOfRun("p", "a_rejects", 2).value(), std::nullopt);
  EXPECT_EQ(catalog().VersionOfRun("p", "a", 4).value(), std::nullopt);
  EXPECT_EQ(catalog().VersionOfRun("p", "b", 1).value(), std::nullopt);
}

TEST_F(CatalogVersionsTest, ARenamedNodeKeepsItsVersions) {
  home_.CommitOne("old");
  const std::vector<Catalog::NodeWish> renamed = {{"new", "sql", {"old"}}};
  ASSERT_TRUE(catalog().ResolveNodes("p", renamed).ok());
  EXPECT_EQ(Latest("new")->number, 1);
  EXPECT_EQ(Latest("new")->table, "new");
  EXPECT_EQ(Latest("old"), std::nullopt);
  EXPECT_EQ(home_.CommitOne("new").number, 2);
}

TEST_F(CatalogVersionsTest, TablesAreListedWithWhatTheirBareNameReads) {
  home_.CommitOne("b");
  const VersionRecord good = home_.CommitOne("a");
  CommitBad("a");
  CommitBad("only_bad");
  const auto tables = catalog().Tables().value();
  ASSERT_THAT(tables, SizeIs(3));
  EXPECT_EQ(tables[0].table, "a");
  EXPECT_EQ(tables[0].versions, 2);
  EXPECT_EQ(tables[0].latest.manifest.id, good.manifest.id);
  EXPECT_EQ(tables[0].latest.manifest.files, good.manifest.files);
  EXPECT_EQ(tables[1].table, "b");
  EXPECT_EQ(tables[2].table, "only_bad");
  EXPECT_FALSE(tables[2].latest.good);
}

TEST_F(CatalogVersionsTest, ReceiptsArePreparedThenApplied) {
  const VersionRecord input = home_.CommitOne("a");
  const RunRecord run = home_.CreateRun({"out"});
  CommitEpoch epoch = home_.StartEpoch(run, "out", "k");
  epoch.versions.clear();
  epoch.receipts = {{.target = "file:/x", .text = "{1}"}, {.target = "file:/y", .text = "{2}"}};
  epoch.receipt_version = input.manifest.id;
  ASSERT_TRUE(catalog().Commit(epoch).ok());
  EXPECT_EQ(home_.NodeRun(run, "out").state, NodeState::kDone);

  home_.Reopen();
  auto prepared = catalog().PreparedReceipts().value();
  ASSERT_THAT(prepared, SizeIs(2));
  EXPECT_EQ(prepared[0].target, "file:/x");
  EXPECT_EQ(prepared[0].receipt, "{1}");
  EXPECT_EQ(prepared[0].version, input.manifest.id);
  EXPECT_EQ(prepared[0].recipe_key, "k");
  EXPECT_EQ(prepared[0].epoch, epoch.id);
  EXPECT_EQ(catalog().LastReceipt("file:/x").value()->state, ReceiptState::kPrepared);
  ASSERT_TRUE(catalog().MarkApplied(std::span(prepared).first(1)).ok());
  ASSERT_TRUE(
      catalog().MarkApplied(std::span(prepared).first(1)).ok());  // recovery may say it again
  EXPECT_EQ(catalog().LastReceipt("file:/x").value()->state, ReceiptState::kApplied);
  EXPECT_THAT(catalog().PreparedReceipts().value(), SizeIs(1));
  EXPECT_EQ(catalog().LastReceipt("file:/z").value(), std::nullopt);
  prepared[0].target = "file:/z";
  EXPECT_EQ(catalog().MarkApplied(std::span(prepared).first(1)).code(), Code::kNotFound);
}

TEST_F(CatalogVersionsTest, TheLastReceiptOfATargetIsTheNewestAlsoWithinOneInstant) {
  for (const char* const text : {"1", "2", "3"}) {
    const RunRecord run = home_.CreateRun({"out"});
    CommitEpoch epoch = home_.StartEpoch(run, "out");
    epoch.versions.clear();
    epoch.receipts = {{.target = "t", .text = text}};
    ASSERT_TRUE(catalog().Commit(epoch).ok());
  }
  EXPECT_EQ(catalog().LastReceipt("t").value()->receipt, "3");
  std::vector<std::string> order;
  for (const auto& receipt : catalog().PreparedReceipts().value()) order.push_back(receipt.receipt);
  EXPECT_THAT(order, ElementsAre("1", "2", "3"));
}

}  // namespace
}  // namespace thalweg::catalog
