#include "catalog/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RetentionTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }
  VersionRecord Commit(const std::string& node) {
    home_.clock().Advance(std::chrono::seconds(1));
    return home_.CommitOne(node);
  }
  std::vector<VersionId> Retire(int keep) {
    home_.clock().Advance(std::chrono::seconds(1));
    return catalog().RetireVersions(keep).value().versions;
  }
  std::vector<std::int64_t> Numbers(const std::string& table) {
    std::vector<std::int64_t> numbers;
    for (const auto& version : catalog().Versions("p", table, 0).value())
      numbers.push_back(version.number);
    return numbers;
  }

  TestHome home_;
};

TEST_F(RetentionTest, KeepsTheNewestOfEachTable) {
  const VersionRecord a1 = Commit("a");
  const VersionRecord a2 = Commit("a");
  const VersionRecord b1 = Commit("b");
  Commit("a");
  const auto retired = catalog().RetireVersions(1).value();
  EXPECT_THAT(retired.versions, ElementsAre(a1.manifest.id, a2.manifest.id));
  EXPECT_THAT(retired.files, ElementsAre(a1.manifest.files[0].path, a2.manifest.files[0].path));
  EXPECT_THAT(Numbers("a"), ElementsAre(3));
  EXPECT_EQ(catalog().FindVersion(a1.manifest.id).value(), std::nullopt);
  EXPECT_EQ(catalog().VersionAt("p", "a", 1).value(), std::nullopt);
  EXPECT_EQ(catalog().VersionOfRun("p", "a", 1).value(), std::nullopt);
  EXPECT_THAT(catalog().ReferencedFiles().value(), SizeIs(2));
  EXPECT_THAT(Retire(1), IsEmpty());
  // Numbers go on, and the past still adds up.
  EXPECT_EQ(Commit("a").number, 4);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
  EXPECT_EQ(catalog().RetireVersions(0).status().code(), Code::kInvalid);
}

TEST_F(RetentionTest, NeverTheNewestGoodOne) {
  Commit("a");
  const VersionRecord good = Commit("a");
  for (int i = 0; i < 3; ++i) {
    const RunRecord run = home_.CreateRun({"a"});
    CommitEpoch epoch = home_.StartEpoch(run, "a");
    epoch.versions.front().good = false;
    epoch.ends = NodeState::kFailed;
    ASSERT_TRUE(catalog().Commit(epoch).ok());
    ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kFailed, kAnn).ok());
  }
  Retire(1);
  EXPECT_EQ(catalog().LatestGood("p", "a").value()->manifest.id, good.manifest.id);
  EXPECT_THAT(Numbers("a"), ElementsAre(5, 4, 3, 2));
}

TEST_F(RetentionTest, AnInvalidatedVersionDoesNotCountAsTheGoodOne) {
  const VersionRecord good = Commit("a");
  const VersionRecord invalid = Commit("a");
  ASSERT_TRUE(catalog().SetRunState(invalid.run, RunState::kInvalidated, kAnn).ok());
  EXPECT_THAT(Retire(1), IsEmpty());
  EXPECT_EQ(catalog().LatestGood("p", "a").value()->manifest.id, good.manifest.id);
}

TEST_F(RetentionTest, WhatASignatureNamesStays) {
  const VersionRecord a1 = Commit("a");
  const NodeId gate =
      catalog().ResolveNodes("p", std::vector<Catalog::NodeWish>{{"g", "gate", {}}}).value()[0];
  NewSignature signature;
  signature.gate = gate;
  signature.versions = {a1.manifest.id};
  signature.actor = kAnn;
  ASSERT_TRUE(catalog().Sign(signature).ok());
  const VersionRecord a2 = Commit("a");
  Commit("a");
  EXPECT_THAT(Retire(1), ElementsAre(a2.manifest.id));
}

