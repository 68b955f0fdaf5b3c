#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/graph_layout.h"
#include "cli/graph_picture.h"
#include "cli/progress.h"
#include "cli/table_printer.h"

namespace thalweg::cli {
namespace {

constexpr int kBetweenBoxes = 2;
constexpr int kBoxLines = 4;
/// A drawing with more places than this is a list.
constexpr std::size_t kMostSlots = 120;

/// A grid of terminal cells on which lines join where they meet and pass over each other where they
/// must not.
class Canvas {
 public:
  Canvas(int width, int height) : width_(width), cells_(At(width * height)) {}

  enum Side : unsigned { kUp = 1, kDown = 2, kLeft = 4, kRight = 8 };

  /// A piece of a line. Pieces of one net join; a vertical piece passes over a horizontal one of
  /// another net.
  void Add(int x, int y, unsigned sides, int net) {
    Cell& cell = CellAt(x, y);
    if (cell.sides == 0 || cell.net == net) {
      cell.sides |= sides;
      cell.net = net;
    } else if ((sides & (kUp | kDown)) != 0) {
      cell = {.sides = kUp | kDown, .net = net, .glyph = "", .tone = Tone::kPlain};
    }
  }
  void Vertical(int x, int from, int to, int net) {
    for (int y = from; y <= to; ++y) Add(x, y, kUp | kDown, net);
  }
  void Horizontal(int from, int to, int y, int net) {
    for (int x = from; x <= to; ++x)
      Add(x, y, (x > from ? kLeft : 0U) | (x < to ? kRight : 0U), net);
  }
  void Write(int x, int y, std::string_view ascii, Tone tone) {
    for (std::size_t i = 0; i < ascii.size(); ++i)
      Put(x + static_cast<int>(i), y, ascii.substr(i, 1), tone);
  }
  void Put(int x, int y, std::string_view glyph, Tone tone) {
    Cell& cell = CellAt(x, y);
    cell.glyph = glyph;
    cell.tone = tone;
  }

  std::string Text(bool color) const {
    std::string text;
    for (std::size_t begin = 0; begin < cells_.size(); begin += At(width_)) {
      std::string line;
      std::size_t end = begin + At(width_);
      while (end > begin && Blank(cells_[end - 1])) --end;
      for (std::size_t i = begin; i < end;) {
        std::size_t next = i;  // one colour code for a run of cells
        std::string run;
        for (; next < end && cells_[next].tone == cells_[i].tone; ++next)
          run += GlyphOf(cells_[next]);
        line += Paint(cells_[i].tone, run, color);
        i = next;
      }
      text += line + "\n";
    }
    return text;
  }

 private:
  struct Cell {
    unsigned sides = 0;
    int net = -1;
    std::string glyph;
    Tone tone = Tone::kPlain;
  };
  Cell& CellAt(int x, int y) { return cells_[At(y * width_ + x)]; }
  static bool Blank(const Cell& cell) {
    return cell.sides == 0 && (cell.glyph.empty() || cell.glyph == " ");
  }
  static std::string GlyphOf(const Cell& cell) {
    static constexpr const char* kLines[16] = {" ", "│", "│", "│", "─", "┘", "┐", "┤",
                                               "─", "└", "┌", "├", "─", "┴", "┬", "┼"};
    return cell.glyph.empty() ? kLines[cell.sides] : cell.glyph;
  }

  const int width_;
  std::vector<Cell> cells_;
};

/// All edges that leave one slot, between its layer and the next.
struct Net {
  int source = 0;            // column
  std::vector<int> targets;  // columns
  int track = -1;            // -1: a straight line
  int left() const { return std::min(source, *std::min_element(targets.begin(), targets.end())); }
  int right() const { return std::max(source, *std::max_element(targets.begin(), targets.end())); }
  bool straight() const { return targets.size() == 1 && targets[0] == source; }
};

/// Gives every net between two layers a line of its own where it runs sideways, so that none lies
/// on another.
class Channel {
 public:
  explicit Channel(std::vector<Net> nets)
      : nets_(std::move(nets)), state_(nets_.size(), State::kOpen) {
    for (std::size_t i = 0; i < nets_.size(); ++i) Assign(i);
  }
  const std::vector<Net>& nets() const { return nets_; }
  int tracks() const { return static_cast<int>(spans_.size()); }

 private:
  enum class State { kOpen, kBusy, kDone };

