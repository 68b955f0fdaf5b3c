#include "flow/epochs.h"

#include <utility>

namespace thalweg::flow {

std::uint64_t Epochs::Request() {
  open_ = std::exchange(late_, {});
  open_->epoch = next_++;
  acked_.clear();
  return open_->epoch;
}

void Epochs::Merge(EpochParts* into, int step, int instance, TaskPart part) {
  for (auto& [split, position] : part.positions) into->positions[step][split] = std::move(position);
  into->states.push_back({step, instance, std::move(part.state)});
  Sealed& sealed = into->sealed[step];
  for (auto& file : part.sealed.files) sealed.files.push_back(std::move(file));
  for (auto& receipt : part.sealed.receipts) sealed.receipts.push_back(std::move(receipt));
  sealed.rows += part.sealed.rows;
}

void Epochs::Ack(int task, int step, int instance, std::uint64_t epoch, TaskPart part) {
  if (!open_ || open_->epoch != epoch) return;  // a table's, after everything else has ended
  acked_.insert(task);
  Merge(&*open_, step, instance, std::move(part));
}

void Epochs::Ended(int task, int step, int instance, TaskPart part) {
  ended_.insert(task);
  const bool to_open = open_ && acked_.insert(task).second;
  Merge(to_open ? &*open_ : &late_, step, instance, std::move(part));
}

std::optional<EpochParts> Epochs::TakeComplete() {
  if (open_) {
    std::set<int> done = acked_;
    done.insert(ended_.begin(), ended_.end());
    if (static_cast<int>(done.size()) < tasks_ && !all_ended()) return std::nullopt;
    return std::exchange(open_, std::nullopt);
  }
  if (!all_ended() || std::exchange(last_taken_, true)) return std::nullopt;
  EpochParts last = std::exchange(late_, {});
  last.epoch = next_++;
  last.last = true;
  return last;
}

}  // namespace thalweg::flow
