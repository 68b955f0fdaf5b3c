#include <gtest/gtest.h>

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

TEST_F(GateTest, NoGateWaitsUnderThisName) {
  Run();
  const Status status = pipeline_.Sign("aproved", catalog::Decision::kApproved);
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.hint().find("approved"), std::string::npos);
}

}  // namespace
}  // namespace thalweg::runs
