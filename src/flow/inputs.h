#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/element.h"
#include "flow/channel.h"
#include "flow/event_time.h"

namespace thalweg::flow {

/// The channels that one task reads: takes turns, aligns barriers, merges watermarks and ends, and
/// keeps frames whole. One task's thread.
class Inputs {
 public:
  /// `tables`: how many of the last ports carry tables (component::OperatorSpec::tables).
  Inputs(int ports, int tables) : ports_(static_cast<std::size_t>(ports)), tables_(tables) {}
  void Add(int port, Channel* channel);
  /// After the last Add.
  void Begin();

  struct Next {
    enum class What {
      kNothing,    ///< wait until a channel has something
      kElement,    ///< a batch or a frame's begin or end, from `port`
      kWatermark,  ///< the least over all inputs has moved: `element` is it (or Watermark::kIdle)
      kBarrier,    ///< it has come on every input
      kPortEnd,    ///< all inputs of `port` have ended
    };
    What what = What::kNothing;
    int port = 0;
    data::Element element;
    std::uint64_t epoch = 0;
  };
  Next Take();
  /// The barrier that Take gave has been dealt with: what lies behind it may come.
  void PassBarrier();
  /// Every port that is no table has ended.
  bool ended() const;
  void Close();
  std::int64_t queued_bytes() const;
  std::int64_t limit() const;

 private:
  struct Input {
    int port = 0;
    Channel* channel = nullptr;
    bool aligned = false, ended = false;
  };
  bool IsTable(int port) const { return port >= static_cast<int>(ports_.size()) - tables_; }
  bool MayTake(const Input& input);
  bool TablesReady() const;
  bool StreamsAligned() const;
  std::optional<Next> Handle(std::size_t index, data::Element element);
  std::optional<Next> CheckAligned();
  std::optional<Next> CheckWatermark();

  struct Port {
    int channels = 0, ended = 0;
    std::optional<std::size_t> frame_of;  ///< the channel whose frame is open
    bool loaded = false;                  ///< tables: the first version has come
  };
  std::vector<Port> ports_;
  const int tables_;
  std::vector<Input> channels_;
  std::optional<LeastWatermark> watermarks_;
  std::int64_t sent_watermark_ = INT64_MIN;
  bool sent_idle_ = false;
  bool look_again_ = false;  ///< the least may be greater: an input has ended, or all are idle
  std::optional<std::uint64_t> barrier_;  ///< some input has reached it
  std::size_t turn_ = 0;
};

}  // namespace thalweg::flow
