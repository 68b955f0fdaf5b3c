#include "cli/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace thalweg::cli {
namespace {

constexpr int kOrderSweeps = 12;
constexpr int kPlaceSweeps = 16;
/// A graph that needs more bends than this is drawn without: nobody can follow its edges anyhow.
constexpr std::int64_t kMostBends = 20'000;
/// Edges are straight rather than short: bends weigh more than nodes.
constexpr double kBendWeight = 4;

/// The longest way from a start; then starts move down to just above their first reader.
std::vector<int> Layers(int nodes, const std::vector<std::pair<int, int>>& edges) {
  std::vector<std::vector<int>> next(At(nodes));
  std::vector<int> waits(At(nodes), 0), layer(At(nodes), 0), ready;
  for (const auto& [from, to] : edges) {
    next[At(from)].push_back(to);
    ++waits[At(to)];
  }
  const std::vector<int> inputs = waits;
  for (int i = 0; i < nodes; ++i) {
    if (waits[At(i)] == 0) ready.push_back(i);
  }
  for (std::size_t k = 0; k < ready.size(); ++k) {
    for (const int to : next[At(ready[k])]) {
      layer[At(to)] = std::max(layer[At(to)], layer[At(ready[k])] + 1);
      if (--waits[At(to)] == 0) ready.push_back(to);
    }
  }
  for (int i = 0; i < nodes; ++i) {
    if (inputs[At(i)] > 0 || next[At(i)].empty()) continue;
    int first = std::numeric_limits<int>::max();
    for (const int to : next[At(i)]) first = std::min(first, layer[At(to)]);
    layer[At(i)] = first - 1;
  }
  return layer;
}

void Connect(LayeredGraph& graph, int from, int to) {
  graph.slots[At(from)].down.push_back(to);
  graph.slots[At(to)].up.push_back(from);
}

/// Edges that cross between this layer and the one above.
std::int64_t CrossingsAbove(const LayeredGraph& graph, const std::vector<int>& layer,
                            const std::vector<int>& position) {
  std::vector<int> ends;  // positions above, by position below: crossings are the inversions
  for (const int slot : layer) {
    std::vector<int> above;
    for (const int up : graph.slots[At(slot)].up) above.push_back(position[At(up)]);
    std::sort(above.begin(), above.end());
    ends.insert(ends.end(), above.begin(), above.end());
  }
  std::int64_t crossings = 0;
  std::vector<int> sorted;
  for (const int end : ends) {
    const auto at = std::upper_bound(sorted.begin(), sorted.end(), end);
    crossings += sorted.end() - at;
    sorted.insert(at, end);
  }
  return crossings;
}

class Orderer {
 public:
  explicit Orderer(LayeredGraph& graph) : graph_(graph), position_(graph.slots.size(), 0) {}

  void Order() {
    for (const auto& layer : graph_.layers) Number(layer);
    auto best = graph_.layers;
    std::int64_t fewest = Crossings();
    for (int sweep = 0; sweep < kOrderSweeps && fewest > 0; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (std::size_t k = 0; k < graph_.layers.size(); ++k) {
        SortLayer(graph_.layers[down ? k : graph_.layers.size() - 1 - k], down);
      }
      if (const std::int64_t now = Crossings(); now < fewest) {
        fewest = now;
        best = graph_.layers;
      }
    }
    graph_.layers = std::move(best);
  }

 private:
  void Number(const std::vector<int>& layer) {
    for (std::size_t i = 0; i < layer.size(); ++i) position_[At(layer[i])] = static_cast<int>(i);
  }

  void SortLayer(std::vector<int>& layer, bool by_above) {
    std::vector<std::pair<double, int>> keyed;
    for (const int slot : layer) {
      const auto& others = by_above ? graph_.slots[At(slot)].up : graph_.slots[At(slot)].down;
      double sum = 0;
      for (const int other : others) sum += position_[At(other)];
      keyed.emplace_back(
          others.empty() ? position_[At(slot)] : sum / static_cast<double>(others.size()), slot);
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
    Number(layer);
  }

  std::int64_t Crossings() const {
    std::int64_t sum = 0;
    for (const auto& layer : graph_.layers) sum += CrossingsAbove(graph_, layer, position_);
    return sum;
  }

  LayeredGraph& graph_;
  std::vector<int> position_;
};

/// Moves the slots of one layer to where they want to be, as far as their order and widths allow:
/// the least sum of weighted squares (pool adjacent violators).
class LayerPlacer {
 public:
  LayerPlacer(const LayeredGraph& graph, const std::vector<int>& widths, int gap)
      : graph_(graph), widths_(widths), gap_(gap) {}

