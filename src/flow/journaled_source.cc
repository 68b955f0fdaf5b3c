#include "flow/journaled_source.h"

#include <charconv>
#include <deque>
#include <utility>

#include <arrow/record_batch.h>

namespace thalweg::flow {
namespace {

class JournaledReader : public component::Reader {
 public:
  JournaledReader(std::unique_ptr<component::Reader> inner, std::unique_ptr<JournalLog> log,
                  std::deque<JournalRecord> left, std::uint64_t from)
      : inner_(std::move(inner)), log_(std::move(log)), left_(std::move(left)), at_(from) {}

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
    component::Polled polled;
    if (!left_.empty()) {
      polled.state = component::Polled::State::kRows;
      polled.rows = std::move(left_.front().rows);
      polled.rejects = std::move(left_.front().rejects);
      left_.pop_front();
      ++at_;
      return polled;
    }
    TW_ASSIGN_OR_RETURN(polled, inner_->Poll(budget, wake));
    const bool rows = polled.rows && polled.rows->num_rows() > 0;
    if (!polled.rejects.empty()) TW_RETURN_IF_ERROR(log_->Append({nullptr, polled.rejects}));
    if (rows) TW_RETURN_IF_ERROR(log_->Append({polled.rows, {}}));
    if (rows || !polled.rejects.empty()) TW_RETURN_IF_ERROR(log_->Sync());
    at_ = log_->next();
    return polled;
  }

  component::Position At() const override { return {std::to_string(at_)}; }

  Status Ack(const component::Position& durable) override {
    std::uint64_t record = 0;
    std::from_chars(durable.text.data(), durable.text.data() + durable.text.size(), record);
    return log_->Forget(record);
  }

 private:
  const std::unique_ptr<component::Reader> inner_;
  const std::unique_ptr<JournalLog> log_;
  std::deque<JournalRecord> left_;  // of before the crash
  std::uint64_t at_;
};

}  // namespace

Result<std::vector<component::Split>> JournaledSource::Discover(
    const component::SourceState& state) {
  TW_ASSIGN_OR_RETURN(auto splits, inner_->Discover(state));
  if (splits.size() > 1) return Status::Unsupported("a journal takes a source with one split only");
  return splits;
}

Result<std::unique_ptr<component::Reader>> JournaledSource::Open(const component::Split& split,
                                                                 const component::Position& from) {
  TW_ASSIGN_OR_RETURN(auto log, JournalLog::Open(files_, directory_));
  std::uint64_t first = 0;
  const auto [end, error] =
      std::from_chars(from.text.data(), from.text.data() + from.text.size(), first);
  // A position of before the source had a journal says nothing about it.
  if (error != std::errc() || end != from.text.data() + from.text.size()) first = log->next();
  if (from.text.empty()) first = 0;
  log->GoOnFrom(first);
  std::deque<JournalRecord> left;
  TW_RETURN_IF_ERROR(log->Read(first, [&](JournalRecord record) -> Status {
    left.push_back(std::move(record));
    return {};
  }));
  TW_ASSIGN_OR_RETURN(auto inner, inner_->Open(split, {}));
  return std::unique_ptr<component::Reader>(
      std::make_unique<JournaledReader>(std::move(inner), std::move(log), std::move(left), first));
}

}  // namespace thalweg::flow
