#include "runs/replay_source.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/source_task.h"
#include "runs/table_source.h"
#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::HasSubstr;

constexpr const char* kLoads =
    "  loads: {source: {files: loads.csv, columns: {ts: timestamptz, x: bigint}}}\n";

class Replay : public ::testing::Test {
 protected:
  /// A new version of the table.
  void Write(const std::string& rows) {
    pipeline_.Write("loads.csv", "ts,x\n" + rows);
    pipeline_.Nodes(kLoads);
    workspace_.reset();
    const auto outcome = pipeline_.Run();
    ASSERT_TRUE(outcome.ok()) << outcome.status() << pipeline_.diagnostics.ToStatus();
    auto opened = pipeline_.Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    workspace_ = *std::move(opened);
    const auto version = workspace_->catalog().LatestGood("p", "loads");
    ASSERT_TRUE(version.ok() && *version);
    versions_.push_back(**version);
  }
  std::unique_ptr<ReplaySource> Source() {
    data::EdgeType edge;
    edge.schema = *data::ToArrow(versions_.back().manifest.columns);
    edge.event_time = "ts";
    return std::make_unique<ReplaySource>(*workspace_, InputTable{-1, "p", "loads", {}, {}}, edge,
                                          versions_.back().manifest.columns, std::stop_token());
  }
  /// A table of one row and its replay; gives what the replay kept.
  std::string RunWith(const std::string& load, bool replayed) {
    pipeline_.Nodes("  loads: {sql: \"SELECT TIMESTAMPTZ '2024-01-01T00:00:00Z' AS ts, " + load +
                    " AS load\"}\n" +
                    (replayed ? "  again: {source: {replay: loads}, event_time: {column: ts}}\n"
                                "  kept: {from: again, filter: ts IS NOT NULL, materialize: append}"
                                "\n"
                              : ""));
    const auto outcome = pipeline_.Run();
    if (!outcome.ok())
      return outcome.status().ToString() + pipeline_.diagnostics.ToStatus().ToString();
    for (const auto& node : outcome->nodes) {
      if (!node.error.empty()) return node.error;
    }
    return replayed ? pipeline_.Rows("SELECT load FROM kept") : "";
  }
  std::string Id(std::size_t version) const { return versions_[version].manifest.id.str(); }
  static component::SourceState At(
      const std::vector<std::pair<std::string, std::string>>& positions) {
    component::SourceState state;
    for (const auto& [split, at] : positions)
      state.positions[split] = flow::PackPosition({at}, INT64_MIN);
    return state;
  }
  /// The split that is read, then the values of x.
  std::string Read(const std::vector<std::pair<std::string, std::string>>& positions) {
    const auto source = Source();
    const auto splits = source->Discover(At(positions));
    if (!splits.ok()) return splits.status().slug();
    std::string text = splits->at(0).name == Id(0) ? "first:" : "second:";
    component::Position from;
    for (const auto& [split, at] : positions) {
      if (split == splits->at(0).name) from.text = at;
    }
    auto reader = source->Open(splits->at(0), from);
    if (!reader.ok()) return reader.status().ToString();
    while (true) {
      const auto polled = (*reader)->Poll(Bytes::MiB(1), [] {});
      if (!polled.ok()) return polled.status().ToString();
      if (polled->state == component::Polled::State::kEnd) break;
      for (std::int64_t row = 0; row < polled->rows->num_rows(); ++row) {
        text += fmt::format(" {}", polled->rows->column_data(1)->GetValues<std::int64_t>(1)[row]);
      }
    }
    return text + " " + (*reader)->At().text;
  }

  TestPipeline pipeline_;
  std::unique_ptr<Workspace> workspace_;
  std::vector<catalog::VersionRecord> versions_;
};

TEST_F(Replay, AVersionIsReadToItsEndThenTheNewest) {
  Write("2024-01-01T00:00:02Z,2\n2024-01-01T00:00:01Z,1\n2024-01-01T00:00:03Z,3\n");
  EXPECT_EQ(Read({}), "first: 1 2 3 end");
  EXPECT_EQ(Read({{Id(0), "1"}}), "first: 2 3 end");
  EXPECT_EQ(Read({{Id(0), "end"}}), "first: end");
  Write("2024-01-01T00:00:05Z,5\n2024-01-01T00:00:04Z,4\n");
  EXPECT_EQ(Read({{Id(0), "2"}}), "first: 3 end");
  EXPECT_EQ(Read({{Id(0), "end"}}), "second: 4 5 end");
  EXPECT_EQ(Read({{Id(0), "end"}, {Id(1), "1"}}), "second: 5 end");
  EXPECT_EQ(Read({{Id(0), "end"}, {Id(1), "end"}}), "second: end");
  // A source keeps to its choice, whatever comes.
  const auto source = Source();
  ASSERT_EQ(source->Discover(At({{Id(0), "1"}}))->at(0).name, Id(0));
  EXPECT_EQ(source->Discover(At({}))->at(0).name, Id(0));
}

TEST_F(Replay, OtherColumnsThanPlannedAreRefused) {
  Write("2024-01-01T00:00:02Z,2\n");
  versions_.back().manifest.columns.back().type = "varchar";
  EXPECT_EQ(Read({}), "columns-changed");
  EXPECT_EQ(Read({{Id(0), "1"}}), "columns-changed");
}