  template <typename Wish>
  void Place(const std::vector<int>& layer, const Wish& wish, std::vector<int>& middles) const {
    struct Block {
      double sum, weight;
      std::size_t slots;
    };
    std::vector<Block> blocks;
    std::vector<int> offsets;  // of a slot's middle from the first one's, when packed tightly
    for (std::size_t i = 0; i < layer.size(); ++i) {
      offsets.push_back(i == 0 ? 0 : offsets.back() + Distance(layer[i - 1], layer[i]));
      const double weight = graph_.slots[At(layer[i])].node < 0 ? kBendWeight : 1;
      blocks.push_back({(wish(layer[i]) - offsets[i]) * weight, weight, 1});
      while (blocks.size() > 1 && Mean(blocks[blocks.size() - 2]) > Mean(blocks.back())) {
        const Block last = blocks.back();
        blocks.pop_back();
        blocks.back().sum += last.sum;
        blocks.back().weight += last.weight;
        blocks.back().slots += last.slots;
      }
    }
    std::size_t i = 0;
    for (const Block& block : blocks) {
      for (std::size_t k = 0; k < block.slots; ++k, ++i) {
        middles[At(layer[i])] = static_cast<int>(std::lround(Mean(block))) + offsets[i];
      }
    }
  }

  int Distance(int left, int right) const {
    return (widths_[At(left)] + widths_[At(right)]) / 2 + gap_;
  }

 private:
  template <typename Block>
  static double Mean(const Block& block) {
    return block.sum / block.weight;
  }

  const LayeredGraph& graph_;
  const std::vector<int>& widths_;
  const int gap_;
};

}  // namespace

LayeredGraph LayOut(int nodes, const std::vector<std::pair<int, int>>& edges) {
  LayeredGraph graph;
  const std::vector<int> layer = Layers(nodes, edges);
  for (int i = 0; i < nodes; ++i) graph.slots.push_back({i, layer[At(i)], {}, {}});
  std::int64_t bends = 0;
  for (const auto& [from, to] : edges) bends += layer[At(to)] - layer[At(from)] - 1;

  for (const auto& [from, to] : edges) {
    std::vector<int> path{from};
    for (int at = layer[At(from)] + 1; at < layer[At(to)] && bends <= kMostBends; ++at) {
      graph.slots.push_back({-1, at, {}, {}});
      path.push_back(static_cast<int>(graph.slots.size()) - 1);
    }
    path.push_back(to);
    for (std::size_t i = 1; i < path.size(); ++i) Connect(graph, path[i - 1], path[i]);
    graph.paths.push_back(std::move(path));
  }
  int count = 0;
  for (const auto& slot : graph.slots) count = std::max(count, slot.layer + 1);
  graph.layers.resize(At(count));
  for (std::size_t i = 0; i < graph.slots.size(); ++i) {
    graph.layers[At(graph.slots[i].layer)].push_back(static_cast<int>(i));
  }
  Orderer(graph).Order();
  return graph;
}

std::vector<int> PlaceSlots(const LayeredGraph& graph, const std::vector<int>& widths, int gap) {
  std::vector<int> middles(graph.slots.size(), 0);
  const LayerPlacer placer(graph, widths, gap);
  for (const auto& layer : graph.layers) {
    for (std::size_t i = 1; i < layer.size(); ++i) {
      middles[At(layer[i])] = middles[At(layer[i - 1])] + placer.Distance(layer[i - 1], layer[i]);
    }
  }
  for (int sweep = 0; sweep < kPlaceSweeps; ++sweep) {
    const bool down = sweep % 2 == 0;
    auto wish = [&](int slot) {
      const auto& others = down ? graph.slots[At(slot)].up : graph.slots[At(slot)].down;
      if (others.empty()) return static_cast<double>(middles[At(slot)]);
      double sum = 0;
      for (const int other : others) sum += middles[At(other)];
      return sum / static_cast<double>(others.size());
    };
    for (std::size_t k = 0; k < graph.layers.size(); ++k) {
      placer.Place(graph.layers[down ? k : graph.layers.size() - 1 - k], wish, middles);
    }
  }
  int left = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < middles.size(); ++i)
    left = std::min(left, middles[i] - widths[i] / 2);
  for (int& middle : middles) middle -= left;
  return middles;
}

}  // namespace thalweg::cli
