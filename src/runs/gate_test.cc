#include <gtest/gtest.h>

#include <fmt/format.h>

#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

constexpr char kGated[] =
    "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
    "  totals: {sql: \"SELECT region, sum(amount) AS total FROM sales GROUP BY region\"}\n"
    "  approved: {from: totals, gate: {question: \"Right?\", evidence: [\"SELECT sum(total) AS "
    "total FROM totals\"]}}\n"
    "  best: {sql: \"SELECT max(total) AS best FROM approved\"}\n";

class GateTest : public testing::Test {
 protected:
  void SetUp() override {
    pipeline_.Write("sales.csv", "region,amount\neast,10\nwest,20\n");
    pipeline_.Nodes(kGated);
  }
  RunOutcome Run() {
    auto outcome = pipeline_.Run();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? *outcome : RunOutcome();
  }
  TestPipeline pipeline_;
};

TEST_F(GateTest, StopsAndStoresWhatMustBeSeen) {
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kWaiting);
  EXPECT_EQ(outcome.gates, std::vector<std::string>{"approved"});
  EXPECT_EQ(StateOf(outcome, "best"), "pending");
  const auto workspace = pipeline_.Open();
  const auto evidence = WaitingEvidence(**workspace, "approved");
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_EQ(evidence->question, "Right?");
  EXPECT_EQ(evidence->rows, 2);
  ASSERT_EQ(evidence->queries.size(), 1u);
  EXPECT_EQ(evidence->queries[0].error, "");
  EXPECT_EQ(evidence->queries[0].rows[0][0], "30");
}

TEST_F(GateTest, ANameThatTwoPipelinesUseIsAmbiguous) {
  Run();
  pipeline_.Write("p.yaml",
                  "thalweg: 1\npipeline: r\nnodes:\n  x: {sql: \"SELECT 1 AS a\"}\n"
                  "  approved: {from: x, gate: \"Right?\"}\n");
  Run();
  const auto workspace = pipeline_.Open();
  const auto evidence = WaitingEvidence(**workspace, "approved");
  ASSERT_FALSE(evidence.ok());
  EXPECT_EQ(evidence.status().slug(), "ambiguous-gate");
  EXPECT_EQ(evidence.status().hint(), "write r.approved or p.approved");
  EXPECT_EQ(WaitingEvidence(**workspace, "p.approved")->rows, 2);
}

TEST_F(GateTest, EvidenceIsWrittenAsTablesAre) {
  pipeline_.Nodes(
      "  x: {sql: \"SELECT 1 AS a\"}\n"
      "  signed: {from: x, gate: {question: Right?, evidence: [\"SELECT 0.1::DOUBLE + 0.2 AS d, "
      "1.50::DECIMAL(9,2) AS m, TIMESTAMP '2013-01-02 03:04:05' AS t, [1, NULL] AS l, NULL AS n "
      "FROM x\"]}}\n");
  const auto outcome = pipeline_.Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const auto workspace = pipeline_.Open();
  const auto evidence = WaitingEvidence(**workspace, "signed");
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  ASSERT_EQ(evidence->queries.size(), 1u);
  EXPECT_EQ(evidence->queries[0].error, "");
  using Cells = std::vector<std::optional<std::string>>;
  EXPECT_EQ(evidence->queries[0].rows[0], (Cells{"0.30000000000000004", "1.50",
                                                 "2013-01-02T03:04:05", "[1,null]", std::nullopt}));
}

TEST_F(GateTest, AnApprovalLetsTheRunGoOn) {
  const RunOutcome waiting = Run();
  ASSERT_TRUE(pipeline_.Sign("approved", catalog::Decision::kApproved).ok());
  const auto resumed = pipeline_.Resume(waiting.run.number);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("FROM best"), "20\n");
  EXPECT_EQ(StateOf(Run(), "approved"), "reused");
}

