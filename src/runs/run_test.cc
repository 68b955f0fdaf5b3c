#include <filesystem>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/lineage.h"
#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

constexpr char kSales[] = "region,amount\neast,10\nwest,20\neast,30\n";
constexpr char kTwoNodes[] =
    "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
    "  totals: {sql: \"SELECT region, sum(amount) AS total FROM sales GROUP BY region\"}\n";

class RunTest : public testing::Test {
 protected:
  void SetUp() override { pipeline_.Write("sales.csv", kSales); }

  /// Runs and expects a run to take place.
  RunOutcome Run(std::vector<std::string> selection = {},
                 std::map<std::string, std::string> params = {}) {
    auto outcome = pipeline_.Run(std::move(selection), std::move(params));
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    for (const auto& diagnostic : pipeline_.diagnostics.all()) {
      if (diagnostic.severity == base::Severity::kError) ADD_FAILURE() << Render(diagnostic, false);
    }
    return outcome.ok() ? *outcome : RunOutcome();
  }

  TestPipeline pipeline_;
};

TEST_F(RunTest, MakesEveryTableAndThenReusesAll) {
  pipeline_.Nodes(kTwoNodes);
  const RunOutcome first = Run();
  EXPECT_EQ(first.run.state, catalog::RunState::kDone);
  EXPECT_EQ(StateOf(first, "sales"), "done");
  EXPECT_EQ(StateOf(first, "totals"), "done");
  EXPECT_EQ(pipeline_.Rows("FROM totals"), "east|40\nwest|20\n");

  const RunOutcome second = Run();
  EXPECT_EQ(StateOf(second, "sales"), "reused");
  EXPECT_EQ(StateOf(second, "totals"), "reused");
  EXPECT_EQ(second.run.number, 2);
}

TEST_F(RunTest, ReuseNeedsNoEngine) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  auto workspace = pipeline_.Open();
  ASSERT_TRUE(workspace.ok());
  RecordingObserver observer;
  Diagnostics diagnostics;
  const auto text = ReadFile((*workspace)->files(), pipeline_.Path("p.yaml"));
  const auto outcome = runs::Run(**workspace, {.file = pipeline_.Path("p.yaml"), .text = *text},
                                 observer, {}, diagnostics);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE((*workspace)->engine_opened());
}

TEST_F(RunTest, LayoutAndCommentsDoNotCountMeaningDoes) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
      "  totals:\n"
      "    sql: |\n"
      "      select region, -- a comment\n"
      "             sum(amount) as total\n"
      "      from sales\n"
      "      group by region\n");
  EXPECT_EQ(StateOf(Run(), "totals"), "reused");
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
      "  totals: {sql: \"SELECT region, max(amount) AS total FROM sales GROUP BY region\"}\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "sales"), "reused");
  EXPECT_EQ(StateOf(outcome, "totals"), "done");
}

TEST_F(RunTest, PlanSaysWhyAndExecutesNothing) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  pipeline_.Write("sales.csv", std::string(kSales) + "north,1\n");
  const auto plan = pipeline_.MakePlan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(ActionOf(*plan, "sales"), "run");
  EXPECT_EQ(plan->nodes[0].why, "source changed");
  EXPECT_EQ(ActionOf(*plan, "totals"), "run");
  EXPECT_EQ(plan->nodes[1].why, "reads sales, which runs");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM totals"), "2\n");
}

TEST_F(RunTest, EarlierVersionsStayReadable) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  pipeline_.Write("sales.csv", std::string(kSales) + "north,1\n");
  Run();
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM totals"), "3\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM totals AT (VERSION => 1)"), "2\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM totals AT (VERSION => 'run:1')"), "2\n");
}

TEST_F(RunTest, ANonRepeatableStatementAlwaysRuns) {
  pipeline_.Nodes("  stamped: {sql: \"SELECT now() AS at\"}\n");
  Run();
  EXPECT_EQ(StateOf(Run(), "stamped"), "done");
  pipeline_.Nodes("  stamped: {sql: {text: \"SELECT now() AS at\", deterministic: true}}\n");
  EXPECT_EQ(StateOf(Run(), "stamped"), "done");
  EXPECT_EQ(StateOf(Run(), "stamped"), "reused");
}

