// Checkpoints of streams: epochs of several nodes in one transaction, what a restart reads of them,
// and what retention leaves of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/fault_vfs.h"
#include "catalog/sqlite.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::chrono::seconds kLease{60};

class StreamCommitTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }

  /// A running stream with one attempt per node.
  void Start(const std::vector<std::string>& nodes) {
    std::vector<Catalog::NodeWish> wishes;
    for (const auto& name : nodes) wishes.push_back({name, "operator", {}});
    const auto ids = catalog().ResolveNodes("p", wishes).value();
    NewRun wanted;
    wanted.pipeline = "p";
    wanted.actor = kAnn;
    wanted.stream = true;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      wanted.nodes.push_back({.node = ids[i], .name = nodes[i], .kind = "operator", .action = ""});
    run_ = catalog().CreateRun(wanted).value();
    ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kRunning, kAnn).ok());
    node_runs_ = catalog().NodeRuns(run_.id).value();
    std::vector<NodeRunId> of;
    for (const auto& node_run : node_runs_) of.push_back(node_run.id);
    attempts_ = catalog().StartAttempts(of, "flow", "host:1", kLease).value();
    ASSERT_THAT(attempts_, SizeIs(nodes.size()));
  }

  /// One epoch of all nodes: a version each.
  std::vector<CommitEpoch> Epochs(std::uint64_t sequence) {
    std::vector<CommitEpoch> epochs;
    for (std::size_t i = 0; i < node_runs_.size(); ++i) {
      CommitEpoch& epoch = epochs.emplace_back();
      epoch.id = EpochId::New();
      epoch.node_run = node_runs_[i].id;
      epoch.attempt = attempts_[i].id;
      epoch.sequence = sequence;
      epoch.measures = attempts_[i];
      epoch.actor = kAnn;
      epoch.versions = {
          OneFileVersion(node_runs_[i].node_name, node_runs_[i].node, attempts_[i].id)};
      epoch.versions[0].manifest.files[0].path = fmt::format(
          "tables/{}/{}/{}.parquet", node_runs_[i].node.str(), attempts_[i].id.str(), sequence);
    }
    return epochs;
  }
  NewState State(const std::vector<std::string>& files, const std::string& definition = "d1") {
    NewState state;
    state.operator_name = "main";
    state.definition = definition;
    state.state_version = 3;
    for (const auto& name : files) {
      state.files.push_back(
          {.path = "state/" + name, .rows = 1, .size = Bytes(10), .identity = ""});
    }
    return state;
  }
  std::vector<std::string> StateFiles(const NodeId& node) {
    std::vector<std::string> paths;
    for (const auto& state : catalog().States(node).value()) {
      for (const auto& file : state.files) paths.push_back(file.path);
    }
    return paths;
  }
  Status CommitState(std::uint64_t sequence, NewState state) {
    auto epochs = Epochs(sequence);
    for (auto& epoch : epochs) epoch.versions.clear();
    epochs[0].states = {std::move(state)};
    return catalog().Commit(std::span<const CommitEpoch>(epochs)).status();
  }
  std::vector<std::int64_t> Numbers(const std::string& table) {
    std::vector<std::int64_t> numbers;
    for (const auto& version : catalog().Versions("p", table, 0).value())
      numbers.push_back(version.number);
    return numbers;
  }
  std::int64_t CountOf(const std::string& table) {
    const auto db = Connection::Open(home_.home().CatalogPath()).value();
    const std::string sql = "SELECT COUNT(*) FROM " + table;
    std::int64_t count = 0;
    Query rows(*db, sql);
    if (rows.Next()) rows.Into(count);
    return count;
  }

  TestHome home_;
  RunRecord run_;
  std::vector<NodeRunRecord> node_runs_;
  std::vector<AttemptRecord> attempts_;
};

TEST_F(StreamCommitTest, OneCheckpointOfSeveralNodes) {
  Start({"a", "b"});
  auto epochs = Epochs(1);
  epochs[0].positions = {{.split = "0", .position = "17"}, {.split = "1", .position = "4"}};
  epochs[1].states = {State({"b/1"})};
  const auto committed = catalog().Commit(std::span<const CommitEpoch>(epochs)).value();
  ASSERT_THAT(committed, SizeIs(2));
  EXPECT_EQ(committed[0][0].table, "a");
  EXPECT_EQ(committed[1][0].table, "b");
  EXPECT_EQ(committed[0][0].created, committed[1][0].created);

  home_.Reopen();
  EXPECT_EQ(catalog().LatestGood("p", "b").value()->manifest.id, committed[1][0].manifest.id);
  EXPECT_THAT(catalog().Positions(node_runs_[0].node).value(),
              ElementsAre(Pair("0", "17"), Pair("1", "4")));
  EXPECT_TRUE(catalog().FindRun(run_.number).value()->stream);
  EXPECT_EQ(catalog().NodeRuns(run_.id).value()[0].state, NodeState::kRunning);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
  EXPECT_THAT(catalog().Commit(std::span<const CommitEpoch>()).value(), IsEmpty());
}

