// Nodes, runs, attempts, events, signatures, receipts, caches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::chrono::seconds kLease{60};
constexpr int kAll = 1'000'000;

class CatalogRunsTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return home_.catalog(); }
  std::vector<NodeId> Resolve(const std::vector<Catalog::NodeWish>& wishes,
                              const std::string& pipeline = "p") {
    return catalog().ResolveNodes(pipeline, wishes).value();
  }
  std::vector<std::string> Whats(std::int64_t run) {
    std::vector<std::string> whats;
    for (const auto& event : catalog().Events(run, 0, kAll).value())
      whats.push_back(event.node + " " + event.what);
    return whats;
  }
  RunState StateOf(const RunRecord& run) { return catalog().FindRun(run.number).value()->state; }

  TestHome home_;
};

TEST_F(CatalogRunsTest, NodesKeepTheirIdsAcrossRunsAndPipelinesDoNotMix) {
  const auto first = Resolve({{"a", "sql", {}}, {"b", "gate", {}}});
  EXPECT_EQ(Resolve({{"b", "gate", {}}, {"a", "sql", {}}}), (std::vector{first[1], first[0]}));
  EXPECT_NE(Resolve({{"a", "sql", {}}}, "other").front(), first[0]);
  home_.Reopen();
  EXPECT_EQ(Resolve({{"a", "sql", {}}, {"b", "gate", {}}}), first);
}

TEST_F(CatalogRunsTest, LookUpWritesNothing) {
  EXPECT_THAT(catalog().LookUpNodes("p", std::vector<Catalog::NodeWish>{{"a", "sql", {}}}).value(),
              ElementsAre(NodeId()));
  EXPECT_THAT(catalog().Nodes().value(), IsEmpty());
  const auto ids = Resolve({{"a", "sql", {}}});
  EXPECT_EQ(catalog().LookUpNodes("p", std::vector<Catalog::NodeWish>{{"b", "sql", {"a"}}}).value(),
            ids);
  EXPECT_EQ(catalog().Nodes().value().front().name, "a");
}

TEST_F(CatalogRunsTest, WasCarriesAnIdOverOnce) {
  const NodeId old = Resolve({{"old", "sql", {}}}).front();
  EXPECT_EQ(Resolve({{"new", "sql", {"older", "old"}}}).front(), old);
  EXPECT_EQ(catalog().Nodes().value().front().name, "new");
  // The name is free again: who takes it is somebody else, and `was` finds nothing more to carry.
  const auto both = Resolve({{"old", "sql", {}}, {"new", "sql", {"old"}}});
  EXPECT_NE(both[0], old);
  EXPECT_EQ(both[1], old);
}

TEST_F(CatalogRunsTest, WasDoesNotTakeTheIdOfANodeThatIsStillThere) {
  const NodeId a = Resolve({{"a", "sql", {}}}).front();
  const auto both = Resolve({{"b", "sql", {"a"}}, {"a", "sql", {}}});
  EXPECT_EQ(both[1], a);
  EXPECT_NE(both[0], a);
}

TEST_F(CatalogRunsTest, AChangedKindIsRemembered) {
  const NodeId a = Resolve({{"a", "sql", {}}}).front();
  EXPECT_EQ(Resolve({{"a", "source", {}}}).front(), a);
  EXPECT_EQ(catalog().Nodes().value().front().kind, "source");
}

TEST_F(CatalogRunsTest, RunsAreNumberedAndKeepWhatWasRun) {
  NewRun wanted;
  wanted.pipeline = "p";
  wanted.file_path = "/x/p.yaml";
  wanted.file_text = std::string("thalweg: 1 # caf\xC3\xA9\n\0end", 22);
  wanted.parameters = R"({"min_rows": 3})";
  wanted.selection = "a+";
  wanted.actor = kAnn;
  const RunRecord first = catalog().CreateRun(wanted).value();
  wanted.pipeline = "q";
  const RunRecord second = catalog().CreateRun(wanted).value();
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(second.number, 2);

  const RunRecord found = catalog().FindRun(1).value().value();
  EXPECT_EQ(found.id, first.id);
  EXPECT_EQ(found.state, RunState::kQueued);
  EXPECT_EQ(found.file_text, wanted.file_text);
  EXPECT_EQ(found.parameters, wanted.parameters);
  EXPECT_EQ(found.selection, "a+");
  EXPECT_EQ(found.started, home_.clock().Now());
  EXPECT_EQ(found.ended, std::nullopt);
  EXPECT_EQ(found.actor, kAnn.name);
  EXPECT_EQ(catalog().FindRun(3).value(), std::nullopt);

  EXPECT_THAT(catalog().Runs(std::nullopt, 10).value(), SizeIs(2));
  EXPECT_EQ(catalog().Runs(std::nullopt, 1).value().front().number, 2);
  EXPECT_EQ(catalog().Runs("p", 10).value().front().number, 1);
}

