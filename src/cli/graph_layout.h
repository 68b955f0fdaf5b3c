#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace thalweg::cli {

/// Numbers of nodes, slots and layers are int; as a place in a vector.
inline std::size_t At(int number) {
  return static_cast<std::size_t>(number);
}

/// A directed graph without cycles in layers, for drawing: every edge leads from a layer to a later
/// one.
struct LayeredGraph {
  /// A place in a layer: a node, or a bend where an edge passes through a layer.
  struct Slot {
    int node = -1;  ///< -1: a bend
    int layer = 0;
    std::vector<int> up, down;  ///< slots that edges come from and lead to
  };
  std::vector<Slot> slots;               ///< the nodes first, by their number
  std::vector<std::vector<int>> layers;  ///< slots from left to right
  std::vector<std::vector<int>> paths;   ///< of each edge: slots from its start to its end
};

/// Longest-path layers, bends for edges across several layers, and an order within the layers that
/// keeps crossings few (barycenters; Sugiyama, Tagawa, Toda 1981). The same input gives the same
/// picture.
LayeredGraph LayOut(int nodes, const std::vector<std::pair<int, int>>& edges);

/// The middle of every slot from the left: slots of a layer keep their order and at least `gap`
/// between them, and come as near as they can to what they are connected to. `widths` are odd, so
/// that middles are whole numbers.
std::vector<int> PlaceSlots(const LayeredGraph& graph, const std::vector<int>& widths, int gap);

}  // namespace thalweg::cli