TEST_F(StreamCommitTest, AllOrNothing) {
  Start({"a", "b"});
  auto epochs = Epochs(1);
  epochs[0].positions = {{.split = "0", .position = "17"}};
  const auto refused = [&](Code code) {
    EXPECT_EQ(catalog().Commit(std::span<const CommitEpoch>(epochs)).status().code(), code);
    EXPECT_THAT(catalog().Tables().value(), IsEmpty());
    EXPECT_THAT(catalog().Positions(node_runs_[0].node).value(), IsEmpty());
  };
  const AttemptId right = epochs[1].attempt;
  epochs[1].attempt = epochs[0].attempt;
  refused(Code::kConflict);
  epochs[1].attempt = right;
  epochs[1].sequence = 0;
  refused(Code::kExists);
  epochs[1].sequence = 1;
  epochs[1].versions[0].table = "a";
  refused(Code::kInternal);
  epochs[1].versions[0].table = "b";
  ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kCancelled, kAnn).ok());
  refused(Code::kCancelled);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(StreamCommitTest, AttemptsStartTogetherOrNotAtAll) {
  Start({"a", "b"});
  ASSERT_TRUE(catalog().LoseAttempts(run_.id, kAnn).ok());
  ASSERT_TRUE(catalog().StartAttempt(node_runs_[1].id, "flow", "host:2", kLease).ok());
  const std::vector<NodeRunId> both = {node_runs_[0].id, node_runs_[1].id};
  const auto status = catalog().StartAttempts(both, "flow", "host:1", kLease).status();
  EXPECT_EQ(status.code(), Code::kConflict);
  EXPECT_THAT(catalog().Attempts(node_runs_[0].id).value(), SizeIs(1));
}

TEST_F(StreamCommitTest, ARestartReadsStateWithItsDefinition) {
  Start({"a"});
  const NodeId node = node_runs_[0].node;
  ASSERT_TRUE(CommitState(1, State({"1", "2"})).ok());
  ASSERT_TRUE(CommitState(2, State({"1", "2", "3"}, "d2")).ok());
  home_.Reopen();
  auto states = catalog().States(node).value();
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_EQ(states[0].operator_name, "main");
  EXPECT_EQ(states[0].definition, "d2");
  EXPECT_EQ(states[0].state_version, 3);
  EXPECT_EQ(states[0].sequence, 2);
  EXPECT_FALSE(states[0].epoch.empty());
  EXPECT_THAT(StateFiles(node), ElementsAre("state/1", "state/2", "state/3"));
  EXPECT_THAT(catalog().LooseFiles().value(), IsEmpty());

  ASSERT_TRUE(CommitState(3, State({"2", "4"})).ok());  // not a longer chain
  EXPECT_THAT(StateFiles(node), ElementsAre("state/2", "state/4"));
  EXPECT_THAT(catalog().LooseFiles().value(), ElementsAre("state/1", "state/3"));
  ASSERT_TRUE(CommitState(4, State({})).ok());
  EXPECT_THAT(catalog().States(node).value(), IsEmpty());
  EXPECT_THAT(catalog().LooseFiles().value(),
              ElementsAre("state/1", "state/2", "state/3", "state/4"));
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(StreamCommitTest, LooseFilesAreGivenOutUntilTheyAreForgotten) {
  Start({"a"});
  ASSERT_TRUE(CommitState(1, State({"1", "2"})).ok());
  ASSERT_TRUE(CommitState(2, State({"3"})).ok());
  EXPECT_THAT(catalog().LooseFiles().value(), ElementsAre("state/1", "state/2"));
  const std::vector<std::string> removed = {"state/1"};
  ASSERT_TRUE(catalog().ForgetLooseFiles(removed).ok());
  home_.Reopen();
  EXPECT_THAT(catalog().LooseFiles().value(), ElementsAre("state/2"));
}

TEST_F(StreamCommitTest, APositionCanGo) {
  Start({"a"});
  auto epochs = Epochs(1);
  epochs[0].positions = {{.split = "0", .position = "17"}, {.split = "1", .position = "4"}};
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  epochs = Epochs(2);
  epochs[0].positions = {{.split = "0", .position = "", .dropped = true},
                         {.split = "2", .position = "1"}};
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  EXPECT_THAT(catalog().Positions(node_runs_[0].node).value(),
              ElementsAre(Pair("1", "4"), Pair("2", "1")));
}

TEST_F(StreamCommitTest, ProgressCanBeDropped) {
  Start({"a"});
  const NodeId node = node_runs_[0].node;
  const auto commit = [&](std::uint64_t sequence) {
    auto epochs = Epochs(sequence);
    epochs[0].positions = {{.split = "0", .position = "17"}};
    epochs[0].states = {State({fmt::format("{}", sequence)})};
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
    ASSERT_TRUE(catalog().EndAttempt(attempts_[0], NodeState::kCancelled, kAnn).ok());
  };
  commit(1);
  ASSERT_TRUE(catalog().DropProgress(node, Catalog::Progress::kStates, kAnn).ok());
  EXPECT_THAT(catalog().States(node).value(), IsEmpty());
  EXPECT_THAT(catalog().Positions(node).value(), SizeIs(1));
  EXPECT_THAT(catalog().LooseFiles().value(), ElementsAre("state/1"));
  const EventRecord event = catalog().Events(0, 0, 100).value().back();
  EXPECT_EQ(event.node, "a");
  EXPECT_EQ(event.what, "state dropped");
  EXPECT_EQ(event.actor, kAnn.name);
  const std::vector<NodeRunId> again = {node_runs_[0].id};
  attempts_ = catalog().StartAttempts(again, "flow", "host:1", kLease).value();
  commit(2);
  ASSERT_TRUE(catalog().DropProgress(node, Catalog::Progress::kBoth, kAnn).ok());
  EXPECT_THAT(catalog().States(node).value(), IsEmpty());
  EXPECT_THAT(catalog().Positions(node).value(), IsEmpty());
  EXPECT_EQ(catalog().DropProgress(NodeId("x"), Catalog::Progress::kBoth, kAnn).code(),
            Code::kNotFound);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(StreamCommitTest, ProgressOfARunningNodeCannotBeDropped) {
  Start({"a"});
  const NodeId node = node_runs_[0].node;
  auto epochs = Epochs(1);
  epochs[0].positions = {{.split = "0", .position = "17"}};
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  const Status refused = catalog().DropProgress(node, Catalog::Progress::kBoth, kAnn);
  EXPECT_EQ(refused.code(), Code::kConflict);
  EXPECT_EQ(refused.slug(), "node-running");
  EXPECT_EQ(refused.message(), "node \"a\" is being executed by run 1");
  EXPECT_THAT(catalog().Positions(node).value(), SizeIs(1));
  // A run that was cancelled cannot commit any more, whatever its process does.
  ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kCancelled, kAnn).ok());
  ASSERT_TRUE(catalog().DropProgress(node, Catalog::Progress::kBoth, kAnn).ok());
  EXPECT_THAT(catalog().Positions(node).value(), IsEmpty());
}

