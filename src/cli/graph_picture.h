#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/records.h"

namespace thalweg::cli {

/// What is drawn of a pipeline: its nodes, and what became of them in the last run.
struct GraphPicture {
  struct Node {
    std::string name, kind;
    std::optional<catalog::NodeState> state;  ///< none: not in the last run
    std::int64_t rows = -1;
    bool rows_exact = true;  ///< false: at most so many
  };
  struct Edge {
    int from = 0, to = 0;
    bool data = true;  ///< false: `after`, which only orders
  };
  std::string title;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

/// "done, 336,776 rows"; the kind where there was no run.
std::string StateText(const GraphPicture::Node& node);

struct PictureColors {
  std::string_view fill, line, text;
};
PictureColors ColorsOf(const GraphPicture::Node& node);

/// Boxes and lines in layers from top to bottom; a list in the order of the nodes where the picture
/// would be wider than `width` cells or would have too many lines to follow.
std::string DrawText(const GraphPicture& picture, int width, bool color);
/// For Graphviz.
std::string DrawDot(const GraphPicture& picture);
std::string DrawSvg(const GraphPicture& picture);

}  // namespace thalweg::cli
