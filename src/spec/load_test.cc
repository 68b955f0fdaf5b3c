#include <string>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::LoadedText;
using testing::LoadExample;
using testing::Under;

constexpr const char* kFlights = R"YAML(thalweg: 1
pipeline: flights
params: {data: {type: varchar, default: data}, min_rows: {type: bigint, default: 300000}}
nodes:
  flights:
    source: {files: "${data}/flights.csv", nulls: ["", NA], columns: {dep_delay: integer, time_hour: timestamptz}, bad_rows: quarantine}  # -> flights_rejects
  weather: {source: {files: "${data}/weather.csv", nulls: ["", NA], columns: {time_hour: timestamptz}}}
  delays:
    sql: |
      SELECT f.carrier, f.origin, w.visib, f.dep_delay
      FROM flights f LEFT JOIN weather w USING (origin, time_hour)
    checks: [{not_null: [carrier, origin]}, {rows: {min: $min_rows}}]
  approved:
    from: delays
    gate: {question: "Publish these delays?", evidence: ["SELECT origin, count(*) FROM delays GROUP BY 1"]}
  by_carrier: {sql: "SELECT carrier, avg(dep_delay) AS delay FROM approved GROUP BY carrier"}
  report: {from: by_carrier, target: {files: out/by_carrier.parquet, order_by: [carrier]}}
)YAML";

constexpr const char* kAds = R"YAML(thalweg: 1
pipeline: ads
nodes:
  campaigns: {source: {files: campaigns.csv}}
  events:
    source: {topic: ad_events, format: json, columns: {ad_id: bigint, event_type: varchar, ts: {type: timestamptz, from: epoch_ms}}}
    event_time: {column: ts, lateness: 60s, idle: 30s}
  views:  {from: events, filter: "event_type = 'view'"}
  tagged: {from: views, lookup: {in: campaigns, match: [ad_id], take: [campaign_id], missing: drop, refresh: 10m}}
  counts:
    from: tagged
    aggregate: {by: [campaign_id], window: {tumbling: 10s}, late: update, columns: {n: "count(*)"}}
    materialize: {merge: [campaign_id, window_start]}     # table ads.counts
)YAML";

TEST(Load, TheFlightsPipeline) {
  const LoadedText loaded = LoadExample(kFlights);
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const Pipeline& pipeline = loaded.pipeline;
  EXPECT_EQ(pipeline.name, "flights");
  ASSERT_EQ(pipeline.nodes.size(), 6u);
  EXPECT_EQ(pipeline.params[1].type, "bigint");
  EXPECT_EQ(pipeline.params[1].value, "300000");
  const Node& delays = *pipeline.Find("delays");
  EXPECT_EQ(delays.kind, NodeKind::kSql);
  EXPECT_EQ(delays.checks[0].name, "not_null(carrier, origin)");
  EXPECT_EQ(std::get<CheckSpec::Rows>(delays.checks[1].kind).min->text, "$min_rows");
  const SqlText& sql = std::get<SqlBody>(delays.body).text;
  const std::size_t at = sql.text.find("weather");
  EXPECT_EQ(Under(sql.value.SpanOf(at, at + 7)), "weather");
  EXPECT_EQ(sql.value.SpanOf(at, at + 7).ToPlace().line, 11);
  const Node& approved = *pipeline.Find("approved");
  EXPECT_EQ(approved.from[0].name, "delays");
  EXPECT_EQ(std::get<GateBody>(approved.body).evidence.size(), 1u);
  const auto& report = std::get<TargetBody>(pipeline.Find("report")->body);
  EXPECT_EQ(report.connector, "files");
  ASSERT_EQ(report.order_by.size(), 1u);
  EXPECT_EQ(report.order_by[0].column, "carrier");
}

TEST(Load, TheAdsPipeline) {
  const LoadedText loaded = LoadExample(kAds);
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const Node& counts = *loaded.pipeline.Find("counts");
  EXPECT_EQ(counts.kind, NodeKind::kOperator);
  EXPECT_EQ(std::get<OperatorBody>(counts.body).name, "aggregate");
  const auto& computed = std::get<OperatorBody>(counts.body).expressions;
  ASSERT_EQ(computed.size(), 1u);
  EXPECT_EQ(Under(computed[0].value.span()), "\"count(*)\"");
  const auto& views = std::get<OperatorBody>(loaded.pipeline.Find("views")->body);
  ASSERT_EQ(views.expressions.size(), 1u);
  EXPECT_EQ(views.expressions[0].text, "event_type = 'view'");
  EXPECT_EQ(counts.materialize.mode, Materialize::Mode::kMerge);
  EXPECT_EQ(counts.materialize.merge_key.size(), 2u);
  EXPECT_EQ(loaded.pipeline.Find("events")->event_time->lateness, std::chrono::seconds(60));
}