TEST_F(CatalogRunsTest, NodeRunsComeInPlanOrder) {
  const RunRecord run = home_.CreateRun({"z", "m", "a"});
  std::vector<std::string> names;
  for (const auto& node : catalog().NodeRuns(run.id).value()) {
    names.push_back(node.node_name);
    EXPECT_EQ(node.state, NodeState::kPending);
    EXPECT_EQ(node.action, "run: first run");
    EXPECT_EQ(node.run_number, 1);
  }
  EXPECT_THAT(names, ElementsAre("z", "m", "a"));
}

TEST_F(CatalogRunsTest, EveryChangeOfStateIsAnEventWithActorAndReason) {
  const RunRecord run = home_.CreateRun({"a"});
  home_.clock().Advance(std::chrono::seconds(5));
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kWaiting, kAnn).ok());
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kWaiting, kAnn).ok());  // no change, no event
  const auto events = catalog().Events(1, 0, kAll).value();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].what, "created");
  EXPECT_EQ(events[1].what, "state: queued -> running");
  EXPECT_EQ(events[2].what, "state: running -> waiting");
  EXPECT_EQ(events[2].actor, kAnn.name);
  EXPECT_EQ(events[2].reason, kAnn.reason);
  EXPECT_EQ(events[2].at, home_.clock().Now());
  EXPECT_EQ(catalog().Events(1, events[1].id, kAll).value().front().id, events[2].id);
  EXPECT_THAT(catalog().Events(1, 0, 1).value(), SizeIs(1));
  EXPECT_THAT(catalog().Events(2, 0, kAll).value(), IsEmpty());
  EXPECT_EQ(catalog().FindRun(1).value()->reason, kAnn.reason);
}

TEST_F(CatalogRunsTest, EndedIsSetAtTheEndAndClearedByResuming) {
  const RunRecord run = home_.CreateRun({"a"});
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kFailed, kAnn).ok());
  const Instant failed = home_.clock().Now();
  EXPECT_EQ(catalog().FindRun(1).value()->ended, failed);
  home_.clock().Advance(std::chrono::hours(1));
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kInvalidated, kAnn).ok());
  EXPECT_EQ(catalog().FindRun(1).value()->ended, failed);
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kRunning, kAnn).ok());
  EXPECT_EQ(catalog().FindRun(1).value()->ended, std::nullopt);
}

TEST_F(CatalogRunsTest, ACancelledRunIsNotEndedByWhoDidNotNotice) {
  const RunRecord run = home_.CreateRun({"a"});
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kCancelled, kAnn).ok());
  for (const RunState state : {RunState::kDone, RunState::kFailed, RunState::kWaiting}) {
    const Status status = catalog().SetRunState(run.id, state, {"thalweg", "all nodes ended"});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.code(), Code::kCancelled);
  }
  EXPECT_EQ(StateOf(run), RunState::kCancelled);
  EXPECT_TRUE(catalog().SetRunState(run.id, RunState::kRunning, kAnn).ok());
}

TEST_F(CatalogRunsTest, UnknownIdsAreNotFound) {
  EXPECT_EQ(catalog().SetRunState(RunId("x"), RunState::kDone, kAnn).code(), Code::kNotFound);
  EXPECT_EQ(catalog().SetNodeRun(NodeRunId("x"), {}).code(), Code::kNotFound);
  EXPECT_EQ(catalog().StartAttempt(NodeRunId("x"), "e", "w", kLease).status().code(),
            Code::kNotFound);
  EXPECT_EQ(
      catalog()
          .Sign({.gate = NodeId("x"), .versions = {}, .digest = "", .comment = "", .actor = kAnn})
          .status()
          .code(),
      Code::kNotFound);
  EXPECT_EQ(catalog().FindAttempt(AttemptId("x")).value().has_value(), false);
}

TEST_F(CatalogRunsTest, SetNodeRunsIsAllOrNothing) {
  const RunRecord run = home_.CreateRun({"a", "b"});
  Catalog::NodeRunChange skip;
  skip.state = NodeState::kSkipped;
  skip.actor = kAnn;
  const std::vector<std::pair<NodeRunId, Catalog::NodeRunChange>> changes = {
      {home_.NodeRun(run, "a").id, skip}, {NodeRunId("unknown"), skip}};
  EXPECT_EQ(catalog().SetNodeRuns(changes).code(), Code::kNotFound);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kPending);
  EXPECT_THAT(Whats(1), ElementsAre(" created", " state: queued -> running"));
  ASSERT_TRUE(catalog().SetNodeRuns(std::span(changes).first(1)).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kSkipped);
}

