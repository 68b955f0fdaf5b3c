#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::HasSubstr;

class OperatorRun : public ::testing::Test {
 protected:
  RunOutcome Run(std::vector<std::string> selection = {}) {
    auto outcome = pipeline_.Run(std::move(selection));
    EXPECT_TRUE(outcome.ok()) << outcome.status() << pipeline_.diagnostics.ToStatus();
    return outcome.ok() ? *std::move(outcome) : RunOutcome();
  }
  TestPipeline pipeline_;
};

constexpr const char* kLoads =
    "  loads:\n"
    "    source: {files: loads.csv, columns: {ts: timestamptz, host: varchar, x: bigint}}\n"
    "    event_time: {column: ts}\n";

/// `rows` rows of ten hosts over ten minutes, in no order.
std::string Loads(int rows) {
  std::string text = "ts,host,x\n";
  for (int i = 0; i < rows; ++i) {
    const int at = static_cast<int>((i * 7919LL) % rows);
    text += fmt::format("2024-01-01T00:{:02}:{:02}Z,h{},{}\n", at * 600 / rows / 60,
                        at * 600 / rows % 60, at % 10, at % 97);
  }
  return text;
}

/// The same by the operator and by the SQL that it is said to be.
TEST_F(OperatorRun, OperatorsAndTheirSqlGiveTheSameTables) {
  pipeline_.Write("loads.csv", Loads(20000));
  pipeline_.Write("hosts.csv", "host,rack\nh1,a\nh2,b\nh7,a\n");
  const std::vector<std::pair<std::string, std::string>> operators = {
      {"filter", "from: loads, filter: x % 7 = 0"},
      {"map", "from: loads, map: {columns: {y: x * 2 + 1, host: upper(host)}}"},
      {"tumbling",
       "from: loads, aggregate: {by: [host], window: {tumbling: 10s}, columns: {n: count(*), s: "
       "sum(x), m: avg(x), a: min(x), b: max(x)}}"},
      {"hopping",
       "from: loads, aggregate: {by: [host], window: {hopping: {size: 60s, every: 20s}}, columns: "
       "{n: count(x), s: sum(x)}}"},
      {"default", "from: loads, default: {columns: {region: eu, x: 4}}"},
      {"union", "from: [loads, filter_by_op], union: {}"},
      {"lookup", "from: loads, lookup: {in: hosts, match: [host], take: [rack]}"},
      {"found", "from: loads, lookup: {in: hosts, match: [host], take: [rack], missing: drop}"},
      {"within", "from: [some, others], join: {on: [host], within: 1s}"},
      {"asof", "from: [some, others], join: {on: [host], asof: 30s}"},
  };
  std::string nodes =
      std::string(kLoads) +
      "  hosts: {source: {files: hosts.csv}}\n"
      "  some: {from: loads, filter: x % 10 = 0}\n"
      "  others:\n"
      "    sql: SELECT DISTINCT ON (ts, host) ts, host, x AS other FROM loads WHERE "
      "x % 9 = 0 ORDER BY ts, host, x\n"
      "    event_time: {column: ts}\n";
  for (const auto& [name, node] : operators) {
    nodes += fmt::format("  {}_by_op: {{{}}}\n", name, node);
    nodes += fmt::format("  {}_by_sql: {{{}, engine: duckdb}}\n", name, node);
  }
  pipeline_.Nodes(nodes);
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kDone);
  for (const auto& [name, node] : operators) {
    const std::string a = pipeline_.Rows("FROM " + name + "_by_op");
    EXPECT_EQ(a, pipeline_.Rows("FROM " + name + "_by_sql")) << name;
    EXPECT_THAT(a, HasSubstr("\n")) << name;
    const auto types = [&](const std::string& ending) {
      return pipeline_.Rows("SELECT DISTINCT typeof(COLUMNS(*)) FROM " + name + ending);
    };
    EXPECT_EQ(types("_by_op"), types("_by_sql")) << name;
  }
}

TEST_F(OperatorRun, IsReusedUntilItsInputItsTableOrItsOptionsChange) {
  pipeline_.Write("loads.csv", Loads(100));
  pipeline_.Write("hosts.csv", "host,rack\nh1,a\n");
  const std::string nodes = std::string(kLoads) +
                            "  hosts: {source: {files: hosts.csv}}\n"
                            "  known: {from: loads, lookup: {in: hosts, match: [host], take: "
                            "[rack]}}\n"
                            "  sums: {from: known, aggregate: {by: [rack], window: {tumbling: 10s},"
                            " columns: {n: count(*)}}}\n";
  pipeline_.Nodes(nodes);
  EXPECT_EQ(StateOf(Run(), "sums"), "done");
  EXPECT_EQ(StateOf(Run(), "sums"), "reused");
  pipeline_.Write("hosts.csv", "host,rack\nh1,b\n");
  EXPECT_EQ(StateOf(Run(), "known"), "done");
  std::string other = nodes;
  other.replace(other.find("tumbling: 10s"), 13, "tumbling: 20s");
  pipeline_.Nodes(other);
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "known"), "reused");
  EXPECT_EQ(StateOf(outcome, "sums"), "done");
  // An operator that is reused still says what the event time of its rows is.
  pipeline_.Nodes(other + "  more: {from: sums, filter: n > 1}\n");
  EXPECT_EQ(StateOf(Run(), "more"), "done");
  EXPECT_EQ(StateOf(Run({"sums"}), "sums"), "reused");
}

