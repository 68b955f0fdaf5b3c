#include "cli/graph_picture.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/graph_layout.h"
#include "cli/table_printer.h"

namespace thalweg::cli {
namespace {

using catalog::NodeState;
using testing::HasSubstr;
using testing::Not;

using Edges = std::vector<std::pair<int, int>>;

/// Every edge leads down by one layer a step; slots of a layer keep their distance.
void CheckLayout(const LayeredGraph& graph, const Edges& edges) {
  ASSERT_EQ(graph.paths.size(), edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto& path = graph.paths[i];
    EXPECT_EQ(path.front(), edges[i].first);
    EXPECT_EQ(path.back(), edges[i].second);
    for (std::size_t k = 1; k < path.size(); ++k) {
      EXPECT_EQ(graph.slots[static_cast<std::size_t>(path[k])].layer,
                graph.slots[static_cast<std::size_t>(path[k - 1])].layer + 1);
    }
  }
  const std::vector<int> widths(graph.slots.size(), 11);
  const auto middles = PlaceSlots(graph, widths, 3);
  for (const auto& layer : graph.layers) {
    for (std::size_t i = 1; i < layer.size(); ++i) {
      EXPECT_GE(middles[static_cast<std::size_t>(layer[i])] -
                    middles[static_cast<std::size_t>(layer[i - 1])],
                14);
    }
  }
  for (const int middle : middles) EXPECT_GE(middle, 5);
}

TEST(GraphLayout, EdgesLeadDownAndNothingOverlaps) {
  const Edges edges = {{0, 2}, {1, 2}, {2, 3}, {2, 4}, {0, 5}, {3, 5}, {4, 5}, {1, 5}};
  CheckLayout(LayOut(6, edges), edges);
}

TEST(GraphLayout, ASourceStandsJustAboveItsReader) {
  // 0 -> 1 -> 2, and 3 -> 2
  const auto graph = LayOut(4, {{0, 1}, {1, 2}, {3, 2}});
  EXPECT_EQ(graph.slots[3].layer, 1);
  EXPECT_EQ(graph.slots.size(), 4U);
}

TEST(GraphLayout, CrossingsThatCanBeAvoidedAre) {
  // Two chains whose ends are listed the other way round.
  const auto graph = LayOut(4, {{0, 3}, {1, 2}});
  const auto& ends = graph.layers[1];
  ASSERT_EQ(graph.layers[0], (std::vector<int>{0, 1}));
  EXPECT_EQ(ends, (std::vector<int>{3, 2}));
}

TEST(GraphLayout, LargeGraphsAreLaidOutAllTheSame) {
  Edges chain, fan;
  for (int i = 1; i < 1000; ++i) chain.emplace_back(i - 1, i);
  for (int i = 1; i < 300; ++i) fan.emplace_back(0, i);
  CheckLayout(LayOut(1000, chain), chain);
  CheckLayout(LayOut(300, fan), fan);
  // Everybody reads everything before: too many bends to draw, and still an answer.
  Edges all;
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < i; ++k) all.emplace_back(k, i);
  }
  EXPECT_EQ(LayOut(60, all).layers.size(), 60U);
}

TEST(GraphLayout, NoNodes) {
  EXPECT_TRUE(LayOut(0, {}).layers.empty());
}

GraphPicture Diamond() {
  GraphPicture picture;
  picture.title = "demo: run 3, waiting";
  picture.nodes = {{"a", "source", NodeState::kReused, 1234},
                   {"b", "sql", NodeState::kDone, 1},
                   {"c", "gate", NodeState::kWaiting, -1},
                   {"d", "target", std::nullopt, -1}};
  picture.edges = {{0, 1, true}, {0, 2, true}, {1, 3, true}, {2, 3, false}};
  return picture;
}

TEST(DrawText, ADiamond) {
  EXPECT_EQ(DrawText(Diamond(), 100, false), R"(   ┌─────────────────────┐
   │ a                   │
   │ reused, 1,234 rows  │
   └──────────┬──────────┘
       ┌──────┴───────┐
       ▼              ▼
┌─────────────┐  ┌─────────┐
│ b           │  │ c       │
│ done, 1 row │  │ waiting │
└──────┬──────┘  └────┬────┘
       └──────┐ ┌─────┘
              ▼ ▼
          ┌─────────┐
          │ d       │
          │ target  │
          └─────────┘
)");
}

TEST(DrawText, SaysWhenMoreRowsAreNamedThanThereMayBe) {
  GraphPicture picture;
  picture.nodes = {{"a", "sql", NodeState::kDone, 1234, false}};
  EXPECT_THAT(DrawText(picture, 100, false), HasSubstr("done, <= 1,234 rows"));
}

TEST(DrawText, WhatIsTooWideBecomesAList) {
  const std::string text = DrawText(Diamond(), 20, false);
  EXPECT_THAT(text, Not(HasSubstr("│")));
  for (const char* name : {"a  ", "b  ", "c  ", "d  "}) EXPECT_THAT(text, HasSubstr(name));
  GraphPicture fan;
  for (int i = 0; i < 300; ++i)
    fan.nodes.push_back({"node_" + std::to_string(i), "sql", std::nullopt, -1});
  for (int i = 1; i < 300; ++i) fan.edges.push_back({0, i, true});
  const std::string list = DrawText(fan, 1'000'000, false);
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 301);
}

TEST(DrawText, EveryLineStaysWithinTheWidth) {
  for (int width = 10; width < 60; ++width) {
    const std::string text = DrawText(Diamond(), width, false);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(WidthOf(std::string_view(text).substr(begin, end - begin)), std::max(width, 33));
      begin = end + 1;
    }
  }
}

TEST(DrawDot, NodesAndEdges) {
  const std::string dot = DrawDot(Diamond());
  EXPECT_THAT(dot, HasSubstr("\"a\" -> \"b\";"));
  EXPECT_THAT(dot, HasSubstr("\"c\" -> \"d\" [style=dashed];"));
  EXPECT_THAT(dot, HasSubstr("label=\"a\\nreused, 1,234 rows\""));
}

TEST(DrawSvg, SaysStatesInWordsAndEscapes) {
  GraphPicture picture = Diamond();
  picture.title = "<a & b>";
  const std::string svg = DrawSvg(picture);
  EXPECT_THAT(svg, HasSubstr("&lt;a &amp; b&gt;"));
  EXPECT_THAT(svg, HasSubstr(">reused, 1,234 rows</text>"));
  EXPECT_THAT(svg, HasSubstr(">waiting</text>"));
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_TRUE(DrawSvg({}).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace thalweg::cli
