#include <map>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/testing/lowered.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Frames = std::vector<std::vector<std::string>>;

TEST(Group, GR1) {
  const auto batch = data::MakeBatch({{"col", "bigint", "[0, 1]"}});
  Harness harness(MakeSpec("group", R"j({"by": ["col"]})j"), {Edge(batch)});
  EXPECT_THAT(harness.RunAll({{batch}}).frames,
              UnorderedElementsAre(ElementsAre("0"), ElementsAre("1")));
  EXPECT_THAT(harness.Bind()->output.keys, ElementsAre("col"));
}

TEST(Group, GR2) {
  const auto batch =
      data::MakeBatch({{"c2", "bigint", "[7, 8, 7]"}, {"c1", "bigint", "[0, 0, 1]"}});
  Harness first(MakeSpec("group", R"j({"by": "c1"})j"), {Edge(batch)});
  const Outcome groups = first.RunAll({{batch}});
  Harness second(MakeSpec("group", R"j({"by": ["c2"]})j"), {first.Bind()->output});
  Steps steps;
  for (const data::Element& element : groups.elements) steps.push_back({element});
  EXPECT_THAT(second.RunAll(steps).frames,
              UnorderedElementsAre(ElementsAre("7|0"), ElementsAre("8|0"), ElementsAre("7|1")));
  EXPECT_THAT(second.Bind()->output.keys, ElementsAre("c1", "c2"));
}

TEST(Group, AFrameOfAKeyHasTheSameNumberInEveryStream) {
  const auto numbers = [](const std::string& keys) {
    const auto batch = data::MakeBatch({{"k", "varchar", keys}});
    std::map<std::string, std::uint64_t> by_key;
    std::uint64_t frame = 0;
    for (const auto& element : Harness(MakeSpec("group", R"j({"by": "k"})j"), {Edge(batch)})
                                   .Run({{data::FrameBegin{9}}, {batch}, {data::FrameEnd{9}}})
                                   .elements) {
      if (const auto* begin = std::get_if<data::FrameBegin>(&element)) frame = begin->id;
      if (const auto* rows = std::get_if<data::Batch>(&element)) by_key[Render(*rows)[0]] = frame;
    }
    return by_key;
  };
  const auto all = numbers(R"j(["a", "b", null])j"), again = numbers(R"j([null, "c", "a"])j");
  EXPECT_EQ(all.at("a"), again.at("a"));
  EXPECT_EQ(all.at("null"), again.at("null"));
  EXPECT_NE(all.at("a"), all.at("b"));
}

/// Defect B15: a null is a key like any other; no row is lost.
TEST(Group, B15NullKeys) {
  const auto batch =
      data::MakeBatch({{"k", "varchar", "[null, \"a\", null]"}, {"x", "bigint", "[1, 2, 3]"}});
  Harness harness(MakeSpec("group", R"j({"by": ["k"]})j"), {Edge(batch)});
  EXPECT_THAT(harness.RunAll({{batch}}).frames,
              UnorderedElementsAre(ElementsAre("null|1", "null|3"), ElementsAre("a|2")));
}

TEST(Sort, OrdersEachFrameAndTheWholeOfABoundedInput) {
  const auto batch = data::MakeBatch(
      {{"a", "varchar", "[\"b\", \"a\", null, \"b\"]"}, {"x", "double", "[1, 2, 3, null]"}});
  const auto spec = MakeSpec("sort", R"j({"by": ["a", "x desc"]})j");
  Harness harness(spec, {Edge(batch)});
  EXPECT_THAT(harness.RunAll({{batch}}).rows, ElementsAre("null|3", "a|2", "b|1", "b|null"));
  EXPECT_THAT(harness.Run({{batch}}, {.cut = 1, .checkpoints = true}).rows,
              ElementsAre("null|3", "a|2", "b|1", "b|null"));
  const Steps frames = {{data::FrameBegin{4}}, {batch->Slice(0, 2)}, {data::FrameEnd{4}},
                        {data::FrameBegin{5}}, {batch->Slice(2, 2)}, {data::FrameEnd{5}}};
  EXPECT_EQ(harness.RunAll(frames).frames, (Frames{{"a|2", "b|1"}, {"null|3", "b|null"}}));
  EXPECT_EQ(
      RunLowered(*spec->Lower(component::Dialect::kDuckDb, std::vector{Edge(batch)}), {batch}),
      harness.Run({{batch}}).Sorted());
}

}  // namespace
}  // namespace thalweg::operators
