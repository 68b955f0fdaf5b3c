#include "cli/graph_picture.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace thalweg::cli {

using catalog::NodeState;

std::string StateText(const GraphPicture::Node& node) {
  if (!node.state) return node.kind;
  std::string text(catalog::ToString(*node.state));
  if (node.rows >= 0)
    text += fmt::format(", {}{}", node.rows_exact ? "" : "<= ", FormatCount(node.rows, "row"));
  return text;
}

PictureColors ColorsOf(const GraphPicture::Node& node) {
  if (!node.state) return {"#f6f8fa", "#8c959f", "#57606a"};
  switch (*node.state) {
    case NodeState::kDone:
      return {"#e6f6ea", "#2da44e", "#116329"};
    case NodeState::kReused:
      return {"#e7f3fb", "#3182bd", "#0a4a78"};
    case NodeState::kWaiting:
      return {"#fff6d6", "#bf8700", "#7d5800"};
    case NodeState::kFailed:
      return {"#ffebe9", "#cf222e", "#a40e26"};
    case NodeState::kRunning:
      return {"#f3ecfd", "#8250df", "#512a97"};
    case NodeState::kPending:
    case NodeState::kSkipped:
    case NodeState::kCancelled:
    case NodeState::kInvalidated:
      break;
  }
  return {"#f6f8fa", "#8c959f", "#57606a"};
}

}  // namespace thalweg::cli
