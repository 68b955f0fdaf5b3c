#include "spec/graph.h"

#include <algorithm>
#include <cstddef>

namespace thalweg::spec {
namespace {

enum class Mark : char { kNew, kOnPath, kDone };

struct Step {
  int node = 0;
  std::size_t next_edge = 0;
};

}  // namespace

std::vector<int> FindCycle(const std::vector<std::vector<int>>& edges) {
  std::vector<Mark> marks(edges.size(), Mark::kNew);
  const auto mark_of = [&](int node) -> Mark& { return marks[static_cast<std::size_t>(node)]; };
  std::vector<Step> path;
  for (std::size_t root = 0; root < edges.size(); ++root) {
    if (marks[root] != Mark::kNew) continue;
    marks[root] = Mark::kOnPath;
    path.push_back({static_cast<int>(root)});
    while (!path.empty()) {
      Step& step = path.back();
      const std::vector<int>& leads_to = edges[static_cast<std::size_t>(step.node)];
      if (step.next_edge == leads_to.size()) {
        mark_of(step.node) = Mark::kDone;
        path.pop_back();
        continue;
      }
      const int to = leads_to[step.next_edge++];
      if (mark_of(to) == Mark::kNew) {
        mark_of(to) = Mark::kOnPath;
        path.push_back({to});
      } else if (mark_of(to) == Mark::kOnPath) {
        std::vector<int> cycle;
        auto from =
            std::find_if(path.begin(), path.end(), [to](const Step& s) { return s.node == to; });
        for (; from != path.end(); ++from) cycle.push_back(from->node);
        std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
        return cycle;
      }
    }
  }
  return {};
}

}  // namespace thalweg::spec