TEST_F(RunTest, AParameterThatIsUsedIsPartOfTheKey) {
  pipeline_.Nodes(std::string(kTwoNodes) + "  big: {sql: \"FROM sales WHERE amount >= $least\"}\n",
                  "least: {type: integer, default: 20}");
  Run();
  const RunOutcome outcome = Run({}, {{"least", "30"}});
  EXPECT_EQ(StateOf(outcome, "totals"), "reused");
  EXPECT_EQ(StateOf(outcome, "big"), "done");
  EXPECT_EQ(pipeline_.Rows("FROM big"), "east|30\n");
}

TEST_F(RunTest, ABadRowIsKeptAsideWithItsPlace) {
  pipeline_.Write("sales.csv", "region,amount\neast,10\nwest,many\n");
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}, bad_rows: quarantine}}\n");
  Run();
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales"), "1\n");
  EXPECT_EQ(pipeline_.Rows("SELECT line, \"column\" FROM sales_rejects"), "3|amount\n");
}

TEST_F(RunTest, AFailedCheckKeepsTheRowsButNobodyReadsThem) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: {column: "
      "amount, max: 25}}]}\n"
      "  totals: {sql: \"SELECT count(*) AS n FROM sales\"}\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kFailed);
  EXPECT_EQ(StateOf(outcome, "sales"), "failed");
  EXPECT_EQ(StateOf(outcome, "totals"), "skipped");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales AT (VERSION => 1)"), "3\n");
  EXPECT_NE(pipeline_.Rows("FROM sales").find("no good version"), std::string::npos);
}

TEST_F(RunTest, TheHintOfAFailedCheckReadsTheVersionThatFailed) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: {column: "
      "amount, max: 25}}]}\n");
  const RunOutcome outcome = Run();
  ASSERT_EQ(outcome.nodes.size(), 1u);
  EXPECT_THAT(outcome.nodes[0].error, testing::HasSubstr("\"FROM sales AT (VERSION => 1)\""));
}

TEST_F(RunTest, ColumnsKnowWhatTheyAreMadeOf) {
  pipeline_.Nodes(kTwoNodes);
  const RunOutcome outcome = Run();
  const auto workspace = pipeline_.Open();
  ASSERT_TRUE(workspace.ok());
  const auto version = (*workspace)->catalog().LatestGood(outcome.run.pipeline, "totals");
  ASSERT_TRUE(version.ok() && *version);
  const auto lineage = LineageOf(**workspace, outcome.run, "totals", (*version)->manifest.columns);
  ASSERT_TRUE(lineage.ok()) << lineage.status();
  using Columns = std::vector<sql::Lineage::Column>;
  EXPECT_EQ(*lineage, (Columns{{"region", {"sales.region"}}, {"total", {"sales.amount"}}}));
  EXPECT_EQ(*LineageOf(**workspace, outcome.run, "sales", {}), Columns());
}

// The bare name, other pipelines and gc mean the newest version: an older one is made again.
TEST_F(RunTest, WhatWasEditedBackIsTheNewestVersionAgain) {
  const std::string sales = "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n";
  const std::string below = "  report: {sql: \"FROM total\"}\n";
  const std::string once =
      sales + "  total: {sql: \"SELECT sum(amount) AS n FROM sales\"}\n" + below;
  pipeline_.Nodes(once);
  Run();
  pipeline_.Nodes(sales + "  total: {sql: \"SELECT sum(amount) * 2 AS n FROM sales\"}\n" + below);
  Run();
  EXPECT_EQ(pipeline_.Rows("FROM report"), "120\n");
  pipeline_.Nodes(once);
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "sales"), "reused");
  EXPECT_EQ(StateOf(outcome, "total"), "done");
  EXPECT_EQ(pipeline_.Rows("FROM total"), "60\n");
  EXPECT_EQ(pipeline_.Rows("FROM report"), "60\n");
}

TEST_F(RunTest, TablesWhoseFilesAreGoneOrCutAreMadeAgain) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  const auto damage = [&](const std::function<void(const std::filesystem::path&)>& how) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(pipeline_.Path(".thalweg/tables"))) {
      if (entry.is_regular_file()) how(entry.path());
    }
  };
  damage([](const auto& path) { std::filesystem::remove(path); });
  RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "sales"), "done");
  EXPECT_EQ(StateOf(outcome, "totals"), "done");
  EXPECT_EQ(pipeline_.Rows("FROM totals"), "east|40\nwest|20\n");
  damage([](const auto& path) { std::filesystem::resize_file(path, 100); });
  outcome = Run({}, {});
  EXPECT_EQ(StateOf(outcome, "sales"), "done");
  EXPECT_EQ(pipeline_.Rows("FROM totals"), "east|40\nwest|20\n");
}