TEST_F(CatalogRunsTest, EmptyFieldsOfAChangeLeaveWhatIsThere) {
  const VersionRecord version = home_.CommitOne("a");
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunId node = home_.NodeRun(run, "a").id;
  Catalog::NodeRunChange change;
  change.state = NodeState::kReused;
  change.recipe_key = "key";
  change.version = version.manifest.id;
  change.checks = "[]";
  change.actor = kAnn;
  ASSERT_TRUE(catalog().SetNodeRun(node, change).ok());
  ASSERT_TRUE(catalog()
                  .SetNodeRun(node, {.state = NodeState::kReused, .action = "reuse", .actor = kAnn})
                  .ok());
  const NodeRunRecord record = home_.NodeRun(run, "a");
  EXPECT_EQ(record.recipe_key, "key");
  EXPECT_EQ(record.version, version.manifest.id);
  EXPECT_EQ(record.checks, "[]");
  EXPECT_EQ(record.action, "reuse");
  EXPECT_EQ(record.ended, home_.clock().Now());
}

TEST_F(CatalogRunsTest, AttemptsAreNumberedAndOneRunsAtATime) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunId node = home_.NodeRun(run, "a").id;
  AttemptRecord attempt = catalog().StartAttempt(node, "duckdb 1.5", "host:1", kLease).value();
  EXPECT_EQ(attempt.number, 1);
  EXPECT_EQ(attempt.lease_until, home_.clock().Now() + kLease);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kRunning);
  EXPECT_EQ(home_.NodeRun(run, "a").started, home_.clock().Now());
  const auto second = catalog().StartAttempt(node, "duckdb 1.5", "host:2", kLease);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kConflict);
  EXPECT_THAT(second.status().message(), HasSubstr("host:1"));

  attempt.rows_in = 10;
  attempt.bytes = Bytes(77);
  attempt.cpu_us = 5;
  attempt.error = "disk full";
  ASSERT_TRUE(catalog().EndAttempt(attempt, NodeState::kPending, {"thalweg", "retry"}).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kPending);
  EXPECT_EQ(catalog().StartAttempt(node, "duckdb 1.5", "host:2", kLease)->number, 2);
  const auto attempts = catalog().Attempts(node).value();
  ASSERT_THAT(attempts, SizeIs(2));
  EXPECT_EQ(attempts[0].state, AttemptState::kFailed);
  EXPECT_EQ(attempts[0].rows_in, 10);
  EXPECT_EQ(attempts[0].bytes, Bytes(77));
  EXPECT_EQ(attempts[0].error, "disk full");
  EXPECT_EQ(attempts[0].node_run, node);
  EXPECT_EQ(catalog().FindAttempt(attempts[1].id).value()->worker, "host:2");
}

TEST_F(CatalogRunsTest, AnEndedAttemptCannotEndAgainNorBeRenewed) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunId node = home_.NodeRun(run, "a").id;
  const AttemptRecord attempt = catalog().StartAttempt(node, "e", "w", kLease).value();
  home_.clock().Advance(std::chrono::seconds(30));
  ASSERT_TRUE(catalog().RenewLease(std::span(&attempt.id, 1), kLease).ok());
  EXPECT_EQ(catalog().FindAttempt(attempt.id).value()->lease_until, home_.clock().Now() + kLease);
  ASSERT_TRUE(catalog().EndAttempt(attempt, NodeState::kFailed, kAnn).ok());
  EXPECT_EQ(catalog().RenewLease(std::span(&attempt.id, 1), kLease).code(), Code::kConflict);
  EXPECT_EQ(catalog().EndAttempt(attempt, NodeState::kDone, kAnn).code(), Code::kConflict);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kFailed);
}