TEST_F(GateTest, OtherDataNeedsAnotherSignature) {
  Run();
  ASSERT_TRUE(pipeline_.Sign("approved", catalog::Decision::kApproved).ok());
  Run();
  pipeline_.Write("sales.csv", "region,amount\neast,10\nwest,21\n");
  const RunOutcome again = Run();
  EXPECT_EQ(again.run.state, catalog::RunState::kWaiting);
  EXPECT_EQ(pipeline_.Rows("FROM best"), "20\n");
}

TEST_F(GateTest, TheSameRowsUnderAnotherVersionStayApproved) {
  Run();
  ASSERT_TRUE(pipeline_.Sign("approved", catalog::Decision::kApproved).ok());
  Run();
  pipeline_.Write("sales.csv", "region,amount\nwest,20\neast,10\n");  // other bytes, the same rows
  const RunOutcome again = Run();
  EXPECT_EQ(again.run.state, catalog::RunState::kDone);
  EXPECT_EQ(StateOf(again, "approved"), "done");
}

TEST_F(GateTest, ARejectionFailsTheRunAndHolds) {
  const RunOutcome waiting = Run();
  ASSERT_TRUE(pipeline_.Sign("approved", catalog::Decision::kRejected, "west is wrong").ok());
  const RunOutcome again = Run();
  EXPECT_EQ(again.run.state, catalog::RunState::kFailed);
  EXPECT_TRUE(again.rejected);
  EXPECT_EQ(StateOf(again, "best"), "skipped");
  EXPECT_GT(again.run.number, waiting.run.number);
}

TEST_F(GateTest, EvidenceOfAnOlderVersionCannotBeSigned) {
  Run();
  const auto workspace = pipeline_.Open();
  const auto shown = WaitingEvidence(**workspace, "approved");
  ASSERT_TRUE(shown.ok());
  pipeline_.Write("sales.csv", "region,amount\neast,11\n");
  Run();
  const auto signature = Sign(**workspace, *shown, catalog::Decision::kApproved, "");
  ASSERT_FALSE(signature.ok());
  EXPECT_EQ(signature.status().slug(), "stale-evidence");
}

TEST_F(GateTest, EvidenceSaysWhatWasApprovedLastAlsoBeforeItWasPassedOn) {
  const RunOutcome waiting = Run();
  ASSERT_TRUE(pipeline_.Sign("approved", catalog::Decision::kApproved).ok());
  pipeline_.Write("sales.csv", "region,amount\neast,10\nwest,20\nnorth,5\n");
  const auto again = pipeline_.Resume(waiting.run.number);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->run.state, catalog::RunState::kWaiting);
  const auto workspace = pipeline_.Open();
  const auto evidence = WaitingEvidence(**workspace, "approved");
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  ASSERT_TRUE(evidence->approved);
  EXPECT_EQ(evidence->approved->table, "totals");
  EXPECT_EQ(evidence->approved->version, 1);
  EXPECT_EQ(evidence->approved->rows, 2);
  EXPECT_EQ(evidence->approved->by, "tester@here");
  EXPECT_EQ(evidence->rows, 3);
}

TEST(EvidenceTest, ATimeoutIsReadBackAndWhatIsNoneIsNotRead) {
  Evidence evidence{.gate = "ok"};
  EXPECT_EQ(DecodeEvidence(Encode(evidence))->timeout, std::nullopt);
  evidence.timeout = std::chrono::hours(1);
  EXPECT_EQ(DecodeEvidence(Encode(evidence))->timeout, evidence.timeout);
  for (const char* const other : {"\"1h\"", "null", "[1]"}) {
    const auto read = DecodeEvidence(fmt::format("{{\"timeout_ns\": {}}}", other));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->timeout, std::nullopt) << other;
  }
}

TEST_F(GateTest, NoGateWaitsUnderThisName) {
  Run();
  const Status status = pipeline_.Sign("aproved", catalog::Decision::kApproved);
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.hint().find("approved"), std::string::npos);
}