TEST_F(RunTest, AHomeThatLostItsCatalogIsNotNew) {
  pipeline_.Nodes(kTwoNodes);
  Run();
  for (const char* file : {"catalog.db", "catalog.db-wal", "catalog.db-shm"})
    std::filesystem::remove(pipeline_.Path(".thalweg/") + file);
  EXPECT_EQ(pipeline_.Open().status().slug(), "catalog-lost");
  std::ofstream(pipeline_.Path(".thalweg/catalog.db"));
  EXPECT_EQ(pipeline_.Open().status().slug(), "catalog-lost");
}

TEST_F(RunTest, AppendedRowsStayWhenAParameterGoesBack) {
  pipeline_.Nodes("  log: {sql: \"SELECT $k AS k\", materialize: append}\n",
                  "k: {type: integer, default: 1}");
  for (const char* k : {"1", "2", "1"}) Run({}, {{"k", k}});
  EXPECT_EQ(pipeline_.Rows("FROM log"), "1\n1\n2\n");
}

// Another run has made a newer version in between.
TEST_F(RunTest, AResumedRunKeepsWhatItHasMade) {
  const std::string log = "  log: {sql: \"SELECT $k AS k\", materialize: append}\n";
  const std::string below = "  below: {sql: \"SELECT CAST(k AS VARCHAR)::DATE AS d FROM log\"}\n";
  pipeline_.Nodes(log + below, "k: {type: integer, default: 1}");
  auto first = pipeline_.Run();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(StateOf(*first, "below"), "failed");
  Run({"log"}, {{"k", "2"}});
  const auto resumed = pipeline_.Resume(1);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(pipeline_.Rows("FROM log"), "1\n2\n");
}

TEST_F(RunTest, ACommentMayNotTakeJoinedLinesAlong) {
  const auto mistakes = [&](const std::string& node) {
    pipeline_.Nodes("  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n" + node);
    const auto plan = pipeline_.MakePlan();
    std::string slugs;
    for (const auto& mistake : pipeline_.diagnostics.all()) slugs += mistake.slug + " ";
    return slugs + (plan.ok() ? "ok" : "");
  };
  EXPECT_EQ(mistakes("  a:\n    sql: >\n      SELECT 1 AS x -- one\n      , 2 AS y\n"),
            "folded-comment ");
  EXPECT_EQ(mistakes("  a:\n    sql: >\n      SELECT 1 /* a -- b */ AS x\n      , 2 AS y\n"), "ok");
  EXPECT_EQ(mistakes("  a:\n    sql: |\n      SELECT 1 AS x -- one\n      , 2 AS y\n"), "ok");
  EXPECT_EQ(
      mistakes("  a:\n    from: sales\n    filter: |\n      amount > 1 -- only the large ones\n"
               "      AND amount < 20\n"),
      "ok");
  EXPECT_EQ(mistakes("  a:\n    from: sales\n    filter: >\n      amount > 1 -- x\n"
                     "      AND amount < 20\n"),
            "folded-comment ");
}

TEST_F(RunTest, WhatIsNoLongerPutAsideIsNoReject) {
  const std::string node = "  sales:\n    source: {files: sales.csv, columns: {amount: integer}}\n";
  pipeline_.Nodes(node +
                  "    checks: [{range: {column: amount, max: 25}, severity: quarantine}]\n");
  Run();
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales_rejects"), "1\n");
  pipeline_.Nodes(node);
  Run();
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales"), "3\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales_rejects"), "0\n");
}

