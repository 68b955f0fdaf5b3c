// What streams ask of the catalog: epochs of several nodes at once, states, retention per epoch.
#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CatalogStreamTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }

  void Start(const std::vector<std::string>& names) {
    std::vector<Catalog::NodeWish> wishes;
    for (const auto& name : names) wishes.push_back({name, "sql", {}});
    const auto ids = catalog().ResolveNodes("p", wishes).value();
    NewRun wanted;
    wanted.pipeline = "p";
    wanted.stream = true;
    wanted.actor = kAnn;
    for (std::size_t i = 0; i < names.size(); ++i)
      wanted.nodes.push_back({.node = ids[i], .name = names[i], .kind = "sql", .action = ""});
    run_ = catalog().CreateRun(wanted).value();
    ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kRunning, kAnn).ok());
    epochs_.clear();
    for (const auto& name : names) {
      epochs_.push_back(home_.StartEpoch(run_, name));
      epochs_.back().ends.reset();
      epochs_.back().sequence = 0;
    }
  }
  /// The next checkpoint: one new file per table behind those that are there.
  void Next() {
    home_.clock().Advance(std::chrono::seconds(1));
    for (CommitEpoch& epoch : epochs_) {
      epoch.id = EpochId::New();
      ++epoch.sequence;
      for (NewVersion& version : epoch.versions) {
        version.manifest.parent = epoch.sequence > 1 ? version.manifest.id : VersionId();
        version.manifest.id = VersionId::New();
        data::DataFile file = version.manifest.files.front();
        file.path = fmt::format("tables/{}/{}/part-{}.parquet", version.manifest.node.str(),
                                epoch.attempt.str(), epoch.sequence);
        if (epoch.sequence > 1) version.manifest.files.push_back(file);
      }
    }
  }
  std::vector<std::int64_t> Numbers(const std::string& table) {
    std::vector<std::int64_t> numbers;
    for (const auto& version : catalog().Versions("p", table, 0).value())
      numbers.push_back(version.number);
    return numbers;
  }
  NodeId Node(std::size_t i) const { return epochs_[i].versions.front().manifest.node; }

  TestHome home_;
  RunRecord run_;
  std::vector<CommitEpoch> epochs_;
};

