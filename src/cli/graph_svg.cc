#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/graph_layout.h"
#include "cli/graph_picture.h"

namespace thalweg::cli {
namespace {

// Pixels. Widths of text are estimates for a sans-serif face, on the safe side.
constexpr int kNameCell = 8, kStateCell = 7, kPadding = 14;
constexpr int kBoxHeight = 48, kBetweenLayers = 52, kBetweenBoxes = 28, kMargin = 20, kTitle = 34;

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

int WidthOf(const LayeredGraph::Slot& slot, const GraphPicture& picture) {
  if (slot.node < 0) return 9;
  const auto& node = picture.nodes[At(slot.node)];
  const auto text = std::max(node.name.size() * kNameCell, StateText(node).size() * kStateCell);
  return (static_cast<int>(text) + 2 * kPadding) | 1;
}

struct Point {
  int x = 0, y = 0;
};

/// A smooth line downwards through the points; vertical at each of them.
std::string Curve(const std::vector<Point>& points) {
  std::string path = fmt::format("M{} {}", points[0].x, points[0].y);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const int half = (points[i - 1].y + points[i].y) / 2;
    path += fmt::format(" C{} {} {} {} {} {}", points[i - 1].x, half, points[i].x, half,
                        points[i].x, points[i].y);
  }
  return path;
}

std::string Box(const GraphPicture::Node& node, Point top, int width) {
  const PictureColors colors = ColorsOf(node);
  const int radius = node.kind == "source" || node.kind == "target" ? 16 : 5;
  std::string out = fmt::format("<g><title>{} ({})</title>", Escape(node.name), Escape(node.kind));
  out += fmt::format(
      R"(<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}" stroke="{}" stroke-width="1.5"{}/>)",
      top.x - width / 2, top.y, width, kBoxHeight, radius, colors.fill, colors.line,
      node.kind == "gate" ? R"( stroke-dasharray="6 3")" : "");
  out += fmt::format(R"(<text x="{}" y="{}" font-weight="600" fill="#1f2328">{}</text>)", top.x,
                     top.y + 20, Escape(node.name));
  out += fmt::format(R"(<text x="{}" y="{}" font-size="12" fill="{}">{}</text></g>)", top.x,
                     top.y + 37, colors.text, Escape(StateText(node)));
  return out + "\n";
}

std::string Head(const std::string& title, int width, int height) {
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" )"
      R"(font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="14" text-anchor="middle">)"
      "\n",
      width, height);
  out +=
      R"(<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">)"
      R"(<path d="M0 0 L8 4 L0 8 z" fill="#6e7781"/></marker></defs>)"
      "\n";
  out += fmt::format("<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n", width, height);
  out += fmt::format(R"(<text x="{}" y="{}" text-anchor="start" fill="#57606a">{}</text>)", kMargin,
                     kMargin + 12, Escape(title));
  out += "\n";
  return out;
}

}  // namespace

std::string DrawSvg(const GraphPicture& picture) {
  std::vector<std::pair<int, int>> edges;
  for (const auto& edge : picture.edges) edges.emplace_back(edge.from, edge.to);
  const LayeredGraph graph = LayOut(static_cast<int>(picture.nodes.size()), edges);
  std::vector<int> widths;
  for (const auto& slot : graph.slots) widths.push_back(WidthOf(slot, picture));
  const std::vector<int> middles = PlaceSlots(graph, widths, kBetweenBoxes);

  auto top = [&](int slot) {
    return Point{kMargin + middles[At(slot)],
                 kMargin + kTitle + graph.slots[At(slot)].layer * (kBoxHeight + kBetweenLayers)};
  };
  int width = static_cast<int>(picture.title.size()) * kNameCell;
  for (std::size_t i = 0; i < widths.size(); ++i)
    width = std::max(width, middles[i] + widths[i] / 2);
  width += 2 * kMargin;
  const int layers = static_cast<int>(graph.layers.size());
  const int height =
      2 * kMargin + kTitle + std::max(0, layers * (kBoxHeight + kBetweenLayers) - kBetweenLayers);

  std::string out = Head(picture.title, width, height);
  for (std::size_t i = 0; i < graph.paths.size(); ++i) {
    std::vector<Point> points;
    for (const int slot : graph.paths[i]) {
      const Point at = top(slot);
      const bool first = points.empty(), bend = graph.slots[At(slot)].node < 0;
      if (!first) points.push_back(at);
      if (first || bend) points.push_back({at.x, at.y + kBoxHeight});
    }
    out += fmt::format(
        R"x(<path d="{}" fill="none" stroke="#6e7781" stroke-width="1.3"{} marker-end="url(#arrow)"/>)x",
        Curve(points), picture.edges[i].data ? "" : R"( stroke-dasharray="4 4")");
    out += "\n";
  }
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    out += Box(picture.nodes[i], top(static_cast<int>(i)), widths[i]);
  }
  return out + "</svg>\n";
}

}  // namespace thalweg::cli
