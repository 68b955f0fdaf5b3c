#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/columns.h"
#include "operators/event_time.h"
#include "operators/join_plan.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/row_store.h"
#include "operators/state_rows.h"
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {
namespace {

constexpr std::size_t kLeft = 0, kRight = 1;
constexpr std::size_t kRowsPerBatch = 16384;
constexpr std::size_t kFewKeys = 1024;

/// Left rows wait until the watermark has passed them: then no right row that could be theirs is
/// still to come. Of the right rows that the watermark has passed, the last of each key stays.
class AsofJoin : public QueuedOperator {
 public:
  explicit AsofJoin(std::shared_ptr<const JoinPlan> plan)
      : plan_(std::move(plan)),
        stores_{RowStore("left", plan_->inputs[kLeft].schema),
                RowStore("right", plan_->inputs[kRight].schema)},
        keys_(KeyTable::Make(*plan_->inputs[kLeft].schema, plan_->on).value()) {}

  Status Snapshot(component::SnapshotWriter& writer) override {
    TW_RETURN_IF_ERROR(WriteWatermark(writer, watermark_));
    for (RowStore& store : stores_) TW_RETURN_IF_ERROR(store.Snapshot(writer));
    return {};
  }

  // Which inputs have ended is no state: the flow says it again.
  Status Restore(component::SnapshotReader& reader) override {
    TW_RETURN_IF_ERROR(ReadWatermark(reader, context().groups, &watermark_));
    for (const std::size_t side : {kLeft, kRight}) {
      const Status read = stores_[side].Restore(
          reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
            const data::Batch one = row.batch->Slice(row.row, 1);
            std::vector<std::int64_t> scratch;
            Keep(side, Slots(one)[0], Times(side, *one, &scratch)[0], id);
            return {};
          });
      TW_RETURN_IF_ERROR(read);
    }
    return {};
  }

 protected:
  Status OnBatch(int port, const data::Batch& batch) override {
    const auto side = static_cast<std::size_t>(port);
    const std::vector<std::uint32_t> slots = Slots(batch);
    std::vector<std::int64_t> scratch;
    const std::vector<std::int64_t> times = Times(side, *batch, &scratch);
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto i = static_cast<std::size_t>(row);
      const bool no_time = batch->column(plan_->inputs[side].time)->IsNull(row);
      if (no_time || (HasNullKey(*batch, row) && (side == kRight || plan_->inner))) {
        EmitSide("rejects", AsOutput(*plan_, side, batch->Slice(row, 1)));
      } else if (times[i] < watermark_) {
        EmitSide("late", AsOutput(*plan_, side, batch->Slice(row, 1)));
      } else {
        Keep(side, slots[i], times[i], stores_[side].Add({batch, row}, keys_.KeyGroup(slots[i])));
      }
    }
    return {};
  }

  Status OnWatermark(data::EventTime time) override {
    watermark_ = std::max(watermark_, time.ns);
    TW_RETURN_IF_ERROR(EmitUpTo(watermark_));
    Forget();
    return QueuedOperator::OnWatermark(time);
  }

  Status OnEnd(int) override {
    if (++ended_ < 2) return {};
    return EmitUpTo(std::nullopt);
  }

 private:
  struct Waiting {
    std::uint32_t slot;
    std::int64_t id;
  };

  std::vector<std::uint32_t> Slots(const data::Batch& batch) {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_.MapKeys(*KeyColumns(*batch, plan_->on), slots.data());
    rights_.resize(std::max(rights_.size(), keys_.size()));
    return slots;
  }
  std::vector<std::int64_t> Times(std::size_t side, const arrow::RecordBatch& batch,
                                  std::vector<std::int64_t>* scratch) const {
    const JoinPlan::Input& input = plan_->inputs[side];
    const std::int64_t* values = WideValues(*batch.column_data(input.time), scratch);
    std::vector<std::int64_t> times(values, values + batch.num_rows());
    for (std::int64_t& value : times) value = ToNanoseconds(value, input.ns_per_unit);
    return times;
  }
  bool HasNullKey(const arrow::RecordBatch& batch, std::int64_t row) const {
    return std::any_of(plan_->on.begin(), plan_->on.end(), [&](const std::string& name) {
      return batch.GetColumnByName(name)->IsNull(row);
    });
  }

  void Keep(std::size_t side, std::uint32_t slot, std::int64_t time, std::int64_t id) {
    if (side == kLeft) {
      waiting_.emplace(time, Waiting{slot, id});
      return;
    }
    // Of right rows with the same key and time the last one counts.
    const auto [found, fresh] = rights_[slot].emplace(time, id);
    if (!fresh) {
      stores_[kRight].Remove(found->second);
      found->second = id;
      return;
    }
    passing_.emplace(time, slot);
    if (plan_->tolerance) expiring_.emplace(SaturatingAdd(time, *plan_->tolerance), slot);
  }

  /// Joins left rows before `end` (none: all), in the order of time.
  Status EmitUpTo(std::optional<std::int64_t> end) {
    std::vector<RowRef> left, right;
    std::vector<std::int64_t> done;
    const auto flush = [&]() -> Status {
      TW_RETURN_IF_ERROR(EmitPairs(left, right));
      left.clear(), right.clear();
      for (const std::int64_t id : done) stores_[kLeft].Remove(id);
      done.clear();
      return {};
    };
    auto next = waiting_.begin();
    for (; next != waiting_.end() && (!end || next->first < *end); ++next) {
      const RowRef& row = stores_[kLeft].at(next->second.id);
      const std::optional<std::int64_t> partner = Partner(next->first, next->second.slot, row);
      done.push_back(next->second.id);
      if (partner || !plan_->inner) {
        left.push_back(row);
        right.push_back(partner ? stores_[kRight].at(*partner) : RowRef{});
      }
      if (done.size() == kRowsPerBatch) TW_RETURN_IF_ERROR(flush());
    }
    waiting_.erase(waiting_.begin(), next);
    return flush();
  }

  std::optional<std::int64_t> Partner(std::int64_t time, std::uint32_t slot,
                                      const RowRef& row) const {
    if (HasNullKey(*row.batch, row.row)) return std::nullopt;  // equals nothing
    const auto& rights = rights_[slot];
    auto found = rights.upper_bound(time);
    if (found == rights.begin()) return std::nullopt;
    --found;
    if (plan_->tolerance && SaturatingAdd(found->first, *plan_->tolerance) < time)
      return std::nullopt;
    return found->second;
  }

  /// Right rows that no left row can ask for any more, then keys without rows.
  void Forget() {
    auto passed = passing_.begin();
    for (; passed != passing_.end() && passed->first < watermark_; ++passed)
      Erase(passed->second, rights_[passed->second].lower_bound(passed->first));
    passing_.erase(passing_.begin(), passed);
    auto expired = expiring_.begin();
    for (; expired != expiring_.end() && expired->first < watermark_; ++expired) {
      Erase(expired->second,
            rights_[expired->second].upper_bound(expired->first - *plan_->tolerance));
    }
    expiring_.erase(expiring_.begin(), expired);
    ForgetKeys();
  }

  void Erase(std::uint32_t slot, std::map<std::int64_t, std::int64_t>::iterator end) {
    auto& rights = rights_[slot];
    for (auto row = rights.begin(); row != end; ++row) stores_[kRight].Remove(row->second);
    rights.erase(rights.begin(), end);
  }

  /// Numbers of keys are given anew when most of them have no rows left.
  void ForgetKeys() {
    if (keys_.size() < kFewKeys ||
        stores_[kLeft].size() + stores_[kRight].size() > keys_.size() / 2) {
      return;
    }
    std::vector<std::uint8_t> lives(rights_.size(), 0);
    for (std::size_t slot = 0; slot < rights_.size(); ++slot) lives[slot] = !rights_[slot].empty();
    for (const auto& [time, row] : waiting_) lives[row.slot] = 1;
    std::vector<std::uint32_t> kept, now(rights_.size(), KeyTable::kAbsent);
    std::vector<std::map<std::int64_t, std::int64_t>> rights;
    for (std::uint32_t slot = 0; slot < lives.size(); ++slot) {
      if (lives[slot] == 0) continue;
      now[slot] = static_cast<std::uint32_t>(kept.size());
      kept.push_back(slot);
      rights.push_back(std::move(rights_[slot]));
    }
    rights_ = std::move(rights);
    keys_.Keep(kept);
    for (auto& [time, row] : waiting_) row.slot = now[row.slot];
    for (auto* queue : {&passing_, &expiring_}) {
      for (auto entry = queue->begin(); entry != queue->end();) {
        entry->second = now[entry->second];
        entry = entry->second == KeyTable::kAbsent ? queue->erase(entry) : std::next(entry);
      }
    }
  }

  Status EmitPairs(const std::vector<RowRef>& left, const std::vector<RowRef>& right) {
    if (left.empty()) return {};
    TW_ASSIGN_OR_RETURN(const data::Batch lefts, GatherRows(plan_->inputs[kLeft].schema, left));
    TW_ASSIGN_OR_RETURN(const data::Batch rights, GatherRows(plan_->inputs[kRight].schema, right));
    Arrays columns;
    for (std::size_t c = 0; c < plan_->inputs[kLeft].columns.size(); ++c) {
      const int at = plan_->inputs[kLeft].columns[c];
      columns.push_back(at >= 0 ? lefts->column(at)
                                : rights->column(plan_->inputs[kRight].columns[c]));
    }
    Emit(MakeRows(plan_->output, static_cast<std::int64_t>(left.size()), std::move(columns)));
    return {};
  }

  const std::shared_ptr<const JoinPlan> plan_;
  std::array<RowStore, 2> stores_;
  KeyTable keys_;
  std::multimap<std::int64_t, Waiting> waiting_;              // left rows by time
  std::vector<std::map<std::int64_t, std::int64_t>> rights_;  // by key: time -> row
  std::multimap<std::int64_t, std::uint32_t> passing_;        // right rows: time -> key
  std::multimap<std::int64_t, std::uint32_t> expiring_;       // time + tolerance -> key
  std::int64_t watermark_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t ended_ = 0;
};

}  // namespace

std::unique_ptr<component::Operator> MakeAsofJoin(std::shared_ptr<const JoinPlan> plan) {
  return std::make_unique<AsofJoin>(std::move(plan));
}

}  // namespace thalweg::operators
