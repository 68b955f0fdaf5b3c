#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "component/operator.h"
#include "flow/channel.h"
#include "flow/counters.h"
#include "flow/key_router.h"
#include "flow/tap.h"

namespace thalweg::flow {

/// The taps of one step, shared by its tasks. Thread-safe; free when nobody looks.
class TapPoint {
 public:
  void Attach(std::shared_ptr<Tap> tap);
  void Detach(const std::shared_ptr<Tap>& tap);
  void Offer(const data::Batch& batch) {
    if (any_.load(std::memory_order_relaxed)) OfferToAll(batch);
  }

 private:
  void OfferToAll(const data::Batch& batch);
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Tap>> taps_;
};

/// Where one task's elements go: rows to the instance of each reader that owns them, everything
/// else to all. One task's thread.
class Outputs : public component::Output {
 public:
  struct Edge {
    std::string side;
    std::vector<Channel*> to;         ///< one per instance of the reader
    std::optional<KeyRouter> router;  ///< none, and several readers: whole batches in turn
    bool to_all = false;              ///< tables: every instance gets all rows
    std::size_t next = 0;
  };
  /// `node`: for rows that it rejects.
  Outputs(std::string node, TaskCounters* counters, TapPoint* tap)
      : node_(std::move(node)), counters_(counters), tap_(tap) {}
  void Add(Edge edge) { edges_.push_back(std::move(edge)); }
  void set_timer(std::function<void(component::Timer)> set) { set_timer_ = std::move(set); }

  void Emit(data::Element element) override;
  void EmitSide(std::string_view side, data::Batch batch) override;
  bool Full() const override;
  void SetTimer(component::Timer timer) override;

  /// To every reader of every output: watermarks, barriers, the end.
  void Broadcast(const data::Element& element);
  /// The first failure of cutting a batch; emitting itself cannot fail.
  const Status& status() const { return status_; }

 private:
  void Send(Edge& edge, const data::Batch& batch);

  const std::string node_;
  TaskCounters* const counters_;
  TapPoint* const tap_;
  std::vector<Edge> edges_;
  std::function<void(component::Timer)> set_timer_;
  Status status_;
  bool in_frame_ = false;  ///< a frame was begun and not ended
};

}  // namespace thalweg::flow