TEST_F(RetentionTest, WhatATargetShowsStays) {
  const auto write = [&](const VersionRecord& input) {
    const RunRecord run = home_.CreateRun({"out"});
    CommitEpoch epoch = home_.StartEpoch(run, "out");
    epoch.versions.clear();
    epoch.receipts = {{.target = "t", .text = "{}"}};
    epoch.receipt_version = input.manifest.id;
    ASSERT_TRUE(catalog().Commit(epoch).ok());
    ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kDone, kAnn).ok());
  };
  const VersionRecord a1 = Commit("a");
  write(a1);
  const VersionRecord a2 = Commit("a");
  write(a2);
  Commit("a");
  EXPECT_THAT(Retire(1), IsEmpty());  // neither was applied
  ASSERT_TRUE(catalog().MarkApplied(catalog().PreparedReceipts().value()).ok());
  EXPECT_THAT(Retire(1), ElementsAre(a1.manifest.id));
}

TEST_F(RetentionTest, WhatAnActiveRunNamesOrMayReadStays) {
  const VersionRecord a1 = Commit("a");
  Commit("a");
  home_.clock().Advance(std::chrono::seconds(1));
  const RunRecord reusing = home_.CreateRun({"a"});  // takes the older one
  Catalog::NodeRunChange reuse{
      .state = NodeState::kReused, .version = a1.manifest.id, .actor = kAnn};
  ASSERT_TRUE(catalog().SetNodeRun(home_.NodeRun(reusing, "a").id, reuse).ok());
  const RunRecord reading = home_.CreateRun({"b"});  // may read a2, the newest when it started
  Commit("a");
  Commit("a");
  EXPECT_THAT(Retire(1), IsEmpty());
  EXPECT_THAT(Numbers("a"), ElementsAre(4, 3, 2, 1));
  ASSERT_TRUE(catalog().SetRunState(reading.id, RunState::kDone, kAnn).ok());
  ASSERT_TRUE(catalog().SetRunState(reusing.id, RunState::kWaiting, kAnn).ok());
  Retire(1);
  EXPECT_THAT(Numbers("a"), ElementsAre(4, 1));
}

TEST_F(RetentionTest, FilesThatAnotherVersionNamesAndForeignFilesStay) {
  const VersionRecord a1 = Commit("a");
  const RunRecord run = home_.CreateRun({"a"});
  CommitEpoch epoch = home_.StartEpoch(run, "a");
  epoch.versions[0].manifest.parent = a1.manifest.id;
  epoch.versions[0].manifest.files.push_back(
      a1.manifest.files[0]);  // append: the parent's files and one more
  epoch.versions[0].manifest.files.push_back({.path = "/data/theirs.parquet", .identity = "x"});
  const auto a2 = catalog().Commit(epoch).value();
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kDone, kAnn).ok());
  auto retired = catalog().RetireVersions(1).value();
  EXPECT_THAT(retired.versions, ElementsAre(a1.manifest.id));
  EXPECT_THAT(retired.files, IsEmpty());
  Commit("a");
  retired = catalog().RetireVersions(1).value();
  EXPECT_THAT(retired.files, ::testing::UnorderedElementsAre(a1.manifest.files[0].path,
                                                             a2[0].manifest.files[0].path));
}

TEST_F(RetentionTest, ARetiredVersionCannotBeReusedByAPlanThatIsOlder) {
  const VersionRecord a1 = Commit("a");
  Commit("a");
  const RunRecord run = home_.CreateRun({"a"});
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kDone, kAnn).ok());
  Retire(1);
  Catalog::NodeRunChange reuse{
      .state = NodeState::kReused, .version = a1.manifest.id, .actor = kAnn};
  const Status status = catalog().SetNodeRun(home_.NodeRun(run, "a").id, reuse);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kConflict);
  NewSignature signature;
  signature.gate = a1.manifest.node;
  signature.versions = {a1.manifest.id};
  EXPECT_EQ(catalog().Sign(signature).status().code(), Code::kConflict);
}

TEST_F(RetentionTest, OldCacheEntriesGo) {
  using Entry = std::pair<std::string, std::string>;
  ASSERT_TRUE(catalog().CachePut("k", std::vector<Entry>{{"old", "1"}}).ok());
  home_.clock().Advance(std::chrono::hours(24 * 100));
  ASSERT_TRUE(catalog().CachePut("k", std::vector<Entry>{{"new", "2"}}).ok());
  Retire(1);
  EXPECT_EQ(catalog().CacheGet("k", "old").value(), std::nullopt);
  EXPECT_EQ(catalog().CacheGet("k", "new").value(), "2");
}

}  // namespace
}  // namespace thalweg::catalog