TEST(Load, CommonKeys) {
  const LoadedText loaded = LoadExample(R"YAML(thalweg: 1
pipeline: p
doc: What it does.
nodes:
  a: {sql: SELECT 1 AS x, was: [old_a, older], tags: daily, doc: One., start: manual, timeout: 5m, memory: 1GiB, materialize: append, engine: duckdb}
  b: {sql: {text: SELECT 2 AS y, deterministic: true}, after: [a], materialize: none}
  c: {gate: "Go on?", from: [a]}
  d: {from: a_rejects, target: {files: a.csv, write: append, order_by: [x desc, {column: "a b", descending: true}, y ASC]}}
)YAML");
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const Node& a = *loaded.pipeline.Find("a");
  EXPECT_EQ(a.was, (std::vector<std::string>{"old_a", "older"}));
  EXPECT_EQ(a.tags, std::vector<std::string>{"daily"});
  EXPECT_TRUE(a.manual);
  EXPECT_EQ(a.timeout, std::chrono::minutes(5));
  EXPECT_EQ(*a.memory, Bytes::GiB(1));
  EXPECT_EQ(a.materialize.mode, Materialize::Mode::kAppend);
  EXPECT_EQ(a.engine, "duckdb");
  EXPECT_EQ(a.doc, "One.");
  EXPECT_TRUE(std::get<SqlBody>(loaded.pipeline.Find("b")->body).deterministic);
  EXPECT_EQ(loaded.pipeline.Find("b")->after[0].name, "a");
  EXPECT_EQ(std::get<GateBody>(loaded.pipeline.Find("c")->body).question, "Go on?");
  const auto& d = std::get<TargetBody>(loaded.pipeline.Find("d")->body);
  EXPECT_EQ(d.write, component::WriteMode::kAppend);
  EXPECT_EQ(d.order_by[0].column, "x");
  EXPECT_TRUE(d.order_by[0].descending);
  EXPECT_EQ(d.order_by[1].column, "a b");
  EXPECT_FALSE(d.order_by[2].descending);
}

TEST(Load, SqlFromFilesKeepsItsOwnPlaces) {
  LoadOptions options;
  options.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "heavy.sql") return std::string("-- all of it\nSELECT x\nFROM base\n");
    return Status::NotFound("no such file path=" + path);
  };
  const LoadedText loaded = LoadExample(R"YAML(thalweg: 1
pipeline: p
nodes:
  a: {sql: {file: heavy.sql}}
  b: {sql: {duckdb: {file: heavy.sql}, spark: SELECT 1}}
)YAML",
                                        options);
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const SqlBody& a = std::get<SqlBody>(loaded.pipeline.Find("a")->body);
  const std::size_t at = a.text.text.find("base");
  const Place place = a.text.value.SpanOf(at, at + 4).ToPlace();
  EXPECT_EQ(fmt::format("{}:{}:{}", place.file, place.line, place.column), "heavy.sql:3:6");
  EXPECT_FALSE(a.dialect_only);
  EXPECT_TRUE(std::get<SqlBody>(loaded.pipeline.Find("b")->body).dialect_only);
  const LoadedText missing =
      LoadExample("thalweg: 1\npipeline: p\nnodes: {a: {sql: {file: no.sql}}}\n", options);
  EXPECT_EQ(Brief(missing.diagnostics), "not-found 3:25+6");
  EXPECT_EQ(missing.diagnostics.all()[0].code, Code::kNotFound);
}