TEST_F(CatalogStreamTest, StatesSayWhatARestartNeeds) {
  Start({"a"});
  Next();
  const data::DataFile base{.path = "state/x/base", .rows = 3, .size = Bytes(30)};
  const data::DataFile delta{.path = "state/x/delta", .rows = 1, .size = Bytes(10)};
  CommitEpoch& epoch = epochs_[0];
  epoch.states = {{"op", {base}, "key one", 2}, {"other", {{.path = "state/x/o"}}, "k", 1}};
  epoch.positions = {{"s", "1"}, {"t", "2"}};
  ASSERT_TRUE(catalog().Commit(epoch).ok());
  Next();
  epoch.states = {{"op", {base, delta}, "key one", 2}};
  epoch.positions = {{"s", "", true}};
  ASSERT_TRUE(catalog().Commit(epoch).ok());
  auto states = catalog().States(Node(0)).value();
  ASSERT_THAT(states, SizeIs(2));
  EXPECT_EQ(states[0].definition, "key one");
  EXPECT_EQ(states[0].state_version, 2);
  EXPECT_EQ(states[0].sequence, 2U);
  EXPECT_EQ(states[0].epoch, epoch.id);
  EXPECT_EQ(states[0].committed, home_.clock().Now());
  EXPECT_THAT(states[0].files, ElementsAre(base, delta));
  EXPECT_EQ(states[1].sequence, 1U);
  EXPECT_THAT(catalog().Positions(Node(0)).value(), ElementsAre(std::pair("t", "2")));
  EXPECT_THAT(catalog().LooseFiles().value(), IsEmpty());

  Next();
  const data::DataFile next{.path = "state/x/base2"};
  epoch.states = {{"op", {next}, "key two", 2}, {"other", {}, "", 0}};
  epoch.positions.clear();
  ASSERT_TRUE(catalog().Commit(epoch).ok());
  states = catalog().States(Node(0)).value();
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_THAT(states[0].files, ElementsAre(next));
  const auto loose = catalog().LooseFiles().value();
  EXPECT_THAT(loose, ElementsAre("state/x/base", "state/x/delta", "state/x/o"));
  ASSERT_TRUE(catalog().ForgetLooseFiles(loose).ok());
  EXPECT_THAT(catalog().LooseFiles().value(), IsEmpty());

  ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kCancelled, kAnn).ok());
  ASSERT_TRUE(catalog().DropProgress(Node(0), Catalog::Progress::kBoth, kAnn).ok());
  EXPECT_THAT(catalog().States(Node(0)).value(), IsEmpty());
  EXPECT_THAT(catalog().Positions(Node(0)).value(), IsEmpty());
  EXPECT_THAT(catalog().LooseFiles().value(), ElementsAre("state/x/base2"));
  const auto events = catalog().Events(0, 0, 10).value();
  EXPECT_EQ(events.back().what, "state and positions dropped");
  EXPECT_EQ(events.back().node, "a");
  EXPECT_EQ(events.back().reason, kAnn.reason);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(CatalogStreamTest, TrimmingKeepsTheNewestAndLeavesNothingBehind) {
  Start({"a", "b"});
  for (int i = 0; i < 30; ++i) {
    Next();
    if (i == 20) {  // a compaction: the earlier files are one
      for (auto& epoch : epochs_) {
        auto& files = epoch.versions[0].manifest.files;
        files.erase(files.begin() + 1, files.end() - 1);
      }
    }
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs_)).ok());
  }
  ASSERT_TRUE(
      catalog().TrimStream({.nodes = {Node(0)}, .keep = 3, .grace = std::chrono::seconds(5)}).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(30, 29, 28, 27, 26, 25, 24));
  EXPECT_THAT(Numbers("b"), SizeIs(30));
  EXPECT_THAT(catalog().LooseFiles().value(), SizeIs(19));
  home_.clock().Advance(std::chrono::seconds(60));
  ASSERT_TRUE(catalog().TrimStream({.nodes = {Node(0), Node(1)}, .keep = 3}).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(30, 29, 28));
  EXPECT_THAT(Numbers("b"), ElementsAre(30, 29, 28));
  const auto loose = catalog().LooseFiles().value();
  EXPECT_THAT(loose, SizeIs(38));
  for (const auto& file : catalog().ReferencedFiles().value())
    EXPECT_FALSE(std::ranges::binary_search(loose, file)) << file;
  EXPECT_TRUE(catalog().CheckIntegrity().ok()) << catalog().CheckIntegrity();
  // And goes on.
  Next();
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs_)).ok());
  EXPECT_EQ(Numbers("a").front(), 31);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(CatalogStreamTest, ReceiptsOfAStreamDoNotPileUp) {
  Start({"out"});
  for (int i = 0; i < 12; ++i) {
    Next();
    epochs_[0].versions.clear();
    epochs_[0].receipts = {{.target = "t", .text = std::to_string(i)}};
    ASSERT_TRUE(catalog().Commit(epochs_[0]).ok());
    ASSERT_TRUE(catalog().MarkApplied(catalog().PreparedReceipts().value()).ok());
  }
  const NodeId node = home_.NodeRun(run_, "out").node;
  ASSERT_TRUE(catalog().TrimStream({.nodes = {node}, .keep = 2}).ok());
  EXPECT_EQ(catalog().LastReceipt("t").value()->receipt, "11");
  EXPECT_TRUE(catalog().CheckIntegrity().ok()) << catalog().CheckIntegrity();
}

}  // namespace
}  // namespace thalweg::catalog