TEST_F(RunTest, AQuarantineCheckMovesRowsAside) {
  pipeline_.Nodes(
      "  sales:\n    source: {files: sales.csv, columns: {amount: integer}}\n"
      "    checks: [{range: {column: amount, max: 25}, severity: quarantine}]\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("FROM sales"), "east|10\nwest|20\n");
  EXPECT_EQ(pipeline_.Rows("SELECT raw FROM sales_rejects"),
            "{\"region\":\"east\",\"amount\":30}\n");
}

TEST_F(RunTest, RejectsOfTheReaderAndOfTheChecksAreKeptTogether) {
  pipeline_.Write("sales.csv", "region,amount\neast,10\nwest,many\nnorth,99\n");
  pipeline_.Nodes(
      "  sales:\n    source: {files: sales.csv, columns: {amount: integer}, bad_rows: quarantine}\n"
      "    checks: [{range: {column: amount, max: $most}, severity: quarantine}]\n",
      "most: {type: integer, default: 25}");
  Run();
  EXPECT_EQ(pipeline_.Rows("FROM sales"), "east|10\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales_rejects"), "2\n");
}

TEST_F(RunTest, APassThroughNodeKeepsItsParameters) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
      "  big: {sql: \"FROM sales WHERE amount >= $least\", materialize: none}\n"
      "  total: {sql: \"SELECT sum(amount) AS total FROM big\"}\n",
      "least: {type: integer, default: 20}");
  Run();
  EXPECT_EQ(pipeline_.Rows("FROM total"), "50\n");
  Run({}, {{"least", "30"}});
  EXPECT_EQ(pipeline_.Rows("FROM total"), "30\n");
}

TEST_F(RunTest, ChangedChecksRunAgainOnTheSameVersion) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: {column: "
      "amount, max: 100}}]}\n");
  Run();
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: {column: "
      "amount, max: 25}}]}\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "sales"), "failed");
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: {column: "
      "amount, max: 50}}]}\n");
  EXPECT_EQ(StateOf(Run(), "sales"), "reused");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM sales AT (VERSION => 1)"), "3\n");
}

TEST_F(RunTest, ACheckThatFailsLaterStopsAllThatIsBelow) {
  const auto nodes = [](const std::string& severity, const std::string& value) {
    return "  sales: {source: {files: sales.csv, columns: {amount: integer}}, checks: [{range: "
           "{column: amount, max: 25}, severity: " +
           severity +
           "}]}\n"
           "  east: {sql: \"FROM sales WHERE region = 'east'\"}\n"
           "  total: {sql: \"SELECT sum(amount) " +
           value + " AS n FROM east\"}\n";
  };
  pipeline_.Nodes(nodes("warn", ""));
  Run();
  pipeline_.Nodes(nodes("fail", "+ 1"));
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "sales"), "failed");
  EXPECT_EQ(StateOf(outcome, "east"), "skipped");
  EXPECT_EQ(StateOf(outcome, "total"), "skipped");
  EXPECT_EQ(pipeline_.Rows("FROM total"), "40\n");
}

TEST_F(RunTest, APassThroughNodeIsNotStored) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}}\n"
      "  east: {sql: \"FROM sales WHERE region = 'east'\", materialize: none}\n"
      "  total: {sql: \"SELECT sum(amount) AS total FROM east\"}\n");
  Run();
  EXPECT_EQ(pipeline_.Rows("FROM total"), "40\n");
  EXPECT_NE(pipeline_.Rows("FROM east").find("no table"), std::string::npos);
  EXPECT_EQ(StateOf(Run(), "total"), "reused");
}

TEST_F(RunTest, AppendAddsToWhatIsThere) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv, columns: {amount: integer}}, materialize: append}\n");
  Run();
  pipeline_.Write("sales.csv", "region,amount\nnorth,7\n");
  Run();
  EXPECT_EQ(pipeline_.Rows("SELECT count(*), sum(amount) FROM sales"), "4|67\n");
}

TEST_F(RunTest, ASelectionReadsWhatIsStoredElsewhere) {
  pipeline_.Nodes(kTwoNodes);
  const auto missing = pipeline_.Run({"totals"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  Run({"sales"});
  EXPECT_EQ(StateOf(Run({"totals"}), "totals"), "done");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM totals"), "2\n");
}

TEST_F(RunTest, AnUnknownColumnIsFoundBeforeAnythingRuns) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv}}\n  totals: {sql: \"SELECT regin FROM sales\"}\n");
  const auto outcome = pipeline_.Run();
  ASSERT_FALSE(outcome.ok());
  ASSERT_EQ(pipeline_.diagnostics.errors(), 1u);
  const Diagnostic& error = pipeline_.diagnostics.all().front();
  EXPECT_EQ(error.slug, "unknown-column");
  EXPECT_EQ(error.span.ToPlace().line, 5);
  EXPECT_EQ(error.span.ToPlace().column, 25);
  EXPECT_NE(pipeline_.Rows("FROM sales").find("no table"), std::string::npos);
}