  /// A net whose start lies above an end of this one turns off before this one comes in.
  void Assign(std::size_t i) {
    if (state_[i] != State::kOpen) return;
    state_[i] = State::kBusy;
    int least = 0;
    for (std::size_t other = 0; other < nets_.size(); ++other) {
      const auto& targets = nets_[i].targets;
      if (other == i ||
          std::find(targets.begin(), targets.end(), nets_[other].source) == targets.end())
        continue;
      Assign(other);
      least = std::max(least, nets_[other].track + 1);
    }
    state_[i] = State::kDone;
    if (nets_[i].straight()) return;
    nets_[i].track = FreeTrack(least, nets_[i].left(), nets_[i].right());
  }

  int FreeTrack(int least, int left, int right) {
    for (int track = least;; ++track) {
      if (track >= tracks()) spans_.resize(At(track) + 1);
      auto& spans = spans_[At(track)];
      const bool free = std::none_of(spans.begin(), spans.end(), [&](const auto& span) {
        return left <= span.second + 1 && span.first <= right + 1;
      });
      if (!free) continue;
      spans.emplace_back(left, right);
      return track;
    }
  }

  std::vector<Net> nets_;
  std::vector<State> state_;
  std::vector<std::vector<std::pair<int, int>>> spans_;
};

class Drawing {
 public:
  explicit Drawing(const GraphPicture& picture) : picture_(picture) {
    std::vector<std::pair<int, int>> edges;
    for (const auto& edge : picture.edges) edges.emplace_back(edge.from, edge.to);
    graph_ = LayOut(static_cast<int>(picture.nodes.size()), edges);
    if (graph_.slots.size() > kMostSlots) return;
    for (const auto& slot : graph_.slots) widths_.push_back(WidthOfSlot(slot));
    middles_ = PlaceSlots(graph_, widths_, kBetweenBoxes);
    for (std::size_t i = 0; i < middles_.size(); ++i)
      width_ = std::max(width_, middles_[i] + widths_[i] / 2 + 1);
  }

  /// 0: too much for a drawing.
  int width() const { return width_; }

  std::string Text(bool color) const {
    std::vector<Channel> channels;
    int height = 0;
    for (std::size_t layer = 0; layer < graph_.layers.size(); ++layer) {
      channels.emplace_back(NetsBelow(layer));
      height += kBoxLines + channels.back().tracks() + 1;
    }
    Canvas canvas(width_, height);
    int y = 0;
    for (std::size_t layer = 0; layer < graph_.layers.size(); ++layer) {
      for (const int slot : graph_.layers[layer]) DrawSlot(canvas, slot, y);
      y += kBoxLines;
      DrawChannel(canvas, channels[layer], y);
      y += channels[layer].tracks() + 1;
      if (layer + 1 < graph_.layers.size()) DrawArrows(canvas, layer + 1, y - 1);
    }
    std::string text = canvas.Text(color);
    text.erase(text.find_last_not_of('\n') + 2);
    return text;
  }

 private:
  const GraphPicture::Node& NodeOf(int slot) const {
    return picture_.nodes[At(graph_.slots[At(slot)].node)];
  }
  bool IsBend(int slot) const { return graph_.slots[At(slot)].node < 0; }

  int WidthOfSlot(const LayeredGraph::Slot& slot) const {
    if (slot.node < 0) return 1;
    const auto& node = picture_.nodes[At(slot.node)];
    const std::size_t text = std::max(node.name.size(), StateText(node).size()) + 4;
    return static_cast<int>(std::max(text, 2 * slot.up.size() + 3)) | 1;
  }

  /// Where edges come in: a column for each, in the order of their starts, not below the start of
  /// another net.
  std::map<int, int> PortsOf(int slot, const std::set<int>& starts) const {
    std::vector<int> from = graph_.slots[At(slot)].up;
    std::sort(from.begin(), from.end(),
              [&](int a, int b) { return middles_[At(a)] < middles_[At(b)]; });
    from.erase(std::unique(from.begin(), from.end()), from.end());
    std::map<int, int> ports;
    std::set<int> used;
    int column = middles_[At(slot)] - static_cast<int>(from.size()) + 1;
    for (const int source : from) {
      int port = column;
      if (!IsBend(slot)) {
        for (const int candidate : {column, column + 1, column - 1}) {
          const bool other = starts.contains(candidate) && candidate != middles_[At(source)];
          if (other || used.contains(candidate)) continue;
          port = candidate;
          break;
        }
      }
      ports[source] = port;
      used.insert(port);
      column += 2;
    }
    return ports;
  }