TEST_F(StreamCommitTest, TheLastSequenceIsOverAllRunsOfTheNodes) {
  Start({"a", "b"});
  const std::vector<NodeId> both = {node_runs_[0].node, node_runs_[1].node};
  EXPECT_EQ(catalog().LastSequence(both).value(), 0u);
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(Epochs(700))).ok());
  auto epochs = Epochs(900);
  epochs.pop_back();
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  EXPECT_EQ(catalog().LastSequence(both).value(), 900u);
  EXPECT_EQ(catalog().LastSequence(std::span(both).subspan(1)).value(), 700u);
  for (const auto& attempt : attempts_)
    ASSERT_TRUE(catalog().EndAttempt(attempt, NodeState::kDone, kAnn).ok());
  ASSERT_TRUE(catalog().SetRunState(run_.id, RunState::kDone, kAnn).ok());
  Start({"a", "b"});
  EXPECT_EQ(catalog().LastSequence(both).value(), 900u);
  EXPECT_EQ(catalog().LastSequence({}).value(), 0u);
}

TEST_F(StreamCommitTest, AMergeTableKeepsItsKey) {
  Start({"a"});
  auto epochs = Epochs(1);
  data::Manifest& manifest = epochs[0].versions[0].manifest;
  manifest.merge_key = {"id", "na\"me"};
  EXPECT_FALSE(manifest.rows_exact());
  manifest.base_files = 1;
  EXPECT_TRUE(manifest.rows_exact());
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  home_.Reopen();
  const auto found = catalog().LatestGood("p", "a").value().value();
  EXPECT_EQ(found.manifest.merge_key, manifest.merge_key);
  EXPECT_EQ(found.manifest.base_files, 1);
}