TEST_F(OperatorRun, MistakesAreReportedAtTheNodeBeforeAnythingRuns) {
  pipeline_.Write("loads.csv", Loads(10));
  const auto slug = [&](const std::string& node) {
    pipeline_.Nodes(std::string(kLoads) + node);
    const auto outcome = pipeline_.Run();
    EXPECT_FALSE(outcome.ok());
    return pipeline_.diagnostics.all().empty() ? outcome.status().slug()
                                               : pipeline_.diagnostics.all().front().slug;
  };
  EXPECT_EQ(slug("  a: {from: loads, filter: xx > 1}\n"), "unknown-column");
  EXPECT_EQ(slug("  a: {from: load, filter: x > 1}\n"), "unknown-node");
  EXPECT_EQ(slug("  a: {from: loads, lookup: {in: nowhere, match: x, take: y}}\n"), "unknown-node");
  EXPECT_EQ(slug("  a: {from: loads, lookup: {in: a, match: x, take: y}}\n"), "cycle");
  EXPECT_EQ(slug("  a: {from: loads, distinct: {by: [x]}, on_error: drop}\n"),
            "on-error-with-state");
  EXPECT_EQ(slug("  a: {sql: SELECT 1 AS x}\n  b: {from: a, aggregate: {window: {tumbling: 1s}, "
                 "columns: {n: count(*)}}}\n"),
            "no-event-time");
}

/// Defect B13: types hold for the whole file, not for the piece that was read first, and event time
/// that was declared is used.
TEST_F(OperatorRun, B13TypesHoldForTheWholeFileAndEventTimeIsUsed) {
  std::string text = "ts,host,x\n";
  for (int i = 0; i < 30000; ++i)
    text += fmt::format("2024-01-01T00:{:02}:{:02}Z,1,{}\n", i % 3600 / 60, i % 60, i % 5);
  text += "2024-01-01T01:00:00Z,not_a_number,5\n";
  pipeline_.Write("loads.csv", text);
  pipeline_.Nodes(std::string(kLoads) +
                  "  hours: {from: loads, aggregate: {by: [host], window: {tumbling: 1h}, columns: "
                  "{n: count(*), s: sum(x)}}}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, n, s FROM hours"), "1|30000|60000\nnot_a_number|1|5\n");
}

/// Defect B17: what cannot be computed is that row's matter, not that of all others.
TEST_F(OperatorRun, B17OneBadRowCostsNoOther) {
  pipeline_.Write("loads.csv",
                  "ts,host,x\n2024-01-01T00:00:00Z,1,1\n2024-01-01T00:00:01Z,oops,2\n"
                  "2024-01-01T00:00:02Z,3,3\n");
  const std::string map =
      "  n: {from: loads, map: {columns: {h: CAST(host AS bigint)}}, on_error: ";
  pipeline_.Nodes(kLoads + map + "quarantine}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT x, h FROM n"), "1|1\n3|3\n");
  EXPECT_EQ(pipeline_.Rows("SELECT source, raw LIKE '%oops%' FROM n_rejects"), "n|true\n");
  pipeline_.Nodes(kLoads + map + "drop}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT x, h FROM n"), "1|1\n3|3\n");
  pipeline_.Nodes(kLoads + map + "fail}\n");
  const RunOutcome failed = Run();
  EXPECT_EQ(StateOf(failed, "n"), "failed");
  const std::string error = failed.nodes.back().error;
  EXPECT_THAT(error, HasSubstr("error[conversion-failed]: node \"n\": "));
  EXPECT_THAT(error, HasSubstr("p.yaml:7:39"));
  EXPECT_THAT(error, HasSubstr("on_error: drop, or quarantine"));
}

TEST_F(OperatorRun, TheExpressionThatFailsIsFoundAmongSeveral) {
  pipeline_.Write("loads.csv", "ts,host,x\n2024-01-01T00:00:00Z,1,1\n2024-01-01T00:00:01Z,2,2\n");
  pipeline_.Nodes(std::string(kLoads) +
                  "  n:\n"
                  "    from: loads\n"
                  "    map:\n"
                  "      columns:\n"
                  "        fine: CAST(host AS bigint)\n"
                  "        bad: error('no ' || host)\n"
                  "        also: x + 1\n");
  EXPECT_THAT(Run().nodes.back().error, HasSubstr("p.yaml:12:14"));
}