TEST_F(CatalogRunsTest, AnOldErrorDoesNotOutliveTheFailure) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunId node = home_.NodeRun(run, "a").id;
  AttemptRecord attempt = catalog().StartAttempt(node, "e", "w", kLease).value();
  attempt.error = "boom";
  ASSERT_TRUE(catalog().EndAttempt(attempt, NodeState::kFailed, kAnn).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").error, "boom");
  ASSERT_TRUE(catalog().SetNodeRun(node, {.state = NodeState::kPending, .actor = kAnn}).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").error, "");
  EXPECT_EQ(home_.NodeRun(run, "a").started, std::nullopt);
}

TEST_F(CatalogRunsTest, AGateKeepsSinceWhenItWaits) {
  const RunRecord run = home_.CreateRun({"a"});
  const NodeRunId node = home_.NodeRun(run, "a").id;
  const Instant asked = home_.clock().Now();
  ASSERT_TRUE(catalog().SetNodeRun(node, {.state = NodeState::kWaiting, .actor = kAnn}).ok());
  home_.clock().Advance(kLease);
  ASSERT_TRUE(catalog().SetNodeRun(node, {.state = NodeState::kWaiting, .actor = kAnn}).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").started, asked);
  ASSERT_TRUE(catalog().SetNodeRun(node, {.state = NodeState::kFailed, .actor = kAnn}).ok());
  EXPECT_EQ(home_.NodeRun(run, "a").started, asked);
}

TEST_F(CatalogRunsTest, LoseAttemptsMakesTheNodesPendingAgain) {
  const RunRecord run = home_.CreateRun({"a", "b", "c"});
  const NodeRunId a = home_.NodeRun(run, "a").id;
  const NodeRunId b = home_.NodeRun(run, "b").id;
  ASSERT_TRUE(catalog().StartAttempt(a, "e", "w", kLease).ok());
  const AttemptRecord ended = catalog().StartAttempt(b, "e", "w", kLease).value();
  ASSERT_TRUE(catalog().EndAttempt(ended, NodeState::kFailed, kAnn).ok());
  const auto lost = catalog().LoseAttempts(run.id, {"thalweg", "its process died"}).value();
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(lost[0].node_run, a);
  EXPECT_EQ(lost[0].state, AttemptState::kLost);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kPending);
  EXPECT_EQ(home_.NodeRun(run, "b").state, NodeState::kFailed);
  EXPECT_THAT(catalog().LoseAttempts(run.id, kAnn).value(), IsEmpty());
  EXPECT_EQ(catalog().StartAttempt(a, "e", "w", kLease)->number, 2);
}

TEST_F(CatalogRunsTest, NothingStartsInACancelledRun) {
  const RunRecord run = home_.CreateRun({"a"});
  ASSERT_TRUE(catalog().SetRunState(run.id, RunState::kCancelled, kAnn).ok());
  const auto attempt = catalog().StartAttempt(home_.NodeRun(run, "a").id, "e", "w", kLease);
  ASSERT_FALSE(attempt.ok());
  EXPECT_EQ(attempt.status().code(), Code::kCancelled);
  EXPECT_EQ(home_.NodeRun(run, "a").state, NodeState::kPending);
}

TEST_F(CatalogRunsTest, SignaturesKeepWhatWasShown) {
  const VersionRecord input = home_.CommitOne("a");
  const VersionRecord other = home_.CommitOne("b");
  const NodeId gate = Resolve({{"gate", "gate", {}}}).front();
  NewSignature wanted{.gate = gate,
                      .decision = Decision::kRejected,
                      .versions = {input.manifest.id, other.manifest.id},
                      .digest = "1:aa",
                      .comment = "looks wrong",
                      .run_number = 2,
                      .actor = kAnn};
  ASSERT_TRUE(catalog().Sign(wanted).ok());
  wanted.decision = Decision::kApproved;
  wanted.versions = {input.manifest.id};
  wanted.comment = "";
  ASSERT_TRUE(catalog().Sign(wanted).ok());

  const auto signatures = catalog().Signatures(gate).value();
  ASSERT_THAT(signatures, SizeIs(2));  // also when the clock stands still the newest is first
  EXPECT_EQ(signatures[0].decision, Decision::kApproved);
  EXPECT_EQ(signatures[1].decision, Decision::kRejected);
  EXPECT_THAT(signatures[1].versions, ElementsAre(input.manifest.id, other.manifest.id));
  EXPECT_EQ(signatures[1].comment, "looks wrong");
  EXPECT_EQ(signatures[1].actor, kAnn.name);
  EXPECT_EQ(signatures[1].digest, "1:aa");
  const auto event = catalog().Events(2, 0, kAll).value().back();
  EXPECT_EQ(event.what, "approved");
  EXPECT_EQ(event.node, "gate");
}

TEST_F(CatalogRunsTest, EventsOfPeopleAreKept) {
  EventRecord event;
  event.at = home_.clock().Now();
  event.what = "gc";
  event.actor = "ann@host";
  event.reason = "disk full";
  ASSERT_TRUE(catalog().AddEvent(event).ok());
  const auto events = catalog().Events(0, 0, kAll).value();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].reason, "disk full");
}

TEST_F(CatalogRunsTest, CachesAnswerByKindAndKey) {
  using Entry = std::pair<std::string, std::string>;
  ASSERT_TRUE(catalog().CachePut("k", std::vector<Entry>{{"a", "1"}, {"b", ""}}).ok());
  ASSERT_TRUE(catalog().CachePut("k", std::vector<Entry>{{"a", "2"}}).ok());
  EXPECT_EQ(catalog().CacheGet("k", "a").value(), "2");
  EXPECT_EQ(catalog().CacheGet("other", "a").value(), std::nullopt);
  const std::vector<std::string> keys = {"b", "c", "a"};
  EXPECT_THAT(catalog().CacheGetMany("k", keys).value(), ElementsAre("", std::nullopt, "2"));
}

}  // namespace
}  // namespace thalweg::catalog
