#include "runs/stream_run.h"

#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::HasSubstr;

/// The system's clock, set back.
class SetBack : public Clock {
 public:
  explicit SetBack(std::chrono::seconds by) : by_(by) {}
  Instant Now() const override { return SystemClock().Now() - by_; }
  std::chrono::steady_clock::time_point Steady() const override { return SystemClock().Steady(); }

 private:
  const std::chrono::seconds by_;
};

constexpr const char* kLoads =
    "  loads:\n"
    "    source: {tail: loads.csv, format: csv, end_at_eof: true,\n"
    "             columns: {ts: timestamptz, host: varchar, x: bigint}}\n"
    "    event_time: {column: ts}\n";

class StreamRun : public ::testing::Test {
 protected:
  StreamRun() {
    setenv("THALWEG_CHECKPOINT_MS", "20", 1);
    Add({"2024-01-01T00:00:00Z,a,1", "2024-01-01T00:00:01Z,b,2"});
  }
  ~StreamRun() override { unsetenv("THALWEG_CHECKPOINT_MS"); }

  void Add(const std::vector<std::string>& rows) {
    for (const auto& row : rows) loads_ += row + "\n";
    pipeline_.Write("loads.csv", loads_);
  }
  RunOutcome Run() {
    auto outcome = pipeline_.Run();
    EXPECT_TRUE(outcome.ok()) << outcome.status() << pipeline_.diagnostics.ToStatus();
    return outcome.ok() ? *std::move(outcome) : RunOutcome();
  }
  /// Stops the run when the table has so many rows.
  void StopAt(const std::string& table, std::int64_t rows, std::stop_source stop) {
    const auto workspace = pipeline_.Open();
    ASSERT_TRUE(workspace.ok()) << workspace.status();
    const auto deadline = SystemClock().Steady() + std::chrono::seconds(60);
    while (SystemClock().Steady() < deadline) {
      const auto latest = (*workspace)->catalog().LatestGood("p", table);
      ASSERT_TRUE(latest.ok()) << latest.status();
      if (*latest && (*latest)->manifest.rows >= rows) break;
      std::this_thread::yield();
    }
    stop.request_stop();
  }

  TestPipeline pipeline_;
  std::string loads_ = "ts,host,x\n";
};

TEST_F(StreamRun, IsResumedAlsoWhenTheClockWasSetBack) {
  pipeline_.Nodes(
      "  loads: {source: {tail: loads.csv, format: csv, look_every: 5ms,\n"
      "          columns: {ts: timestamptz, host: varchar, x: bigint}}}\n"
      "  kept: {from: loads, filter: x > 0, materialize: append}\n");
  std::stop_source stop;
  std::thread stopper([&] { StopAt("kept", 2, stop); });
  const auto first = pipeline_.Run({}, {}, stop.get_token());
  stopper.join();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->run.state, catalog::RunState::kCancelled);

  const SetBack clock(std::chrono::hours(1));
  pipeline_.set_clock(clock);
  Add({"2024-01-01T00:00:02Z,c,3"});
  std::stop_source again;
  std::thread stopper_again([&] { StopAt("kept", 3, again); });
  const auto resumed = pipeline_.Resume(1, again.get_token());
  stopper_again.join();
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->run.state, catalog::RunState::kCancelled) << resumed->nodes[0].error;
  EXPECT_EQ(pipeline_.Rows("SELECT host, x FROM kept"), "a|1\nb|2\nc|3\n");
}