  std::set<int> StartsIn(std::size_t layer) const {
    std::set<int> starts;
    for (const int slot : graph_.layers[layer]) {
      if (!graph_.slots[At(slot)].down.empty()) starts.insert(middles_[At(slot)]);
    }
    return starts;
  }

  std::vector<Net> NetsBelow(std::size_t layer) const {
    std::vector<Net> nets;
    if (layer + 1 == graph_.layers.size()) return nets;
    std::map<int, Net> by_source;
    const std::set<int> starts = StartsIn(layer);
    for (const int slot : graph_.layers[layer + 1]) {
      for (const auto& [source, port] : PortsOf(slot, starts)) {
        Net& net = by_source[source];
        net.source = middles_[At(source)];
        net.targets.push_back(port);
      }
    }
    for (const int slot : graph_.layers[layer]) {
      if (const auto it = by_source.find(slot); it != by_source.end()) nets.push_back(it->second);
    }
    return nets;
  }

  void DrawSlot(Canvas& canvas, int slot, int y) const {
    const int middle = middles_[At(slot)];
    if (IsBend(slot)) {
      canvas.Vertical(middle, y, y + kBoxLines - 1, slot);
      return;
    }
    const int left = middle - widths_[At(slot)] / 2, right = middle + widths_[At(slot)] / 2,
              bottom = y + kBoxLines - 1;
    canvas.Horizontal(left, right, y, slot);
    canvas.Horizontal(left, right, bottom, slot);
    for (const int x : {left, right}) {
      canvas.Add(x, y, Canvas::kDown, slot);
      canvas.Vertical(x, y + 1, bottom - 1, slot);
      canvas.Add(x, bottom, Canvas::kUp, slot);
    }
    if (!graph_.slots[At(slot)].down.empty()) canvas.Add(middle, bottom, Canvas::kDown, slot);
    const auto& node = NodeOf(slot);
    canvas.Write(left + 2, y + 1, node.name, Tone::kBold);
    canvas.Write(left + 2, y + 2, StateText(node), node.state ? ToneOf(*node.state) : Tone::kDim);
  }

  static void DrawChannel(Canvas& canvas, const Channel& channel, int y) {
    const int bottom = y + channel.tracks();
    int id = 0;
    for (const Net& net : channel.nets()) {
      --id;  // nets of a channel: below zero, to differ from boxes
      if (net.straight()) {
        canvas.Vertical(net.source, y, bottom, id);
        continue;
      }
      const int track = y + net.track;
      canvas.Horizontal(net.left(), net.right(), track, id);
      canvas.Vertical(net.source, y, track - 1, id);
      canvas.Add(net.source, track, Canvas::kUp, id);
      for (const int target : net.targets) {
        canvas.Add(target, track, Canvas::kDown, id);
        canvas.Vertical(target, track + 1, bottom, id);
      }
    }
  }

  void DrawArrows(Canvas& canvas, std::size_t layer, int y) const {
    const std::set<int> starts = StartsIn(layer - 1);
    for (const int slot : graph_.layers[layer]) {
      if (IsBend(slot)) continue;
      for (const auto& [source, port] : PortsOf(slot, starts))
        canvas.Put(port, y, "▼", Tone::kPlain);
    }
  }

  const GraphPicture& picture_;
  LayeredGraph graph_;
  std::vector<int> widths_, middles_;
  int width_ = 0;
};

/// For graphs that no terminal can draw: a line for each node, with what it reads.
std::string DrawList(const GraphPicture& picture, int width, bool color) {
  std::string text;
  TablePrinter table({{"node"}, {"kind"}, {"state"}, {"rows", true}, {"reads"}},
                     {.lines = false, .color = color, .width = width},
                     [&text](std::string_view line) { text += line; });
  std::vector<std::vector<std::string>> reads(picture.nodes.size());
  for (const auto& edge : picture.edges) {
    const std::string& from = picture.nodes[At(edge.from)].name;
    reads[At(edge.to)].push_back(edge.data ? from : "after " + from);
  }
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    const auto& node = picture.nodes[i];
    table.Add({node.name, node.kind, std::string(node.state ? catalog::ToString(*node.state) : ""),
               node.rows < 0 ? "" : (node.rows_exact ? "" : "<= ") + FormatCount(node.rows),
               fmt::format("{}", fmt::join(reads[i], ", "))});
  }
  table.Finish();
  return text;
}

}  // namespace

std::string DrawText(const GraphPicture& picture, int width, bool color) {
  const Drawing drawing(picture);
  if (drawing.width() == 0 || drawing.width() > width) return DrawList(picture, width, color);
  return drawing.Text(color);
}

}  // namespace thalweg::cli
