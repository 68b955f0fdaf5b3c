#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/console.h"
#include "runs/observer.h"

namespace thalweg::cli {

/// How a state looks: its name, padded, in its colour.
Tone ToneOf(catalog::NodeState state);
Tone ToneOf(catalog::RunState state);

/// "  flights      done        336,776 rows   12.3 MiB    1.1 s   why". Figures that are not known
/// are left out.
std::string NodeLine(const runs::NodeEvent& event, std::size_t name_width, bool color);

/// "  busy 43 %  blocked 2 %  queue 12 KiB  state 3 MiB  lag 5 s": what a node of a stream does, as
/// far as there is something to say. Rows of long ago have their time in place of the lag.
std::string LiveText(const runs::LiveFigures& live, Instant now);

/// Shows a run as it goes on stderr. On a terminal: a line for each node that has ended, below them
/// a line for each that runs, redrawn at most ten times a second. Elsewhere: a line for each node
/// that has ended, and one for a node that has been running for a while. Thread-safe.
class Progress : public runs::RunObserver {
 public:
  /// `names` is called once, when the run begins and before anything is printed: the nodes in plan
  /// order, for the width of the first column.
  using Names = std::function<std::vector<std::string>(const RunId& run)>;
  Progress(Console& console, const Clock& clock, Names names, bool quiet);
  /// Takes the lines of running nodes away.
  ~Progress() override;

  void OnRun(const catalog::RunRecord& run) override;
  void OnNode(const runs::NodeEvent& event) override;
  void OnMessage(const std::string& text) override;

  /// The last event of each node. When nothing runs any more.
  const std::map<std::string, runs::NodeEvent>& last_events() const { return last_; }

 private:
  void Print(const std::string& text);
  void DrawIfDue();
  void Draw(const std::vector<std::string>& running);
  void End();
  std::string RunningLine(const runs::NodeEvent& event) const;

  Console& console_;
  const Clock& clock_;
  const Names names_;
  const bool quiet_;
  std::mutex mutex_;
  std::size_t name_width_ = 0;
  bool begun_ = false;
  std::map<std::string, runs::NodeEvent> last_;
  std::vector<std::string> running_;  // in order of their start
  std::set<std::string> told_;        // plain lines: nodes of which it was said that they run
  std::string above_;                 // lines that stay, not yet drawn
  int drawn_ = 0;                     // lines below that can be taken back
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace thalweg::cli
