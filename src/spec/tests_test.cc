#include <gtest/gtest.h>

#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::LoadedText;
using testing::LoadExample;
using testing::Under;

constexpr const char* kPipeline = R"YAML(thalweg: 1
pipeline: p
params: {least: {type: bigint, default: 0}}
nodes:
  events: {source: {files: events.csv}}
  big: {sql: "SELECT * FROM events WHERE n > $least"}
  out: {from: big, target: {files: out.csv}}
)YAML";

LoadedText LoadTests(const std::string& tests) {
  return LoadExample(kPipeline + ("tests:\n" + tests));
}

TEST(Tests, FramesOfRows) {
  const LoadedText loaded = LoadTests(R"YAML(
  framed:
    inputs:
      events:
        - {n: 1}
        - frame: [{n: 2}, {n: 3}]
        - {n: 4}
        - advance: 1s
        - {frame: [{n: 5}]}
        - {frame: 7}
    expect: {big: []}
)YAML");
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const auto& steps = loaded.pipeline.tests[0].inputs[0].steps;
  ASSERT_EQ(steps.size(), 6u);
  std::vector<std::int64_t> frames;
  for (const auto& step : steps) frames.push_back(step.frame);
  EXPECT_EQ(frames, (std::vector<std::int64_t>{0, 1, 0, 0, 2, 0}));
  EXPECT_EQ(steps[1].rows.size(), 2u);
  EXPECT_EQ(steps[5].rows.size(), 1u);  // a column of that name
}

TEST(Tests, RowsAdvancesAndExpectations) {
  const LoadedText loaded = LoadTests(R"YAML(
  first:
    doc: what it shows
    params: {least: 5}
    inputs:
      events:
        - {n: 6, ts: "2024-01-01T00:00:00Z"}
        - {n: 1}
        - advance: 30s
        - {n: 7}
    expect:
      big: {rows: [{n: 6}, {n: 7}], ordered: true, tolerance: 0.5}
      big_rejects: []
  second:
    inputs: {big: {columns: {n: INT}, rows: []}}
    expect: {out: []}
)YAML");
  ASSERT_EQ(Full(loaded.diagnostics), "");
  ASSERT_EQ(loaded.pipeline.tests.size(), 2u);
  const TestSpec& first = loaded.pipeline.tests[0];
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.doc, "what it shows");
  EXPECT_EQ(first.params.at("least"), "5");
  ASSERT_EQ(first.inputs.size(), 1u);
  ASSERT_EQ(first.inputs[0].steps.size(), 3u);
  EXPECT_EQ(first.inputs[0].steps[0].rows.size(), 2u);
  EXPECT_EQ(first.inputs[0].steps[1].advance, std::chrono::seconds(30));
  EXPECT_EQ(first.inputs[0].steps[2].rows.size(), 1u);
  ASSERT_EQ(first.expect.size(), 2u);
  EXPECT_TRUE(first.expect[0].ordered);
  EXPECT_EQ(first.expect[0].tolerance, 0.5);
  EXPECT_TRUE(first.expect[1].rows.empty());
  EXPECT_EQ(Under(first.expect[1].table.span), "big_rejects");
  EXPECT_EQ(loaded.pipeline.tests[1].inputs[0].columns[0].second.text, "integer");
}

TEST(Tests, ReportsAllMistakesInOnePass) {
  const LoadedText loaded = LoadTests(R"YAML(
  first:
    params: {leest: 5}
    inputs:
      evens: [{n: 6}]
      out: [{n: 1}]
      events: {columns: {number: bigint}, rows: [{numbr: 6}, 7, {advance: soon}]}
    expect:
      bigg: [{n: 6}]
      big: {rows: [{}]}
)YAML");
  EXPECT_EQ(Brief(loaded.diagnostics),
            "unknown-parameter 11:14+5 did you mean \"least\"?\n"
            "unknown-node 13:7+5 did you mean \"events\"?\n"
            "input-is-a-target 14:7+3\n"
            "unknown-column 15:51+5 did you mean \"number\"?\n"
            "wrong-type 15:62+1\n"
            "bad-value 15:75+4\n"
            "unknown-node 17:7+4 did you mean \"big\"?\n"
            "wrong-type 18:20+2");
}

TEST(Tests, ExpectNothingIsAMistake) {
  EXPECT_EQ(Brief(LoadTests("  first: {inputs: {events: []}, expect: {}}\n").diagnostics),
            "empty-value 9:41+2");
  EXPECT_EQ(Brief(LoadTests("  first: {inputs: {events: []}}\n").diagnostics),
            "missing-key 9:10+22 add expect: {counts: [{n: 1}]}");
}

TEST(Tests, AreInNoRecipe) {
  const LoadedText without = LoadExample(kPipeline);
  const LoadedText with = LoadTests("  first: {inputs: {events: [{n: 1}]}, expect: {big: []}}\n");
  for (std::size_t i = 0; i < without.pipeline.nodes.size(); ++i)
    EXPECT_EQ(with.pipeline.nodes[i].canonical, without.pipeline.nodes[i].canonical);
}

TEST(Tests, UnknownKeysGetANearOne) {
  const LoadedText loaded = LoadTests("  first: {expect: {big: []}, inputz: {}}\n");
  EXPECT_EQ(Brief(loaded.diagnostics), "unknown-key 9:30+6 did you mean \"inputs\"?");
}

}  // namespace
}  // namespace thalweg::spec