TEST_F(OperatorRun, AnExpressionThatGivesOtherValuesEachTimeAlwaysRuns) {
  pipeline_.Write("loads.csv", Loads(10));
  pipeline_.Nodes(std::string(kLoads) +
                  "  stamped: {from: loads, map: {columns: {y: x + 1, at: now()}}}\n"
                  "  some: {from: loads, filter: random() < 0.5}\n"
                  "  sums: {from: loads, aggregate: {by: [host], window: {tumbling: 10s},\n"
                  "         columns: {f: first(x), s: sum(x)}}}\n");
  Run();
  const RunOutcome outcome = Run();
  EXPECT_EQ(StateOf(outcome, "loads"), "reused");
  EXPECT_EQ(StateOf(outcome, "stamped"), "done");
  EXPECT_EQ(StateOf(outcome, "some"), "done");
  EXPECT_EQ(StateOf(outcome, "sums"), "reused");
  const auto plan = pipeline_.MakePlan({"stamped"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->nodes[static_cast<std::size_t>(plan->graph.Find("stamped"))].why,
            "never reused: now may give another value every time");
}

TEST_F(OperatorRun, AWrongEventTimeIsSaidOnceWhereItIsDeclared) {
  pipeline_.Write("loads.csv", Loads(10));
  const auto errors = [&](const std::string& nodes) {
    pipeline_.Nodes(nodes);
    EXPECT_FALSE(pipeline_.Run().ok());
    std::string all;
    for (const auto& diagnostic : pipeline_.diagnostics.all()) {
      const Place place = diagnostic.span.ToPlace();
      all +=
          fmt::format("{} {}:{} {}\n", diagnostic.slug, place.line, place.column, diagnostic.label);
    }
    return all;
  };
  const std::string source =
      "  loads:\n"
      "    source: {files: loads.csv, columns: {ts: timestamptz, host: varchar, x: bigint}}\n"
      "    event_time: {column: ";
  const std::string readers =
      "}\n"
      "  a: {from: loads, aggregate: {window: {tumbling: 1s}, columns: {n: count(*)}}}\n"
      "  b: {from: loads, aggregate: {window: {tumbling: 2s}, columns: {n: count(*)}}}\n";
  EXPECT_EQ(errors(source + "when" + readers), "unknown-column 6:26 did you mean \"ts\"?\n");
  EXPECT_EQ(errors(source + "x" + readers), "wrong-type 6:26 \n");
  EXPECT_EQ(errors("  s: {sql: SELECT 1 AS x, event_time: {column: y}}\n"),
            "unknown-column 4:48 \n");
}

/// As an operator, as the engine's SQL, and another value is another table.
TEST_F(OperatorRun, ExpressionsTakeParameters) {
  pipeline_.Write("a.csv", "x\n1\n2\n3\n");
  pipeline_.Nodes(
      "  a: {source: {files: a.csv}}\n"
      "  f: {from: a, filter: \"x >= $least\"}\n"
      "  q: {from: a, engine: duckdb, filter: \"x >= $least\"}\n"
      "  m: {from: a, map: {columns: {y: \"x + $least\"}}}\n",
      "least: {type: bigint, default: 2}");
  Run();
  EXPECT_EQ(pipeline_.Rows("FROM f"), "2\n3\n");
  EXPECT_EQ(pipeline_.Rows("FROM q"), "2\n3\n");
  EXPECT_EQ(pipeline_.Rows("FROM m"), "1|3\n2|4\n3|5\n");
  EXPECT_EQ(StateOf(Run(), "f"), "reused");
  const auto other = pipeline_.Run({}, {{"least", "3"}});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(StateOf(*other, "a"), "reused");
  EXPECT_EQ(pipeline_.Rows("FROM f"), "3\n");
  EXPECT_EQ(pipeline_.Rows("FROM q"), "3\n");
  EXPECT_EQ(pipeline_.Rows("FROM m"), "1|4\n2|5\n3|6\n");
}

TEST_F(OperatorRun, AnUnknownParameterOfAnExpressionIsSaidWithItsPlace) {
  pipeline_.Write("a.csv", "x\n1\n");
  pipeline_.Nodes(
      "  a: {source: {files: a.csv}}\n"
      "  f: {from: a, filter: \"x >= $laest\"}\n",
      "least: {type: bigint, default: 2}");
  EXPECT_FALSE(pipeline_.Run().ok());
  ASSERT_EQ(pipeline_.diagnostics.all().size(), 1u) << pipeline_.diagnostics.ToStatus();
  const Diagnostic& mistake = pipeline_.diagnostics.all().front();
  EXPECT_EQ(mistake.slug, "unknown-parameter");
  EXPECT_EQ(mistake.span.ToPlace().line, 6);
  EXPECT_EQ(mistake.span.ToPlace().column, 30);
  EXPECT_THAT(mistake.label, HasSubstr("$least"));
}

}  // namespace
}  // namespace thalweg::runs