/// A gate that may wait for an hour.
class GateWaitTest : public testing::Test {
 protected:
  void SetUp() override {
    pipeline_.set_clock(clock_);
    pipeline_.Write("a.csv", "x\n1\n");
    pipeline_.Nodes(
        "  a: {source: {files: a.csv}}\n"
        "  ok: {from: a, gate: {question: Right?, timeout: 1h}}\n"
        "  below: {sql: SELECT x FROM ok}\n"
        "  beside: {sql: SELECT 1 AS y}\n");
    const auto waiting = pipeline_.Run();
    ASSERT_TRUE(waiting.ok()) << waiting.status();
    ASSERT_EQ(waiting->run.state, catalog::RunState::kWaiting);
  }
  catalog::RunState StateOfRun(std::int64_t number) {
    const auto workspace = pipeline_.Open();
    return (*workspace)->catalog().FindRun(number).value()->state;
  }
  Status Approve() { return pipeline_.Sign("ok", catalog::Decision::kApproved); }
  /// Of gate `ok` in run 1 and no more, as a process leaves it that dies before it ends the run.
  void SetGateOnly(catalog::NodeState state, const std::string& error = "") {
    const auto workspace = pipeline_.Open();
    catalog::Catalog& catalog = (*workspace)->catalog();
    const auto nodes = catalog.NodeRuns(catalog.FindRun(1).value()->id).value();
    for (const auto& node : nodes) {
      if (node.node_name != "ok") continue;
      const Status set = catalog.SetNodeRun(
          node.id, {.state = state, .error = error, .actor = {"tester@here", "about to die"}});
      ASSERT_TRUE(set.ok()) << set;
    }
    ASSERT_EQ(StateOfRun(1), catalog::RunState::kWaiting);
  }

  ManualClock clock_{Instant(std::chrono::hours(1'000))};
  TestPipeline pipeline_;
};

TEST_F(GateWaitTest, AResumeDoesNotBeginTheWaitAgain) {
  clock_.Advance(std::chrono::minutes(59));
  const auto resumed = pipeline_.Resume(1);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kWaiting);
  const auto workspace = pipeline_.Open();
  const auto evidence = WaitingEvidence(**workspace, "ok");
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_EQ(evidence->until, Instant(std::chrono::hours(1'001)));
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Approve().slug(), "gate-timed-out");
}

TEST_F(GateWaitTest, OtherDataIsAnotherWait) {
  clock_.Advance(std::chrono::minutes(59));
  pipeline_.Write("a.csv", "x\n2\n");
  ASSERT_TRUE(pipeline_.Resume(1).ok());
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_TRUE(Approve().ok());
}

TEST_F(GateWaitTest, ASignatureInTimeHoldsForEver) {
  clock_.Advance(std::chrono::minutes(59));
  ASSERT_TRUE(Approve().ok());
  clock_.Advance(std::chrono::hours(2));
  const auto resumed = pipeline_.Resume(1);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kDone);
}

TEST_F(GateWaitTest, NobodySignsWhenTheTimeHasPassed) {
  clock_.Advance(std::chrono::hours(1));
  for (const auto decision : {catalog::Decision::kApproved, catalog::Decision::kRejected}) {
    const Status late = pipeline_.Sign("ok", decision);
    EXPECT_EQ(late.code(), Code::kTimeout);
    EXPECT_EQ(late.slug(), "gate-timed-out");
    EXPECT_NE(late.message().find("1970-02-11T17:00:00"), std::string::npos) << late.message();
    EXPECT_EQ(StateOfRun(1), catalog::RunState::kFailed);
  }
}

TEST_F(GateWaitTest, AResumeFindsTheGateFailedAndStaysSo) {
  clock_.Advance(std::chrono::hours(1));
  for (int i = 0; i < 2; ++i) {
    const auto resumed = pipeline_.Resume(1);
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    EXPECT_EQ(resumed->run.state, catalog::RunState::kFailed);
    EXPECT_TRUE(resumed->timed_out);
    EXPECT_EQ(StateOf(*resumed, "ok"), "failed");
    EXPECT_EQ(StateOf(*resumed, "below"), "skipped");
  }
}

TEST_F(GateWaitTest, ANewRunAsksAnew) {
  clock_.Advance(std::chrono::hours(1));
  const auto next = pipeline_.Run();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->run.state, catalog::RunState::kWaiting);
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kFailed);
  clock_.Advance(std::chrono::minutes(59));
  ASSERT_TRUE(Approve().ok());
  const auto resumed = pipeline_.Resume(next->run.number);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kDone);
}