TEST_F(StreamRun, ALaterRunReadsTheNewestVersionOfATable) {
  pipeline_.Write("racks.csv", "host,rack\na,1\nb,1\n");
  pipeline_.Write("more.csv", "ts,host,x\n2024-01-01T00:00:00Z,m,10\n");
  pipeline_.Nodes(std::string(kLoads) +
                  "  racks: {source: {files: racks.csv, columns: {rack: bigint}}}\n"
                  "  more:\n"
                  "    source: {files: more.csv, columns: {ts: timestamptz, x: bigint}}\n"
                  "    event_time: {column: ts}\n"
                  "  named: {from: loads, lookup: {in: racks, match: [host], take: [rack]},\n"
                  "          materialize: append}\n"
                  "  united: {from: [loads, more], union: {}, materialize: append}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, rack FROM named"), "a|1\nb|1\n");
  EXPECT_EQ(pipeline_.Rows("SELECT host, x FROM united"), "a|1\nb|2\nm|10\n");

  pipeline_.Write("racks.csv", "host,rack\na,2\nb,2\n");
  Add({"2024-01-01T00:00:02Z,a,3"});
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, x, rack FROM named"), "a|1|1\na|3|2\nb|2|1\n");
  // Without state: what was given on is not given on again.
  EXPECT_EQ(pipeline_.Rows("SELECT host, x FROM united"), "a|1\na|3\nb|2\nm|10\n");

  pipeline_.Write("more.csv", "ts,host,x\n2024-01-01T00:00:00Z,n,20\n");
  Add({"2024-01-01T00:00:03Z,b,4"});
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, x FROM united"), "a|1\na|3\nb|2\nb|4\nm|10\nn|20\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, x FROM united"), "a|1\na|3\nb|2\nb|4\nm|10\nn|20\n");
}

TEST_F(StreamRun, AJoinWithATableHasItsRowsInEveryRun) {
  pipeline_.Write("more.csv", "ts,host,y\n2024-01-01T00:00:00Z,a,10\n");
  pipeline_.Nodes(std::string(kLoads) +
                  "  more:\n"
                  "    source: {files: more.csv, columns: {ts: timestamptz, y: bigint}}\n"
                  "    event_time: {column: ts}\n"
                  "  pairs: {from: [loads, more], join: {on: [host], within: 1h},\n"
                  "          materialize: append}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, x, y FROM pairs"), "a|1|10\n");
  Add({"2024-01-01T00:00:02Z,a,3"});
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, x, y FROM pairs"), "a|1|10\na|3|10\n");
}

/// The files of the version that a stream goes on with may lie where those of the newest do not.
TEST_F(StreamRun, ALookupGoesOnWithFilesOutsideTheHome) {
  for (const char* rack : {"1", "2"}) {
    pipeline_.Nodes(
        fmt::format("  made: {{sql: \"SELECT 'a' AS host, {0} AS rack\"}}\n"
                    "  out: {{from: made, target: {{files: racks_{0}/r.parquet}}}}\n",
                    rack));
    EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  }
  for (const char* version : {"1", "2"}) {
    pipeline_.Nodes(
        fmt::format("  loads: {{source: {{tail: loads.csv, format: csv, look_every: 5ms,\n"
                    "          columns: {{ts: timestamptz, host: varchar, x: bigint}}}}}}\n"
                    "  racks: {{source: {{files: racks_{}/r.parquet}}}}\n"
                    "  named: {{from: loads, lookup: {{in: racks, match: [host], take: [rack]}},\n"
                    "          materialize: append}}\n",
                    version));
    std::stop_source stop;
    std::thread stopper([&] { StopAt("named", version[0] - '0' + 1, stop); });
    const auto outcome = pipeline_.Run({}, {}, stop.get_token());
    stopper.join();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->run.state, catalog::RunState::kCancelled);
    Add({"2024-01-01T00:00:02Z,a,3"});
  }
  EXPECT_EQ(pipeline_.Rows("SELECT host, x, rack FROM named"), "a|1|1\na|3|1\nb|2|-\n");
}

TEST_F(StreamRun, ATableThatAStreamReadsIsStored) {
  pipeline_.Write("racks.csv", "host,rack\na,1\nb,2\n");
  pipeline_.Nodes(std::string(kLoads) +
                  "  racks: {source: {files: racks.csv, columns: {rack: bigint}}}\n"
                  "  some: {sql: SELECT * FROM racks WHERE rack < 2, materialize: none}\n"
                  "  named: {from: loads, lookup: {in: some, match: [host], take: [rack],\n"
                  "          missing: drop}, materialize: append}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host, rack FROM named"), "a|1\n");
}

