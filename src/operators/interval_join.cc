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
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {
namespace {

/// Pairs of rows of two inputs whose times are close. Each row meets the kept rows of the other
/// side when it comes, so each pair is made once, by its second row.
class IntervalJoin : public QueuedOperator {
 public:
  explicit IntervalJoin(std::shared_ptr<const JoinPlan> plan)
      : plan_(std::move(plan)),
        stores_{RowStore("left", plan_->inputs[0].schema),
                RowStore("right", plan_->inputs[1].schema)},
        keys_{KeyTable::Make(*plan_->inputs[0].schema, plan_->on).value(),
              KeyTable::Make(*plan_->inputs[1].schema, plan_->on).value()},
        shared_(KeyTable::Make(*plan_->inputs[0].schema, plan_->on).value()) {}

  Status Snapshot(component::SnapshotWriter& writer) override {
    TW_RETURN_IF_ERROR(WriteWatermark(writer, watermark_));
    for (RowStore& store : stores_) TW_RETURN_IF_ERROR(store.Snapshot(writer));
    return {};
  }

  Status Restore(component::SnapshotReader& reader) override {
    TW_RETURN_IF_ERROR(ReadWatermark(reader, context().groups, &watermark_));
    for (std::size_t side = 0; side < 2; ++side) {
      const Status read = stores_[side].Restore(
          reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
            const data::Batch one = row.batch->Slice(row.row, 1);
            kept_[side][SharedKeys(side, one)[0]].emplace(TimeOf(side, one, 0), id);
            return {};
          });
      TW_RETURN_IF_ERROR(read);
    }
    return {};
  }

 protected:
  Status OnBatch(int port, const data::Batch& batch) override {
    const auto side = static_cast<std::size_t>(port), other = 1 - side;
    const std::vector<std::uint32_t> keys = SharedKeys(side, batch);
    std::vector<std::uint32_t> slots(keys.size());
    keys_[side].Map(*batch, slots.data());
    std::array<std::vector<RowRef>, 2> pairs;
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto i = static_cast<std::size_t>(row);
      if (HasNull(side, batch, row)) {  // equals nothing
        EmitSide("rejects", AsOutput(*plan_, side, batch->Slice(row, 1)));
        continue;
      }
      const std::int64_t time = TimeOf(side, batch, row);
      if (time < watermark_) {
        EmitSide("late", AsOutput(*plan_, side, batch->Slice(row, 1)));
        continue;
      }
      const auto found = kept_[other].find(keys[i]);
      if (found != kept_[other].end()) {
        auto partner = found->second.lower_bound(SaturatingAdd(time, -plan_->distance));
        for (; partner != found->second.end() &&
               partner->first <= SaturatingAdd(time, plan_->distance);
             ++partner) {
          pairs[side].push_back({batch, row});
          pairs[other].push_back(stores_[other].at(partner->second));
        }
      }
      kept_[side][keys[i]].emplace(time,
                                   stores_[side].Add({batch, row}, keys_[side].KeyGroup(slots[i])));
    }
    return EmitPairs(pairs);
  }

  Status OnWatermark(data::EventTime time) override {
    watermark_ = std::max(watermark_, time.ns);
    for (std::size_t side = 0; side < 2; ++side) {
      for (auto key = kept_[side].begin(); key != kept_[side].end();) {
        auto& rows = key->second;
        while (!rows.empty() && SaturatingAdd(rows.begin()->first, plan_->distance) < watermark_) {
          stores_[side].Remove(rows.begin()->second);
          rows.erase(rows.begin());
        }
        key = rows.empty() ? kept_[side].erase(key) : std::next(key);
      }
    }
    // A pair carries the time of its left row, which may be older than the row that made it.
    return QueuedOperator::OnWatermark({SaturatingAdd(time.ns, -plan_->distance)});
  }

 private:
  std::int64_t TimeOf(std::size_t side, const data::Batch& batch, std::int64_t row) const {
    std::vector<std::int64_t> scratch;
    const JoinPlan::Input& input = plan_->inputs[side];
    return ToNanoseconds(WideValues(*batch->column(input.time)->Slice(row, 1)->data(), &scratch)[0],
                         input.ns_per_unit);
  }
  bool HasNull(std::size_t side, const data::Batch& batch, std::int64_t row) const {
    if (batch->column(plan_->inputs[side].time)->IsNull(row)) return true;
    return std::any_of(plan_->on.begin(), plan_->on.end(), [&](const std::string& name) {
      return batch->GetColumnByName(name)->IsNull(row);
    });
  }
  /// Numbers that are the same for equal keys of both sides.
  std::vector<std::uint32_t> SharedKeys(std::size_t, const data::Batch& batch) {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    shared_.MapKeys(*KeyColumns(*batch, plan_->on), slots.data());
    return slots;
  }
  Status EmitPairs(const std::array<std::vector<RowRef>, 2>& pairs) {
    if (pairs[0].empty()) return {};
    std::array<data::Batch, 2> sides;
    for (std::size_t side = 0; side < 2; ++side) {
      TW_ASSIGN_OR_RETURN(sides[side], GatherRows(plan_->inputs[side].schema, pairs[side]));
    }
    Arrays columns;
    for (std::size_t c = 0; c < plan_->inputs[0].columns.size(); ++c) {
      const int left = plan_->inputs[0].columns[c];
      columns.push_back(left >= 0 ? sides[0]->column(left)
                                  : sides[1]->column(plan_->inputs[1].columns[c]));
    }
    Emit(MakeRows(plan_->output, static_cast<std::int64_t>(pairs[0].size()), std::move(columns)));
    return {};
  }

  const std::shared_ptr<const JoinPlan> plan_;
  std::array<RowStore, 2> stores_;
  std::array<KeyTable, 2> keys_;
  KeyTable shared_;
  std::array<std::map<std::uint32_t, std::multimap<std::int64_t, std::int64_t>>, 2>
      kept_;  // key -> time -> row
  std::int64_t watermark_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

std::unique_ptr<component::Operator> MakeIntervalJoin(std::shared_ptr<const JoinPlan> plan) {
  return std::make_unique<IntervalJoin>(std::move(plan));
}

}  // namespace thalweg::operators