TEST_F(Replay, AChosenVersionIsReadWhereNoneWasBegun) {
  Write("2024-01-01T00:00:02Z,2\n");
  Write("2024-01-01T00:00:03Z,3\n");
  const auto first = [&](const component::SourceState& state) {
    const auto source = Source();
    source->ChooseBy([&] { return Result<catalog::VersionRecord>(versions_[0]); });
    return source->Discover(state)->at(0).name;
  };
  EXPECT_EQ(first({}), Id(0));
  EXPECT_EQ(first(At({{Id(1), "end"}})), Id(0));
  EXPECT_EQ(first(At({{Id(1), "1"}})), Id(1));
}

TEST_F(Replay, TheVersionOfTheRunIsReadAlsoWhenANewerOneIsThere) {
  EXPECT_EQ(RunWith("1", false), "");
  EXPECT_EQ(RunWith("'abc'", false), "");
  EXPECT_EQ(RunWith("1", true), "1\n");
  EXPECT_EQ(RunWith("2", true), "1\n2\n");
  EXPECT_EQ(RunWith("2", true), "1\n2\n");
  EXPECT_EQ(RunWith("1", true), "1\n1\n2\n");
}

TEST_F(Replay, ATableThatIsReplayedIsStored) {
  pipeline_.Write("loads.csv", "ts,x\n2024-01-01T00:00:02Z,2\n");
  pipeline_.Nodes(kLoads +
                  std::string("  some: {sql: SELECT * FROM loads, materialize: none}\n"
                              "  again: {source: {replay: some}, event_time: {column: ts}}\n"
                              "  kept: {from: again, filter: x > 0, materialize: append}\n"));
  const auto plan = pipeline_.MakePlan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->nodes[1].why, HasSubstr("a replay needs the stored rows"));
  const auto outcome = pipeline_.Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(pipeline_.Rows("SELECT x FROM kept"), "2\n");
}

TEST_F(Replay, ASideTableHasItsOwnColumns) {
  pipeline_.Write("loads.csv", "ts,x\n2024-01-01T00:00:02Z,2\n");
  const std::string rows =
      "  rows: {source: {files: loads.csv, bad_rows: quarantine,\n"
      "         columns: {ts: timestamptz, x: bigint}}}\n"
      "  sums:\n"
      "    from: rows\n"
      "    map: {columns: {y: x + 1}}\n"
      "    on_error: quarantine\n"
      "    event_time: {column: ts}\n";
  for (const char* table : {"rows_rejects", "sums_rejects"}) {
    pipeline_.Nodes(rows + fmt::format("  again: {{source: {{replay: {}}}, event_time: {{column: "
                                       "ts}}}}\n"
                                       "  kept: {{from: again, filter: raw > '', materialize: "
                                       "append}}\n",
                                       table));
    EXPECT_FALSE(pipeline_.MakePlan().ok()) << table;
    EXPECT_THAT(pipeline_.diagnostics.ToStatus().ToString(),
                HasSubstr("event_time names \"ts\", which its rows do not have"))
        << table;
  }
}

TEST_F(Replay, AVersionThatIsDoneIsNotHeldAnyLonger) {
  for (const char* rows : {"2024-01-01T00:00:02Z,2\n", "2024-01-01T00:00:02Z,3\n"}) {
    pipeline_.Write("loads.csv", "ts,x\n" + std::string(rows));
    pipeline_.Nodes(kLoads + std::string("  again:\n    source: {replay: loads}\n"
                                         "    event_time: {column: ts}\n"
                                         "  kept: {from: again, filter: x > 0, materialize: "
                                         "append}\n"));
    const auto outcome = pipeline_.Run();
    ASSERT_TRUE(outcome.ok()) << outcome.status() << pipeline_.diagnostics.ToStatus();
    const auto workspace = pipeline_.Open();
    ASSERT_TRUE(workspace.ok()) << workspace.status();
    const auto newest = (*workspace)->catalog().LatestGood("p", "loads");
    ASSERT_TRUE(newest.ok() && *newest);
    const auto nodes = (*workspace)->catalog().Nodes();
    ASSERT_TRUE(nodes.ok());
    for (const auto& node : *nodes) {
      if (node.name != "again") continue;
      const auto positions = (*workspace)->catalog().Positions(node.id);
      ASSERT_TRUE(positions.ok());
      ASSERT_EQ(positions->size(), 1U);
      EXPECT_EQ(positions->begin()->first, (*newest)->manifest.id.str());
    }
  }
}

TEST_F(Replay, MistakesAreSaidBeforeAnythingRuns) {
  pipeline_.Write("loads.csv", "ts,x\n2024-01-01T00:00:02Z,2\n");
  const auto wrong = [&](const std::string& source) {
    pipeline_.Nodes(kLoads + ("  again: " + source + "\n") +
                    "  big: {from: again, filter: x > 0, materialize: append}\n"
                    "  more: {source: {replay: big}, event_time: {column: ts}}\n");
    const auto outcome = pipeline_.Run();
    return outcome.ok() ? "nothing is wrong"
                        : outcome.status().ToString() + pipeline_.diagnostics.ToStatus().ToString();
  };
  EXPECT_THAT(wrong("{source: {replay: loads}}"), HasSubstr("which column"));
  EXPECT_THAT(wrong("{source: {replay: load}, event_time: {column: ts}}"), HasSubstr("\"load\""));
  EXPECT_THAT(wrong("{source: {replay: loads}, event_time: {column: ts}}"),
              HasSubstr("is a stream itself"));
}

}  // namespace
}  // namespace thalweg::runs