TEST_F(GateWaitTest, ARunOfOtherNodesLeavesItWaiting) {
  ASSERT_TRUE(pipeline_.Run({"beside"}).ok());
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kWaiting);
  EXPECT_TRUE(Approve().ok());
  ASSERT_TRUE(pipeline_.Run({"ok"}).ok());
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kCancelled);
}

TEST_F(GateWaitTest, ARunWhoseGateWasCancelledBeforeACrashEnds) {
  SetGateOnly(catalog::NodeState::kCancelled);
  ASSERT_TRUE(pipeline_.Run({"beside"}).ok());
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kCancelled);
}

TEST_F(GateWaitTest, ARunWhoseGateFailedBeforeACrashFails) {
  clock_.Advance(std::chrono::hours(1));
  SetGateOnly(catalog::NodeState::kFailed, "gate ok timed out");
  ASSERT_TRUE(pipeline_.Run({"beside"}).ok());
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kFailed);
  EXPECT_EQ(Approve().slug(), "gate-timed-out");
}

TEST_F(GateWaitTest, ANewRunTakesTheGateOfOneThatFailed) {
  {
    const auto workspace = pipeline_.Open();
    catalog::Catalog& catalog = (*workspace)->catalog();
    const RunId id = catalog.FindRun(1).value()->id;
    ASSERT_TRUE(
        catalog.SetRunState(id, catalog::RunState::kFailed, {"thalweg", "its process died"}).ok());
  }
  ASSERT_TRUE(pipeline_.Run().ok());
  EXPECT_EQ(StateOfRun(1), catalog::RunState::kFailed);
  ASSERT_TRUE(Approve().ok());
  ASSERT_TRUE(pipeline_.Resume(2).ok());
  EXPECT_EQ(Approve().slug(), "no-waiting-gate");
}

TEST(TwoGates, OneThatTimedOutLeavesNoOtherWaiting) {
  ManualClock clock{Instant(std::chrono::hours(1'000))};
  TestPipeline pipeline;
  pipeline.set_clock(clock);
  pipeline.Nodes(
      "  a: {sql: SELECT 1 AS x}\n"
      "  b: {sql: SELECT 2 AS x}\n"
      "  left: {from: a, gate: {question: Left?, timeout: 1h}}\n"
      "  right: {from: b, gate: Right?}\n");
  ASSERT_TRUE(pipeline.Run().ok());
  clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(pipeline.Run().ok());
  const auto workspace = pipeline.Open();
  EXPECT_EQ((*workspace)->catalog().FindRun(1).value()->state, catalog::RunState::kFailed);
  for (const char* const gate : {"left", "right"})
    ASSERT_TRUE(pipeline.Sign(gate, catalog::Decision::kApproved).ok());
  const auto resumed = pipeline.Resume(2);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kDone);
  for (const char* const gate : {"left", "right"})
    EXPECT_EQ(pipeline.Sign(gate, catalog::Decision::kApproved).slug(), "no-waiting-gate");
}

TEST(TwoGates, ARunTakesOnlyTheGateThatItIncludes) {
  TestPipeline pipeline;
  pipeline.Nodes(
      "  a: {sql: SELECT 1 AS x}\n"
      "  b: {sql: SELECT 2 AS x}\n"
      "  left: {from: a, gate: Left?}\n"
      "  right: {from: b, gate: Right?}\n");
  ASSERT_TRUE(pipeline.Run().ok());
  ASSERT_TRUE(pipeline.Run({"left"}).ok());
  const auto workspace = pipeline.Open();
  EXPECT_EQ((*workspace)->catalog().FindRun(1).value()->state, catalog::RunState::kWaiting);
  EXPECT_EQ(WaitingEvidence(**workspace, "left")->run_number, 2);
  EXPECT_EQ(WaitingEvidence(**workspace, "right")->run_number, 1);
}

}  // namespace
}  // namespace thalweg::runs
