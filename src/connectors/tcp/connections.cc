#include "connectors/tcp/connections.h"

#include <atomic>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "connectors/streams/decoded_rows.h"

namespace thalweg::connectors {

using component::Polled;

std::shared_ptr<ByteQueue> Connections::Add(std::string name) {
  auto queue = std::make_shared<ByteQueue>(kQueueLimit, [this] { signal_.Set(); });
  component::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    arrived_.emplace_back(std::move(name), queue);
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
  return queue;
}

void Connections::Finish(Status status) {
  component::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    status_ = std::move(status);
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

Status Connections::TakeArrived(const component::Wake& wake, bool* finished) {
  std::vector<std::pair<std::string, std::shared_ptr<ByteQueue>>> arrived;
  {
    const std::lock_guard lock(mutex_);
    arrived.swap(arrived_);
    *finished = finished_;
    if (finished_ && !status_.ok() && arrived.empty() && open_.empty()) return status_;
    wake_ = wake;
  }
  for (auto& [name, queue] : arrived) {
    TW_ASSIGN_OR_RETURN(auto decoder, formats::MakeDecoder(decoding_));
    open_.push_back(
        std::make_unique<QueueDecoder>(std::move(name), std::move(queue), std::move(decoder)));
  }
  return Status::Ok();
}

Result<Polled> Connections::Poll(Bytes budget, const component::Wake& wake) {
  // Several may call it, the caller is told once.
  const auto called = std::make_shared<std::atomic<bool>>(false);
  const component::Wake once = [called, wake] {
    if (!called->exchange(true)) wake();
  };
  bool finished = false;
  TW_RETURN_IF_ERROR(TakeArrived(once, &finished));
  for (std::size_t tries = open_.size(); tries > 0; --tries) {
    turn_ = turn_ < open_.size() ? turn_ : 0;
    auto polled = open_[turn_]->Poll(budget, once);
    if (!polled.ok()) {
      formats::Decoded nothing;
      nothing.bad.push_back({0, {}, polled.status().message(), {}});
      TW_ASSIGN_OR_RETURN(const auto decoder, formats::MakeDecoder(decoding_));
      Polled reject = ToPolledRows(std::move(nothing), decoder->schema(), open_[turn_]->name());
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(turn_));
      signal_.Set();  // the thread lets go of a connection whose queue nobody has
      return reject;
    }
    if (polled->state == Polled::State::kEnd) {
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(turn_));
      continue;
    }
    ++turn_;
    if (polled->state == Polled::State::kBlocked) continue;
    rows_ += polled->rows->num_rows();
    return polled;
  }
  if (finished && open_.empty()) return Polled{};
  return Blocked();
}

component::Position Connections::At() const {
  return {fmt::format(R"({{"rows":{}}})", rows_)};
}

}  // namespace thalweg::connectors
