#include "runs/whole_frames.h"

#include <algorithm>
#include <set>

#include "operators/frame_reader.h"

namespace thalweg::runs {

namespace {

class Walk {
 public:
  Walk(const StreamPlan& plan, const Graph& graph, std::size_t node)
      : plan_(plan), graph_(graph), node_(plan.nodes[node]) {}

  bool FramesReach(const StreamNode& node) {
    if (!above_.insert(node.index).second) return false;
    if (OfFrames(node) != nullptr) return true;
    const auto tables = GraphNodeOf(node).reads();
    return std::any_of(tables.begin(), tables.end(), [&](const InputTable& table) {
      const StreamNode* from = plan_.Find(table.node);
      return from != nullptr && FramesReach(*from);
    });
  }

  /// Whether a node behind `from` sees the parts of a frame that `node_` cuts.
  bool Cuts(const StreamNode& from) {
    if (!seen_.insert(from.index).second) return false;
    return std::any_of(plan_.nodes.begin(), plan_.nodes.end(), [&](const StreamNode& reader) {
      const auto tables = GraphNodeOf(reader).reads();
      for (std::size_t port = 0; port < tables.size(); ++port) {
        if (tables[port].node == from.index && CutsFor(reader, port, from)) return true;
      }
      return false;
    });
  }

 private:
  static const operators::FrameReader* OfFrames(const StreamNode& node) {
    return dynamic_cast<const operators::FrameReader*>(node.spec.get());
  }
  const GraphNode& GraphNodeOf(const StreamNode& node) const {
    return graph_.nodes[static_cast<std::size_t>(node.index)];
  }
  bool CutsFor(const StreamNode& reader, std::size_t port, const StreamNode& from) {
    const operators::FrameReader* of_frames = OfFrames(reader);
    if (of_frames == nullptr) return Cuts(reader);
    if (!of_frames->needs_whole_frames()) return false;
    // Between the two a column may have got another name.
    return &from != &node_ || !HasKeysOf(reader, port) || Cuts(reader);
  }
  bool HasKeysOf(const StreamNode& reader, std::size_t port) const {
    if (port >= reader.bound.partition_by.size()) return false;
    const auto& keys = reader.bound.partition_by[port];
    const auto& cut = node_.bound.partition_by[0];
    return std::all_of(cut.begin(), cut.end(), [&](const std::string& key) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    });
  }

  const StreamPlan& plan_;
  const Graph& graph_;
  const StreamNode& node_;
  std::set<int> above_, seen_;
};

}  // namespace

bool InstancesCutFrames(const StreamPlan& plan, const Graph& graph, std::size_t node) {
  Walk walk(plan, graph, node);
  return walk.FramesReach(plan.nodes[node]) && walk.Cuts(plan.nodes[node]);
}

}  // namespace thalweg::runs
