#include "flow/outputs.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/reject_rows.h"

namespace thalweg::flow {

namespace {
constexpr std::string_view kRejects = "rejects";
}  // namespace

void TapPoint::Attach(std::shared_ptr<Tap> tap) {
  std::lock_guard lock(mutex_);
  taps_.push_back(std::move(tap));
  any_ = true;
}

void TapPoint::Detach(const std::shared_ptr<Tap>& tap) {
  std::lock_guard lock(mutex_);
  std::erase(taps_, tap);
  any_ = !taps_.empty();
}

void TapPoint::OfferToAll(const data::Batch& batch) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // somebody attaches or detaches: this batch is not seen
  for (const auto& tap : taps_) tap->Offer(batch);
}

void Outputs::Send(Edge& edge, const data::Batch& batch) {
  if (edge.to.size() == 1) {
    edge.to.front()->Push(batch);
  } else if (edge.to_all) {
    for (Channel* channel : edge.to) channel->Push(batch);
  } else if (edge.router) {
    auto parts = edge.router->Split(batch);
    if (!parts.ok()) {
      if (status_.ok()) status_ = parts.status();
      return;
    }
    for (std::size_t i = 0; i < edge.to.size(); ++i) {
      if ((*parts)[i]) edge.to[i]->Push(std::move((*parts)[i]));
    }
  } else {
    edge.to[edge.next++ % edge.to.size()]->Push(batch);
  }
}

void Outputs::Emit(data::Element element) {
  if (const auto* batch = std::get_if<data::Batch>(&element)) {
    if ((*batch)->num_rows() == 0) return;
    counters_->rows_out += (*batch)->num_rows();
    counters_->bytes_out += BytesOf(*batch);
    tap_->Offer(*batch);
    for (Edge& edge : edges_) {
      if (edge.side.empty()) Send(edge, *batch);
    }
    return;
  }
  const bool frame = std::holds_alternative<data::FrameBegin>(element) ||
                     std::holds_alternative<data::FrameEnd>(element);
  if (!frame) return Broadcast(element);
  in_frame_ = std::holds_alternative<data::FrameBegin>(element);
  for (Edge& edge : edges_) {
    if (!edge.side.empty()) continue;
    for (Channel* channel : edge.to) channel->Push(element);
  }
}

void Outputs::EmitSide(std::string_view side, data::Batch batch) {
  if (batch->num_rows() == 0) return;
  (side == "late" ? counters_->late : counters_->rejected) += batch->num_rows();
  if (side == kRejects) {
    auto rows = component::OwnRejectRows(node_, batch);
    if (!rows.ok()) {
      if (status_.ok()) status_ = rows.status();
      return;
    }
    batch = *std::move(rows);
  }
  for (Edge& edge : edges_) {
    if (edge.side == side) Send(edge, batch);
  }
}

/// Never inside of a frame: two readers that have each begun another instance's frame would wait
/// for each other.
bool Outputs::Full() const {
  if (in_frame_) return false;
  return std::any_of(edges_.begin(), edges_.end(), [](const Edge& edge) {
    return std::any_of(edge.to.begin(), edge.to.end(),
                       [](const Channel* channel) { return channel->Full(); });
  });
}

void Outputs::SetTimer(component::Timer timer) {
  set_timer_(timer);
}

void Outputs::Broadcast(const data::Element& element) {
  for (Edge& edge : edges_) {
    for (Channel* channel : edge.to) channel->Push(element);
  }
}

}  // namespace thalweg::flow
