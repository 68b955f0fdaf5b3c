#include "flow/testing/list_ends.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>

#include "operators/testing/operator_harness.h"

namespace thalweg::flow::testing {

namespace {

class ListReader : public component::Reader {
 public:
  ListReader(std::vector<data::Batch> batches, std::int64_t from, std::int64_t cut)
      : batches_(std::move(batches)), at_(from), cut_(cut) {}

  Result<component::Polled> Poll(Bytes, const component::Wake&) override {
    component::Polled polled;
    std::int64_t begin = 0;
    for (const auto& batch : batches_) {
      if (at_ < begin + batch->num_rows()) {
        const std::int64_t rest = begin + batch->num_rows() - at_;
        const std::int64_t count = cut_ > 0 ? std::min(cut_, rest) : rest;
        polled.state = component::Polled::State::kRows;
        polled.rows = batch->Slice(at_ - begin, count);
        at_ += count;
        return polled;
      }
      begin += batch->num_rows();
    }
    return polled;
  }
  component::Position At() const override { return {std::to_string(at_)}; }
  Status Ack(const component::Position&) override { return {}; }

 private:
  const std::vector<data::Batch> batches_;
  std::int64_t at_;
  const std::int64_t cut_;
};

}  // namespace

Result<std::vector<component::Split>> ListSource::Discover(const component::SourceState&) {
  std::vector<component::Split> splits;
  for (std::size_t i = 0; i < splits_.size(); ++i) splits.push_back({std::to_string(i), ""});
  return splits;
}

Result<std::unique_ptr<component::Reader>> ListSource::Open(const component::Split& split,
                                                            const component::Position& from) {
  return std::unique_ptr<component::Reader>(std::make_unique<ListReader>(
      splits_[std::stoul(split.name)], from.text.empty() ? 0 : std::stoll(from.text), cut_));
}

Status ListSink::Write(const data::Batch& batch) {
  std::lock_guard lock(mutex_);
  for (auto& row : operators::testing::Render(batch)) written_.push_back(std::move(row));
  return {};
}

Result<Sealed> ListSink::Seal(std::uint64_t epoch) {
  std::lock_guard lock(mutex_);
  Sealed sealed;
  sealed.rows = static_cast<std::int64_t>(written_.size());
  sealed_.emplace_back(epoch, std::exchange(written_, {}));
  return sealed;
}

void ListSink::Abort() {
  std::lock_guard lock(mutex_);
  written_.clear();
  sealed_.clear();
}

void ListSink::Commit(std::uint64_t epoch) {
  std::lock_guard lock(mutex_);
  for (auto& [sealed, rows] : sealed_) {
    if (sealed <= epoch) committed_.insert(committed_.end(), rows.begin(), rows.end());
  }
  std::erase_if(sealed_, [&](const auto& each) { return each.first <= epoch; });
}

std::vector<std::string> ListSink::Rows() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> rows = committed_;
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace thalweg::flow::testing