TEST_F(RunTest, ACycleIsNamed) {
  pipeline_.Nodes(
      "  a: {sql: \"SELECT * FROM c\"}\n  b: {sql: \"SELECT * FROM a\"}\n  c: {sql: \"SELECT * "
      "FROM b\"}\n");
  ASSERT_FALSE(pipeline_.Run().ok());
  EXPECT_EQ(pipeline_.diagnostics.all().front().slug, "cycle");
  EXPECT_NE(pipeline_.diagnostics.all().front().message.find("a reads c"), std::string::npos);
}

TEST_F(RunTest, TargetsAreWrittenOnceAndAgainWhenTheyAreGone) {
  pipeline_.Nodes(std::string(kTwoNodes) +
                  "  out: {from: totals, target: {files: out/totals.csv, order_by: [region]}}\n");
  Run();
  const auto bytes = ReadFile(LocalFileSystem(), pipeline_.Path("out/totals.csv"));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, "region,total\neast,40\nwest,20\n");
  EXPECT_EQ(StateOf(Run(), "out"), "reused");
  ASSERT_TRUE(LocalFileSystem().Remove(pipeline_.Path("out/totals.csv")).ok());
  EXPECT_EQ(StateOf(Run(), "out"), "done");
  EXPECT_TRUE(LocalFileSystem().Stat(pipeline_.Path("out/totals.csv")).ok());
}

TEST_F(RunTest, AFailedNodeStopsOnlyWhatIsBelowIt) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv}}\n"
      "  broken: {sql: \"SELECT CAST(region AS integer) AS n FROM sales\"}\n"
      "  below: {sql: \"SELECT * FROM broken\"}\n"
      "  other: {sql: \"SELECT count(*) AS n FROM sales\"}\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kFailed);
  EXPECT_EQ(StateOf(outcome, "broken"), "failed");
  EXPECT_EQ(StateOf(outcome, "below"), "skipped");
  EXPECT_EQ(StateOf(outcome, "other"), "done");
}

TEST_F(RunTest, ResumeGoesOnWithTheSameNumber) {
  pipeline_.Nodes(
      "  sales: {source: {files: sales.csv}}\n  n: {sql: \"SELECT CAST(max(amount) AS tinyint) AS "
      "n FROM sales\"}\n");
  pipeline_.Write("sales.csv", "region,amount\neast,1000\n");
  const RunOutcome failed = Run();
  EXPECT_EQ(StateOf(failed, "n"), "failed");
  pipeline_.Write("sales.csv", "region,amount\neast,100\n");
  const auto resumed = pipeline_.Resume(failed.run.number);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.number, failed.run.number);
  EXPECT_EQ(resumed->run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("FROM n"), "100\n");
}

TEST_F(RunTest, ARunThatWasOvertakenIsNotWhatResumeMeans) {
  pipeline_.Nodes("  x: {sql: \"SELECT CAST('no number' AS INTEGER) AS x\"}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kFailed);
  const auto resumable = [this]() -> Result<catalog::RunRecord> {
    const auto workspace = pipeline_.Open();
    if (!workspace.ok()) return workspace.status();
    return ResumableRun(**workspace);
  };
  ASSERT_TRUE(resumable().ok()) << resumable().status();
  EXPECT_EQ(resumable()->number, 1);
  pipeline_.Nodes("  x: {sql: \"SELECT 1 AS x\"}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(resumable().status().code(), Code::kNotFound);
}

TEST_F(RunTest, AStoppedRunIsCancelledAndLeavesNothing) {
  pipeline_.Nodes(kTwoNodes);
  std::stop_source stop;
  stop.request_stop();
  const auto outcome = pipeline_.Run({}, {}, stop.get_token());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->run.state, catalog::RunState::kCancelled);
  EXPECT_EQ(StateOf(*outcome, "sales"), "cancelled");
}

}  // namespace
}  // namespace thalweg::runs