TEST_F(StreamRun, AWrongEventTimeIsSaidOnceAtTheSource) {
  const std::string nodes =
      "  loads:\n"
      "    source: {tail: loads.csv, format: csv, end_at_eof: true,\n"
      "             columns: {ts: timestamptz, host: varchar, x: bigint}}\n"
      "    event_time: {column: EVENT_TIME}\n"
      "  a: {from: loads, aggregate: {window: {tumbling: 1s}, columns: {n: count(*)}},\n"
      "      materialize: append}\n"
      "  b: {from: a, filter: n > 1, materialize: append}\n";
  const auto errors = [&](const std::string& column) {
    std::string text = nodes;
    pipeline_.Nodes(text.replace(text.find("EVENT_TIME"), 10, column));
    EXPECT_FALSE(pipeline_.Run().ok());
    std::string all;
    for (const auto& diagnostic : pipeline_.diagnostics.all()) {
      const Place place = diagnostic.span.ToPlace();
      all +=
          fmt::format("{} {}:{} {}\n", diagnostic.slug, place.line, place.column, diagnostic.label);
    }
    return all;
  };
  EXPECT_EQ(errors("tss"), "unknown-column 7:26 did you mean \"ts\"?\n");
  EXPECT_EQ(errors("host"), "wrong-type 7:26 \n");
}

TEST_F(StreamRun, ATableWithoutRowsIsThere) {
  pipeline_.Nodes(
      "  loads: {source: {tail: loads.csv, format: csv, end_at_eof: true, bad_rows: quarantine,\n"
      "          columns: {ts: timestamptz, host: varchar, x: bigint}}}\n"
      "  none: {from: loads, filter: x > 2, materialize: append}\n"
      "  best: {from: none, map: {columns: {y: x + 1}}, materialize: {merge: [host]}}\n");
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM none"), "0\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM best"), "0\n");
  EXPECT_EQ(pipeline_.Rows("SELECT count(*) FROM loads_rejects"), "0\n");
  // Once there, it is not made anew.
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  Add({"2024-01-01T00:00:02Z,c,3"});
  EXPECT_EQ(Run().run.state, catalog::RunState::kDone);
  EXPECT_EQ(pipeline_.Rows("SELECT host FROM none"), "c\n");
  EXPECT_EQ(pipeline_.Rows("SELECT host, y FROM best"), "c|4\n");
  const auto workspace = pipeline_.Open();
  ASSERT_TRUE(workspace.ok()) << workspace.status();
  const auto latest = (*workspace)->catalog().LatestGood("p", "none");
  ASSERT_TRUE(latest.ok() && *latest) << latest.status();
  EXPECT_EQ((*latest)->number, 2);
}

TEST_F(StreamRun, RowsThatReplaceOthersWantAMerge) {
  const std::string window =
      "{from: loads, aggregate: {by: [host], window: {tumbling: 10s}, late: update,\n"
      "      columns: {n: count(*)}}";
  const auto warnings = [&](const std::string& rest) {
    pipeline_.Nodes(std::string(kLoads) + "  a: " + window + rest);
    EXPECT_TRUE(pipeline_.MakePlan().ok()) << pipeline_.diagnostics.ToStatus();
    std::string all;
    for (const auto& diagnostic : pipeline_.diagnostics.all())
      all += fmt::format("{} {}\n", diagnostic.slug, diagnostic.help);
    return all;
  };
  EXPECT_EQ(warnings(", materialize: append}\n"),
            "old-rows-stay use materialize: {merge: [host, window_start]}\n");
  EXPECT_EQ(warnings(", materialize: {merge: [host, window_start]}}\n"), "");
  EXPECT_THAT(warnings("}\n  out: {from: a, target: {files: out/, format: ndjson}}\n"),
              ::testing::StartsWith("old-rows-stay the last row of a key"));
}

TEST_F(StreamRun, ARowThatCannotBeComputedIsSaidWithItsPlaceAndWhatToDo) {
  Add({"2024-01-01T00:00:02Z,c,3"});
  pipeline_.Nodes(std::string(kLoads) +
                  "  n:\n"
                  "    from: loads\n"
                  "    map:\n"
                  "      columns:\n"
                  "        fine: x + 1\n"
                  "        bad: CAST(host AS bigint)\n"
                  "    materialize: append\n");
  const RunOutcome outcome = Run();
  EXPECT_EQ(outcome.run.state, catalog::RunState::kFailed);
  for (const auto& node : outcome.nodes) {
    if (node.node != "n") continue;
    EXPECT_THAT(node.error, HasSubstr("error[conversion-failed]: node \"n\": "));
    EXPECT_THAT(node.error, HasSubstr("p.yaml:13:14"));
    EXPECT_THAT(node.error, HasSubstr("on_error: drop, or quarantine"));
  }
}

}  // namespace
}  // namespace thalweg::runs