/// A file with one mistake in its nodes, and what is said of it: slug, place in `nodes`, label.
struct Mistake {
  const char* name;
  const char* nodes;
  const char* brief;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreReportedOnceWithPlaceAndWhatToDo) {
  const LoadedText loaded =
      LoadExample(std::string("thalweg: 1\npipeline: p\nparams: {n: {type: bigint, default: "
                              "1}, nothing: {type: date, default: null}}\nnodes:\n") +
                  GetParam().nodes);
  EXPECT_EQ(Brief(loaded.diagnostics), GetParam().brief) << Full(loaded.diagnostics);
  for (const Diagnostic& diagnostic : loaded.diagnostics.all()) {
    EXPECT_FALSE(diagnostic.message.empty());
    EXPECT_NE(diagnostic.span.source, nullptr);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Load, Mistakes,
    ::testing::Values(
        Mistake{"NameWithCapital", "  Flights: {sql: SELECT 1}\n",
                "bad-name 5:3+7 write \"flights\""},
        Mistake{"NameWithDash", "  by-carrier: {sql: SELECT 1}\n",
                "bad-name 5:3+10 write \"by_carrier\""},
        Mistake{"NameWithDigit", "  1a: {sql: SELECT 1}\n", "bad-name 5:3+2"},
        Mistake{"NameWithLookAlike", "  d\xD0\xB5lays: {sql: SELECT 1}\n", "bad-name 5:3+6"},
        Mistake{"NameTooLong",
                "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {sql: "
                "SELECT 1}\n",
                "bad-name 5:3+64"},
        Mistake{"NameReserved", "  thalweg: {sql: SELECT 1}\n", "reserved-name 5:3+7"},
        Mistake{"NameOfRejects", "  a_rejects: {sql: SELECT 1}\n", "reserved-name 5:3+9"},
        Mistake{"NameOfLate", "  a_late: {sql: SELECT 1}\n", "reserved-name 5:3+6"},
        Mistake{"NodeTwice", "  a: {sql: SELECT 1}\n  a: {sql: SELECT 2}\n",
                "duplicate-key 6:3+1 first given at 5:3"},
        Mistake{"NodeIsText", "  a: SELECT 1\n", "wrong-type 5:6+8"},
        Mistake{"NodeIsEmpty", "  a:\n", "empty-value 5:3+1"},
        Mistake{"NoKind", "  a: {tags: [x]}\n", "missing-kind 5:3+1"},
        Mistake{"TwoKinds", "  a: {sql: SELECT 1, gate: q}\n",
                "several-kinds 5:22+4 it is \"sql\" already"},
        Mistake{"KindMisspelt", "  a: {sorce: {files: x}}\n",
                "unknown-key 5:7+5 did you mean \"source\"?"},
        Mistake{"UnknownKey", "  a: {sql: SELECT 1, tag_s: [x]}\n",
                "unknown-key 5:22+5 did you mean \"tags\"?"},
        Mistake{"UnknownKeyFarFromAll", "  a: {sql: SELECT 1, quickly: yes}\n",
                "unknown-key 5:22+7"},
        Mistake{"PlannedOperator", "  a: {sql: SELECT 1}\n  b: {from: a, distinct: {by: [id]}}\n",
                "not-yet 6:16+8"},
        Mistake{"PlannedConnector", "  a: {source: {postgres: {url: x}}}\n", "not-yet 5:16+8"},
        Mistake{"NoConnector", "  a: {source: {nulls: [NA]}}\n", "missing-kind 5:7+6"},
        Mistake{"ConnectorMisspelt", "  a: {source: {fils: x}}\n",
                "missing-kind 5:16+4 did you mean \"files\"?"},
        Mistake{"TwoConnectors", "  a: {source: {files: x, topic: y}}\n",
                "several-kinds 5:26+5 it has \"files\" already"},
        Mistake{"ConnectorIsText", "  a: {source: x.csv}\n",
                "wrong-type 5:15+5 for example {files: ...}"},
        Mistake{"ConnectorOption", "  a: {source: {files: x, bad_rows: quarentine}}\n",
                "bad-value 5:36+10 did you mean quarantine?"},
        Mistake{"ConnectorKey", "  a: {source: {files: x, null: [NA]}}\n", "yaml-key 5:26+4"},
        Mistake{"ConnectorKeyMisspelt", "  a: {source: {files: x, nuls: [NA]}}\n",
                "unknown-key 5:26+4 did you mean \"nulls\"?"},
        Mistake{"ColumnType", "  a: {source: {files: x, columns: {id: bigin}}}\n",
                "unknown-type 5:40+5 did you mean \"bigint\"?"},
        Mistake{"SourceWithFrom", "  a: {sql: SELECT 1}\n  b: {from: a, source: {files: x}}\n",
                "key-not-allowed 6:7+4 remove it"},
        Mistake{"SqlWithFrom", "  a: {sql: SELECT 1}\n  b: {from: a, sql: SELECT 1}\n",
                "key-not-allowed 6:7+4 remove it"},
        Mistake{"SqlEmpty", "  a: {sql: \" \"}\n", "empty-value 5:12+3 write SQL here"},
        Mistake{"SqlNothing", "  a:\n    sql:\n",
                "empty-value 6:5+3 write SQL or a map, or remove the key"},
        Mistake{"SqlCutByComment", "  a:\n    sql: SELECT 1 # one\n",
                "comment-in-sql 6:19+5 not part of the statement"},
        Mistake{"FilterCutByComment",
                "  a: {sql: SELECT 1}\n  b:\n    from: a\n    filter: x > 1  # big\n",
                "comment-in-sql 8:20+5 not part of the statement"},
        Mistake{"EvidenceCutByComment",
                "  a: {sql: SELECT 1}\n  b:\n    from: a\n    gate:\n      question: q\n      "
                "evidence:\n        - SELECT 1 # one\n",
                "comment-in-sql 11:20+5 not part of the statement"},
        Mistake{"CheckCutByComment",
                "  a:\n    sql: SELECT 1 AS x\n    checks:\n      - sql: x > 0 # positive\n",
                "comment-in-sql 8:20+10 not part of the statement"},
        Mistake{"SqlTwice", "  a: {sql: {text: SELECT 1, file: a.sql}}\n", "several-kinds 5:12+29"},
        Mistake{"SqlOnlySpark", "  a: {sql: {spark: SELECT 1}}\n", "missing-key 5:7+3"},
        Mistake{"SqlPortableAndNot", "  a: {sql: {text: SELECT 1, duckdb: SELECT 1}}\n",
                "several-kinds 5:19+8"},
        Mistake{"SqlFileWithoutFiles", "  a: {sql: {file: a.sql}}\n", "no-files 5:19+5"},
        Mistake{"SubstitutionInSql", "  a: {sql: \"SELECT ${n}\"}\n",
                "substitution-in-sql 5:20+4 write $n"},
        Mistake{"SubstitutionInBlockSql",
                "  a:\n    sql: |\n      SELECT\n        '${env.HOME}' AS h\n",
                "substitution-in-sql 8:10+11"},
        Mistake{"SubstitutionInFilter",
                "  a: {sql: SELECT 1}\n  b: {from: a, filter: \"x > ${n}\"}\n",
                "substitution-in-sql 6:29+4 write $n"},
        Mistake{"UnknownParameter", "  a: {source: {files: \"${m}/x\"}}\n",
                "unknown-parameter 5:24+4"},
        Mistake{"UnknownParameterNear", "  a: {source: {files: \"x/${nothin}\"}}\n",
                "unknown-parameter 5:26+9 did you mean \"nothing\"?"},
        Mistake{"NullParameterInText", "  a: {source: {files: \"${nothing}/x\"}}\n",
                "bad-substitution 5:24+10"},
        Mistake{"UnknownVariable", "  a: {source: {files: \"${env.NOWHERE}\"}}\n",
                "unknown-variable 5:24+14"},
        Mistake{"UnknownSecret", "  a: {source: {files: \"${secret.pw}\"}}\n",
                "unknown-secret 5:24+12"},
        Mistake{"UnknownRunValue",
                "  a: {sql: SELECT 1}\n  b: {from: a, target: {files: \"${run.numbr}\"}}\n",
                "bad-substitution 6:33+12 did you mean \"run.number\"?"},
        Mistake{"OpenSubstitution", "  a: {source: {files: \"x${n\"}}\n",
                "bad-substitution 5:25+3"},
        Mistake{"OddSubstitution", "  a: {source: {files: \"${n + 1}\"}}\n",
                "bad-substitution 5:24+8"},
        Mistake{"WrongTypeAfterSubstitution", "  a: {source: {files: x, skip: \"${n}0x\"}}\n",
                "wrong-type 5:32+8 for example 0"},
        Mistake{"GateWithoutFrom", "  a: {gate: q}\n", "missing-key 5:3+1"},
        Mistake{"GateWithTwo",
                "  a: {sql: SELECT 1}\n  b: {sql: SELECT 1}\n  g: {from: [a, b], gate: q}\n",
                "several-inputs 7:17+1 one too many"},
        Mistake{"GateWithNone", "  g: {from: [], gate: q}\n", "empty-value 5:13+2"},
        Mistake{"GateWithoutQuestion",
                "  a: {sql: SELECT 1}\n  g: {from: a, gate: {timeout: 1d}}\n",
                "missing-key 6:22+13 add question: Publish these delays?"},
        Mistake{"GateWithChecks",
                "  a: {sql: SELECT 1}\n  g: {from: a, gate: q, checks: [{rows: {min: 1}}]}\n",
                "key-not-allowed 6:25+6 remove it"},
        Mistake{"TargetMaterialized",
                "  a: {sql: SELECT 1}\n  t: {from: a, target: {files: x}, materialize: append}\n",
                "key-not-allowed 6:36+11 remove it"},
        Mistake{"FromUnknown",
                "  delays: {sql: SELECT 1}\n  t: {from: delay, target: {files: x}}\n",
                "unknown-node 6:13+5 did you mean \"delays\"?"},
        Mistake{"FromOtherPipeline", "  t: {from: other.delays, target: {files: x}}\n",
                "unknown-node 5:13+12"},
        Mistake{"FromTarget",
                "  a: {sql: SELECT 1}\n  t: {from: a, target: {files: x}}\n  u: {from: t, "
                "target: {files: y}}\n",
                "no-table 7:13+1 read what it reads: \"a\""},
        Mistake{"FromItself", "  t: {from: t, target: {files: x}}\n", "cycle 5:13+1"},
        Mistake{"AfterUnknown", "  a: {sql: SELECT 1, after: [b]}\n", "unknown-node 5:30+1"},
        Mistake{"CycleThroughAfter",
                "  a: {sql: SELECT 1, after: c}\n  b: {sql: SELECT 1, after: [a]}\n  c: {from: "
                "b, filter: x}\n",
                "cycle 5:29+1"},
        Mistake{"CycleThroughForeignKey",
                "  a: {sql: SELECT 1, checks: [{foreign_key: {columns: x, table: b}}]}\n  b: "
                "{from: a, filter: x}\n",
                "cycle 5:65+1"},
        Mistake{"WasOfANode", "  a: {sql: SELECT 1}\n  b: {sql: SELECT 1, was: [a]}\n",
                "bad-former-name 6:27+3"},
        Mistake{"WasOfTwo", "  a: {sql: SELECT 1, was: x}\n  b: {sql: SELECT 1, was: x}\n",
                "bad-former-name 6:27+1"},
        Mistake{"WasNoName", "  a: {sql: SELECT 1, was: X}\n", "bad-name 5:27+1 write \"x\""},
        Mistake{"StartWord", "  a: {sql: SELECT 1, start: manuel}\n",
                "bad-value 5:29+6 did you mean manual?"},
        Mistake{"TimeoutWithoutUnit", "  a: {sql: SELECT 1, timeout: 10}\n",
                "bad-value 5:31+2 write a whole number with a unit (ns us ms s m h d w), such as "
                "10s or 250ms"},
        Mistake{"Retry", "  a: {sql: SELECT 1, retry: 3}\n", "not-yet 5:22+5"},
        Mistake{"OnError", "  a: {sql: SELECT 1, on_error: skip}\n", "bad-value 5:32+4"},
        Mistake{"Spark", "  a: {sql: SELECT 1, engine: spark}\n", "not-yet 5:30+5"},
        Mistake{"Incremental", "  a: {source: {files: x, incremental: {cursor: id}}}\n",
                "not-yet 5:26+11"},
        Mistake{"ChangeCapture", "  a: {source: {files: x, mode: cdc}}\n", "not-yet 5:26+4"},
        Mistake{"WriteMerge",
                "  a: {sql: SELECT 1}\n  t: {from: a, target: {files: x, write: merge}}\n",
                "not-yet 6:42+5"},
        Mistake{"MergeInBatch", "  a: {sql: SELECT 1, materialize: {merge: [id]}}\n",
                "not-yet 5:35+13"},
        Mistake{"PartitionBy",
                "  a: {sql: SELECT 1, materialize: {replace: {partition_by: [d]}}}\n",
                "not-yet 5:36+7"},
        Mistake{"MaterializeWord", "  a: {sql: SELECT 1, materialize: view}\n", "bad-value 5:35+4"},
        Mistake{"OrderBy",
                "  a: {sql: SELECT 1}\n  t: {from: a, target: {files: x, order_by: [a down]}}\n",
                "bad-value 6:46+6 for example delay desc"},
        Mistake{"EventTimeWithoutColumn", "  a: {source: {files: x}, event_time: {lateness: 1s}}\n",
                "missing-key 5:39+14 add column: ts"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Load, AllMistakesOfAFileAreReportedInOrder) {
  const LoadedText loaded = LoadExample(R"YAML(thalweg: 1
pipelin: p
nodes:
  A: {sql: SELECT 1}
  b: {gate: 1, from: x, extra: 1}
  c: {sorce: {}}
  a: {sql: SELECT 1}
)YAML");
  EXPECT_EQ(Brief(loaded.diagnostics),
            "missing-key 1:1+10 add pipeline: flights\n"
            "unknown-key 2:1+7 did you mean \"pipeline\"?\n"
            "bad-name 4:3+1 write \"a\"\n"
            "unknown-node 5:22+1\n"
            "unknown-key 5:25+5\n"
            "unknown-key 6:7+5 did you mean \"source\"?\n"
            "duplicate-name 7:3+1 the other is at line 4");
}

TEST(Load, TheDocumentItself) {
  EXPECT_EQ(Brief(LoadExample("").diagnostics), "empty-file 1:1+0");
  EXPECT_EQ(Brief(LoadExample("[1]").diagnostics), "wrong-type 1:1+3");
  EXPECT_EQ(Brief(LoadExample("pipeline: p\nnodes: {a: {sql: SELECT 1}}\n").diagnostics),
            "missing-key 1:1+11 add thalweg: 1");
  EXPECT_EQ(Brief(LoadExample("thalweg: 1\npipeline: p\n").diagnostics),
            "missing-key 1:1+10 add nodes: ...");
  EXPECT_EQ(Brief(LoadExample("thalweg: 1\npipeline: p\nnodes: {}\n").diagnostics),
            "empty-value 3:8+2");
  EXPECT_EQ(Brief(LoadExample("thalweg: 1\npipeline: My Flights\nnodes: {a: {sql: SELECT 1}}\n")
                      .diagnostics),
            "bad-name 2:11+10 write \"my_flights\"");
  EXPECT_EQ(
      Brief(LoadExample("thalweg: 1\npipeline: p\nconcurrency: skip\nnodes: {a: {sql: SELECT 1}}\n")
                .diagnostics),
      "not-yet 3:1+11");
  EXPECT_EQ(
      Brief(LoadExample("thalweg: \"1\"\npipeline: p\nnodes: {a: {sql: SELECT 1}}\n").diagnostics),
      "wrong-type 1:10+3 remove the quotes");
  const LoadedText newer = LoadExample("thalweg: 2\nnodes: [other, things]\n");
  EXPECT_EQ(Brief(newer.diagnostics), "unknown-grammar 1:10+1 it knows 1");
  EXPECT_EQ(newer.diagnostics.all()[0].code, Code::kUnsupported);
  EXPECT_EQ(Brief(LoadExample("a: [\n").diagnostics), "yaml-syntax 1:4+1");
}

/// A pipeline of `count` SQL nodes with checks.
std::string Chain(int count) {
  std::string text = "thalweg: 1\npipeline: p\nnodes:\n  n0: {sql: SELECT 1 AS x}\n";
  for (int i = 1; i < count; ++i) {
    text += fmt::format(
        "  n{0}:\n    sql: |\n      SELECT x + 1 AS x\n      FROM n{1}\n    tags: [a, b]\n    "
        "after: [n{1}]\n"
        "    checks: [{{not_null: [x]}}, {{rows: {{min: 1}}}}]\n",
        i, i - 1);
  }
  return text;
}

std::chrono::nanoseconds CpuToLoad(const std::string& text) {
  auto least = std::chrono::nanoseconds::max();
  for (int i = 0; i < 3; ++i) {
    const auto before = ProcessCpuTime();
    const LoadedText loaded = LoadExample(text);
    least = std::min(least, ProcessCpuTime() - before);
    EXPECT_EQ(Full(loaded.diagnostics), "");
  }
  return least;
}

TEST(Load, LargeFilesTakeLinearTime) {
  const auto small = CpuToLoad(Chain(500));
  const auto large = CpuToLoad(Chain(5'000));
  RecordProperty("us_per_1000_nodes", static_cast<int>(large.count() / 5'000));
  EXPECT_LT(large.count(), 30 * small.count());
}

}  // namespace
}  // namespace thalweg::spec
