#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/graph_picture.h"

namespace thalweg::cli {
namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string DrawDot(const GraphPicture& picture) {
  std::string out =
      "digraph pipeline {\n  rankdir=TB;\n  node [shape=box, style=filled, "
      "fontname=\"sans-serif\"];\n";
  out += fmt::format("  label={};\n  labelloc=t;\n", Quote(picture.title));
  for (const auto& node : picture.nodes) {
    const PictureColors colors = ColorsOf(node);
    std::string label = Quote(node.name);
    label.insert(label.size() - 1, "\\n" + StateText(node));
    out += fmt::format("  {} [label={}, fillcolor=\"{}\", color=\"{}\"];\n", Quote(node.name),
                       label, colors.fill, colors.line);
  }
  auto name = [&](int node) { return Quote(picture.nodes[static_cast<std::size_t>(node)].name); };
  for (const auto& edge : picture.edges) {
    out += fmt::format("  {} -> {}{};\n", name(edge.from), name(edge.to),
                       edge.data ? "" : " [style=dashed]");
  }
  return out + "}\n";
}

}  // namespace thalweg::cli
