#include "cli/progress.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/bytes.h"
#include "cli/table_printer.h"

namespace thalweg::cli {

using catalog::NodeState;

namespace {

constexpr auto kBetweenRedraws = std::chrono::milliseconds(100);
/// A node that runs for longer than this gets a line where lines cannot be redrawn.
constexpr auto kLong = std::chrono::seconds(5);
/// More running nodes than this are only counted.
constexpr int kMostLines = 8;
constexpr std::size_t kNarrowestName = 12, kWidestName = 32;
constexpr int kBarCells = 12;

std::string PadRight(std::string text, std::size_t width) {
  const auto used = static_cast<std::size_t>(WidthOf(text));
  return used < width ? text + std::string(width - used, ' ') : text;
}

std::string Rows(std::int64_t rows) {
  return rows < 0 ? "" : FormatCount(rows, "row");
}

std::string Bar(double fraction) {
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarCells);
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  return fmt::format("{} {:>3.0f} %", bar, std::clamp(fraction, 0.0, 1.0) * 100);
}

/// A watermark that is further behind than this is of rows of another time: then the time itself is
/// shown.
constexpr auto kOtherTime = std::chrono::hours(24);

bool Runs(const runs::NodeEvent& event) {
  return event.state == NodeState::kRunning;
}

}  // namespace

std::string LiveText(const runs::LiveFigures& live, Instant now) {
  std::string text;
  const auto percent = [&](std::string_view what, double share) {
    if (share >= 0.005) text += fmt::format("  {} {:.0f} %", what, share * 100);
  };
  percent("busy", live.busy);
  percent("blocked", live.blocked);
  if (live.queued.value > 0) text += "  queue " + FormatBytes(live.queued);
  if (live.state.value > 0) text += "  state " + FormatBytes(live.state);
  if (live.watermark) {
    const auto lag = now - *live.watermark;
    text += lag > kOtherTime || lag < -kOtherTime
                ? "  at " + FormatInstant(*live.watermark).substr(0, 19) + "Z"
                : "  lag " + FormatDuration(std::max(lag, Instant::duration(0)));
  }
  return text;
}

Tone ToneOf(NodeState state) {
  switch (state) {
    case NodeState::kDone:
      return Tone::kGood;
    case NodeState::kReused:
      return Tone::kAccent;
    case NodeState::kWaiting:
      return Tone::kWarn;
    case NodeState::kFailed:
      return Tone::kBad;
    case NodeState::kPending:
    case NodeState::kSkipped:
    case NodeState::kCancelled:
    case NodeState::kInvalidated:
      return Tone::kDim;
    case NodeState::kRunning:
      break;
  }
  return Tone::kPlain;
}

Tone ToneOf(catalog::RunState state) {
  switch (state) {
    case catalog::RunState::kDone:
      return Tone::kGood;
    case catalog::RunState::kFailed:
      return Tone::kBad;
    case catalog::RunState::kWaiting:
      return Tone::kWarn;
    case catalog::RunState::kCancelled:
    case catalog::RunState::kInvalidated:
      return Tone::kDim;
    case catalog::RunState::kQueued:
    case catalog::RunState::kRunning:
      break;
  }
  return Tone::kPlain;
}

std::string NodeLine(const runs::NodeEvent& event, std::size_t name_width, bool color) {
  const std::string state = fmt::format("{:<9}", catalog::ToString(event.state));
  std::string line = fmt::format("  {} {}", PadRight(event.node, name_width),
                                 Paint(ToneOf(event.state), state, color));
  line += fmt::format(" {:>16}", Rows(event.rows));
  line += fmt::format(" {:>11}", event.bytes.value > 0 ? FormatBytes(event.bytes) : "");
  line += fmt::format(" {:>9}", event.wall.count() > 0 ? FormatDuration(event.wall) : "");
  std::string detail = ShowCell(event.detail);
  if (event.rejected > 0) {
    detail += fmt::format("{}{} rejected", detail.empty() ? "" : ", ", FormatCount(event.rejected));
  }
  if (event.spilled.value > 0) {
    detail += fmt::format("{}{} spilled", detail.empty() ? "" : ", ", FormatBytes(event.spilled));
  }
  if (!detail.empty()) line += "   " + Paint(Tone::kDim, detail, color);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

Progress::Progress(Console& console, const Clock& clock, Names names, bool quiet)
    : console_(console),
      clock_(clock),
      names_(std::move(names)),
      quiet_(quiet),
      name_width_(kNarrowestName) {}

Progress::~Progress() {
  End();
}

void Progress::OnRun(const catalog::RunRecord& run) {
  std::lock_guard lock(mutex_);
  if (begun_) {
    End();
    return;
  }
  begun_ = true;
  for (const auto& name : names_(run.id)) name_width_ = std::max(name_width_, name.size());
  name_width_ = std::min(name_width_, kWidestName);
  if (!quiet_) Print(fmt::format("run {} of {}\n", run.number, run.pipeline));
}

void Progress::OnNode(const runs::NodeEvent& event) {
  std::lock_guard lock(mutex_);
  const bool ran = last_.contains(event.node) && Runs(last_[event.node]);
  last_[event.node] = event;
  if (Runs(event) && !ran) running_.push_back(event.node);
  if (!Runs(event)) std::erase(running_, event.node);
  if (quiet_ || event.state == NodeState::kPending)
    return;  // below a gate: the end of the run says so

  const std::string line = NodeLine(event, name_width_, console_.err().color) + "\n";
  if (!Runs(event)) {
    Print(line);
  } else if (console_.err().redraws) {
    DrawIfDue();
  } else if (event.wall >= kLong && told_.insert(event.node).second) {
    Print(line);
  }
}

void Progress::OnMessage(const std::string& text) {
  std::lock_guard lock(mutex_);
  if (!quiet_) Print(ShowCell(text) + "\n");
}

void Progress::Print(const std::string& text) {
  if (!console_.err().redraws) {
    console_.Err(text);
    return;
  }
  above_ += text;
  DrawIfDue();
}

void Progress::DrawIfDue() {
  const auto now = clock_.Steady();
  if (now - drawn_at_ < kBetweenRedraws) return;
  drawn_at_ = now;
  Draw(running_);
}

void Progress::Draw(const std::vector<std::string>& running) {
  std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A\r\x1b[J", drawn_) : "";
  text += above_;
  above_.clear();
  drawn_ = 0;
  for (const auto& name : running) {
    ++drawn_;
    if (drawn_ > kMostLines) {
      text += fmt::format("  and {} more running\n",
                          running.size() - static_cast<std::size_t>(kMostLines));
      break;
    }
    text += RunningLine(last_[name]) + "\n";
  }
  if (!text.empty()) console_.Err(text);
}

void Progress::End() {
  if (console_.err().redraws) Draw({});
}

std::string Progress::RunningLine(const runs::NodeEvent& event) const {
  std::string line = fmt::format("  {} running  ", PadRight(event.node, name_width_));
  if (event.progress.fraction > 0) line += " " + Bar(event.progress.fraction);
  if (event.progress.rows > 0) line += "  " + Rows(event.progress.rows);
  if (event.wall.count() > 0) line += "  " + FormatDuration(event.wall);
  if (event.live) line += LiveText(*event.live, clock_.Now());
  return Cut(line, std::max(console_.err().width - 1, 20));
}

}  // namespace thalweg::cli
