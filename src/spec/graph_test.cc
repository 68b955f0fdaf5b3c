#include "spec/graph.h"

#include <gtest/gtest.h>

namespace thalweg::spec {
namespace {

using Edges = std::vector<std::vector<int>>;

TEST(Graph, TreesAndDiamondsHaveNoCycle) {
  EXPECT_TRUE(FindCycle({}).empty());
  EXPECT_TRUE(FindCycle({{1, 2}, {3}, {3}, {}}).empty());
}

TEST(Graph, FindsACycleAlongItsEdges) {
  EXPECT_EQ(FindCycle({{0}}), (std::vector<int>{0}));
  EXPECT_EQ(FindCycle({{}, {3}, {1}, {2}}), (std::vector<int>{1, 3, 2}));
  EXPECT_EQ(FindCycle({{3}, {}, {}, {4, 1}, {5}, {3}}), (std::vector<int>{3, 4, 5}));
}

TEST(Graph, LongChainsNeedNoStack) {
  Edges chain(200'000);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) chain[i].push_back(static_cast<int>(i) + 1);
  EXPECT_TRUE(FindCycle(chain).empty());
  chain.back().push_back(0);
  EXPECT_EQ(FindCycle(chain).size(), chain.size());
}

}  // namespace
}  // namespace thalweg::spec
