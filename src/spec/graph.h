#pragma once

#include <vector>

namespace thalweg::spec {

/// One cycle of a directed graph as the nodes along it, the smallest first; empty when there is
/// none. edges[i] are the nodes that i leads to. The same graph gives the same cycle. Does not
/// recurse: chains may be long.
std::vector<int> FindCycle(const std::vector<std::vector<int>>& edges);

}  // namespace thalweg::spec
