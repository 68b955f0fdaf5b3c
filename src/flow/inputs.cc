#include "flow/inputs.h"

#include <algorithm>
#include <utility>

namespace thalweg::flow {

void Inputs::Add(int port, Channel* channel) {
  channels_.push_back({port, channel});
  ++ports_[static_cast<std::size_t>(port)].channels;
}

void Inputs::Begin() {
  watermarks_.emplace(channels_.size());
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (IsTable(channels_[i].port)) watermarks_->SetEnded(i);
  }
}

bool Inputs::TablesReady() const {
  return std::all_of(ports_.end() - tables_, ports_.end(),
                     [](const Port& port) { return port.loaded; });
}

bool Inputs::StreamsAligned() const {
  return std::all_of(channels_.begin(), channels_.end(), [this](const Input& input) {
    return IsTable(input.port) || input.aligned || input.ended;
  });
}

bool Inputs::MayTake(const Input& input) {
  if (input.ended || input.aligned || input.channel->Empty()) return false;
  const Port& port = ports_[static_cast<std::size_t>(input.port)];
  if (IsTable(input.port)) {
    // A newer version waits until the streams have reached the end of the epoch.
    if (!port.loaded || port.frame_of || StreamsAligned()) return true;
    const auto front = input.channel->Front();
    return front && std::holds_alternative<data::Barrier>(*front);
  }
  if (!TablesReady()) return false;
  return !port.frame_of || &channels_[*port.frame_of] == &input;
}

Inputs::Next Inputs::Take() {
  if (barrier_) {
    if (auto next = CheckAligned()) return *std::move(next);
  }
  if (std::exchange(look_again_, false)) {
    if (auto next = CheckWatermark()) return *std::move(next);
  }
  for (std::size_t tried = 0; tried < channels_.size();) {
    const std::size_t index = turn_ % channels_.size();
    if (!MayTake(channels_[index])) {
      ++turn_, ++tried;
      continue;
    }
    auto element = channels_[index].channel->Pop();
    if (!element) {
      ++turn_, ++tried;
      continue;
    }
    if (auto next = Handle(index, *std::move(element))) return *std::move(next);
    tried = 0;
  }
  return {};
}

std::optional<Inputs::Next> Inputs::Handle(std::size_t index, data::Element element) {
  Input& input = channels_[index];
  Port& port = ports_[static_cast<std::size_t>(input.port)];
  if (std::holds_alternative<data::Batch>(element)) {
    if (!port.frame_of) ++turn_;
    return Next{Next::What::kElement, input.port, std::move(element)};
  }
  if (std::holds_alternative<data::FrameBegin>(element)) {
    port.frame_of = index;
    return Next{Next::What::kElement, input.port, std::move(element)};
  }
  if (std::holds_alternative<data::FrameEnd>(element)) {
    port.frame_of.reset();
    port.loaded = true;
    return Next{Next::What::kElement, input.port, std::move(element)};
  }
  if (const auto* watermark = std::get_if<data::Watermark>(&element)) {
    if (watermark->time.ns == data::Watermark::kIdle) {
      watermarks_->SetIdle(index);
    } else {
      watermarks_->Set(index, watermark->time.ns);
    }
    return CheckWatermark();
  }
  if (const auto* barrier = std::get_if<data::Barrier>(&element)) {
    input.aligned = true;
    barrier_ = barrier->epoch;
    return CheckAligned();
  }
  input.ended = true;
  watermarks_->SetEnded(index);
  look_again_ = true;
  if (++port.ended == port.channels)
    return Next{Next::What::kPortEnd, input.port, data::Element(data::End{})};
  look_again_ = false;
  return CheckWatermark();
}

std::optional<Inputs::Next> Inputs::CheckWatermark() {
  if (watermarks_->idle()) {
    if (sent_idle_) return std::nullopt;
    if (const std::int64_t last = watermarks_->Get(); last > sent_watermark_) {
      sent_watermark_ = last;
      look_again_ = true;
      return Next{Next::What::kWatermark, 0, data::Element(data::Watermark{{last}})};
    }
    sent_idle_ = true;
    return Next{Next::What::kWatermark, 0,
                data::Element(data::Watermark{{data::Watermark::kIdle}})};
  }
  const std::int64_t least = watermarks_->Get();
  if (least == INT64_MAX || (least <= sent_watermark_ && !sent_idle_)) return std::nullopt;
  if (least == INT64_MIN && !sent_idle_) return std::nullopt;
  sent_idle_ = false;
  sent_watermark_ = std::max(sent_watermark_, std::max(least, INT64_MIN + 1));
  return Next{Next::What::kWatermark, 0, data::Element(data::Watermark{{sent_watermark_}})};
}

std::optional<Inputs::Next> Inputs::CheckAligned() {
  const bool all = std::all_of(channels_.begin(), channels_.end(),
                               [](const Input& input) { return input.aligned || input.ended; });
  // When the streams have ended nothing is left to align; the task's end takes the epoch's place.
  if (!all || ended()) return std::nullopt;
  return Next{Next::What::kBarrier, 0, data::Element(data::Barrier{*barrier_}), *barrier_};
}

void Inputs::PassBarrier() {
  barrier_.reset();
  for (Input& input : channels_) input.aligned = false;
}

bool Inputs::ended() const {
  return std::all_of(ports_.begin(), ports_.end() - tables_,
                     [](const Port& port) { return port.ended == port.channels; });
}

void Inputs::Close() {
  for (Input& input : channels_) input.channel->Close();
}

std::int64_t Inputs::queued_bytes() const {
  std::int64_t bytes = 0;
  for (const Input& input : channels_) bytes += input.channel->queued_bytes();
  return bytes;
}

std::int64_t Inputs::limit() const {
  std::int64_t bytes = 0;
  for (const Input& input : channels_) bytes += input.channel->limit();
  return bytes;
}

}  // namespace thalweg::flow