TEST_F(StreamCommitTest, TrimmingLeavesTheNewestAndNoRows) {
  Start({"a", "b"});
  for (std::uint64_t i = 1; i <= 20; ++i) {
    home_.clock().Advance(std::chrono::seconds(1));
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(Epochs(i))).ok());
  }
  const Catalog::Trim trim{.nodes = {node_runs_[0].node}, .keep = 3, .grace = {}};
  home_.clock().Advance(std::chrono::seconds(1));
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(20, 19, 18));
  EXPECT_THAT(Numbers("b"), SizeIs(20));
  EXPECT_THAT(catalog().LooseFiles().value(), SizeIs(17));
  EXPECT_EQ(CountOf("versions"), 23);
  EXPECT_EQ(CountOf("epochs"), 23);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
  // Numbers and epochs go on.
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(Epochs(21))).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(21, 20, 19, 18));
  EXPECT_EQ(catalog().Commit(std::span<const CommitEpoch>(Epochs(21))).status().code(),
            Code::kExists);
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(StreamCommitTest, TrimmingSparesWhatWasTheNewestALittleWhileAgo) {
  Start({"a"});
  for (std::uint64_t i = 1; i <= 20; ++i) {
    home_.clock().Advance(std::chrono::seconds(1));
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(Epochs(i))).ok());
  }
  const Catalog::Trim trim{
      .nodes = {node_runs_[0].node}, .keep = 1, .grace = std::chrono::seconds(5)};
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(20, 19, 18, 17, 16, 15, 14));
}

TEST_F(StreamCommitTest, TrimmingSparesWhatAnybodyNamesOrMayRead) {
  Start({"a", "b"});
  std::vector<VersionRecord> made;
  const auto commit = [&] {
    home_.clock().Advance(std::chrono::seconds(1));
    auto epochs = Epochs(made.size() + 1);
    if (made.size() == 3)  // b looks into a's third version
      epochs[1].positions = {{.split = "version", .position = made[2].manifest.id.str()}};
    if (made.size() == 4) {  // b's target wrote a's fourth version
      epochs[1].receipts = {{.target = "t", .text = "{}"}};
      epochs[1].receipt_version = made[3].manifest.id;
    }
    made.push_back(catalog().Commit(std::span<const CommitEpoch>(epochs)).value()[0][0]);
  };
  for (int i = 0; i < 8; ++i) commit();
  const auto gate = catalog()
                        .ResolveNodes("p", std::vector<Catalog::NodeWish>{{"g", "gate", {}}})
                        .value()
                        .front();
  NewSignature signature;
  signature.gate = gate;
  signature.versions = {made[1].manifest.id};
  signature.actor = kAnn;
  ASSERT_TRUE(catalog().Sign(signature).ok());
  home_.clock().Advance(std::chrono::seconds(1));
  const RunRecord reading = home_.CreateRun({"c"});  // may read the eighth
  for (int i = 0; i < 4; ++i) commit();
  home_.clock().Advance(std::chrono::seconds(1));
  const Catalog::Trim trim{.nodes = {node_runs_[0].node}, .keep = 2, .grace = {}};
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(12, 11, 10, 9, 8, 4, 3, 2));
  ASSERT_TRUE(catalog().SetRunState(reading.id, RunState::kDone, kAnn).ok());
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(12, 11, 4, 3, 2));
  EXPECT_TRUE(catalog().CheckIntegrity().ok());
}

TEST_F(StreamCommitTest, TrimmingNeverLeavesATableWithoutAGoodVersion) {
  Start({"a"});
  for (std::uint64_t i = 1; i <= 5; ++i) {
    home_.clock().Advance(std::chrono::seconds(1));
    auto epochs = Epochs(i);
    epochs[0].versions[0].good = i < 3;
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  }
  home_.clock().Advance(std::chrono::seconds(1));
  const Catalog::Trim trim{.nodes = {node_runs_[0].node}, .keep = 1, .grace = {}};
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(Numbers("a"), ElementsAre(5, 4, 3, 2));
  EXPECT_EQ(catalog().TrimStream({.nodes = {}, .keep = 0}).code(), Code::kInvalid);
}

TEST_F(StreamCommitTest, FilesThatLaterVersionsShareStay) {
  Start({"a"});
  auto first = Epochs(1);
  const data::DataFile base = first[0].versions[0].manifest.files[0];
  ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(first)).ok());
  for (std::uint64_t i = 2; i <= 4; ++i) {
    home_.clock().Advance(std::chrono::seconds(1));
    auto epochs = Epochs(i);
    auto& files = epochs[0].versions[0].manifest.files;
    files.insert(files.begin(), base);
    ASSERT_TRUE(catalog().Commit(std::span<const CommitEpoch>(epochs)).ok());
  }
  home_.clock().Advance(std::chrono::seconds(1));
  const Catalog::Trim trim{.nodes = {node_runs_[0].node}, .keep = 1, .grace = {}};
  ASSERT_TRUE(catalog().TrimStream(trim).ok());
  EXPECT_THAT(catalog().LooseFiles().value(), SizeIs(2));
  EXPECT_THAT(catalog().LooseFiles().value(), ::testing::Not(::testing::Contains(base.path)));
}

}  // namespace
}  // namespace thalweg::catalog
