#include "operators/windowed_aggregate.h"

#include <algorithm>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/event_time.h"

namespace thalweg::operators {
namespace {

/// Rows that are worked on at a time: their columns of numbers stay in the first caches.
constexpr std::int64_t kSliceRows = 2048;
constexpr std::size_t kEmitRows = 32768;

}  // namespace

WindowedAggregate::WindowedAggregate(Plan plan, KeyTable keys, Accumulators accumulators)
    : plan_(std::move(plan)), keys_(std::move(keys)), accumulators_(std::move(accumulators)) {}

Status WindowedAggregate::OnBatch(int, const data::Batch& batch) {
  if (batch->num_rows() <= kSliceRows) return AddSlice(batch);
  for (std::int64_t begin = 0; begin < batch->num_rows(); begin += kSliceRows) {
    TW_RETURN_IF_ERROR(AddSlice(batch->Slice(begin, kSliceRows)));
  }
  return {};
}

bool WindowedAggregate::LeaveOut(const data::Batch& batch, const std::int64_t* times,
                                 const std::uint8_t* valid) {
  const auto count = static_cast<std::size_t>(batch->num_rows());
  bool any = valid != nullptr;
  if (windowed()) {
    std::int64_t least = kForever;
    for (std::size_t i = 0; i < count; ++i) least = std::min(least, times[i]);
    any |= least < watermark_;
  }
  if (!any) return false;
  rows_.clear();
  const auto side_of = [&](std::size_t i) -> const char* {
    if (valid != nullptr && valid[i] == 0) return "rejects";
    if (!windowed() || times[i] >= watermark_) return nullptr;
    return plan_->late == LatePolicy::kUpdate && CanUpdate(times[i]) ? nullptr : "late";
  };
  for (std::size_t i = 0; i < count;) {
    const char* side = side_of(i);
    if (side == nullptr) {
      rows_.push_back(static_cast<std::uint32_t>(i++));
      continue;
    }
    std::size_t end = i + 1;
    while (end < count && side_of(end) == side) ++end;
    EmitSide(side, batch->Slice(static_cast<std::int64_t>(i), static_cast<std::int64_t>(end - i)));
    i = end;
  }
  return true;
}

Status WindowedAggregate::AddSlice(const data::Batch& batch) {
  const auto count = static_cast<std::size_t>(batch->num_rows());
  const std::int64_t* times = nullptr;
  bool left_out = false;
  if (plan_->time_column >= 0) {
    const arrow::ArrayData& column = *batch->column_data(plan_->time_column);
    const std::int64_t* raw = column.GetValues<std::int64_t>(1);
    const std::uint8_t* valid = Validity(column, &valid_);
    std::int64_t least = raw[0], greatest = raw[0];
    for (std::size_t i = 1; i < count; ++i) {
      least = std::min(least, raw[i]);
      greatest = std::max(greatest, raw[i]);
    }
    least = ToNanoseconds(least, plan_->ns_per_unit),
    greatest = ToNanoseconds(greatest, plan_->ns_per_unit);
    if (valid == nullptr && least >= watermark_ && !accumulators_.needs_time() &&
        InOnePart(least, greatest)) {
      // The usual slice: nothing is late and one pane takes all of it, so single times do not
      // matter.
      slots_.resize(count);
      keys_.Map(*batch, slots_.data());
      return AddToPart(least, batch, slots_.data(), count);
    }
    times = raw;
    if (plan_->ns_per_unit != 1) {
      times_.resize(count);
      for (std::size_t i = 0; i < count; ++i) times_[i] = ToNanoseconds(raw[i], plan_->ns_per_unit);
      times = times_.data();
    }
    left_out = LeaveOut(batch, times, valid);
    if (left_out && rows_.empty()) return {};
  }
  slots_.resize(count);
  // Keys of rows that are left out are numbered too; they hold no state, and go with the next
  // clearing of keys.
  keys_.Map(*batch, slots_.data());
  if (!left_out) return Add(batch, nullptr, slots_.data(), times, count);
  picked_slots_.clear();
  picked_times_.clear();
  for (const std::uint32_t row : rows_) {
    picked_slots_.push_back(slots_[row]);
    picked_times_.push_back(times[row]);
  }
  return Add(batch, rows_.data(), picked_slots_.data(), picked_times_.data(), rows_.size());
}

Status WindowedAggregate::OnWatermark(data::EventTime time) {
  if (time.ns > watermark_) {
    watermark_ = time.ns;
    if (windowed()) TW_RETURN_IF_ERROR(CloseUntil(watermark_));
  }
  return QueuedOperator::OnWatermark(time);
}

Status WindowedAggregate::OnEnd(int) {
  return CloseUntil(kForever);
}

void WindowedAggregate::EmitGroups(const GroupStates& states, std::span<const std::uint32_t> groups,
                                   std::span<const std::uint32_t> slots, std::int64_t start,
                                   std::int64_t end) {
  for (std::size_t begin = 0; begin < groups.size(); begin += kEmitRows) {
    const std::size_t count = std::min(kEmitRows, groups.size() - begin);
    EmitWindows(states, groups.subspan(begin, count), slots.subspan(begin, count),
                std::vector<std::int64_t>(count, start), std::vector<std::int64_t>(count, end));
  }
}

void WindowedAggregate::EmitWindows(const GroupStates& states,
                                    std::span<const std::uint32_t> groups,
                                    std::span<const std::uint32_t> slots,
                                    const std::vector<std::int64_t>& starts,
                                    const std::vector<std::int64_t>& ends) {
  if (groups.empty()) return;
  Arrays columns = keys_.Columns(slots);
  if (windowed()) {
    const auto& type = plan_->input->field(plan_->time_column)->type();
    const auto to_unit = [&](const std::vector<std::int64_t>& ns) {
      std::vector<std::int64_t> units(ns);
      for (std::int64_t& value : units) value /= plan_->ns_per_unit;
      return MakeWide(type, std::move(units));
    };
    columns.push_back(to_unit(starts));
    columns.push_back(to_unit(ends));
  }
  for (ArrayRef& column : accumulators_.Finish(states, groups))
    columns.push_back(std::move(column));
  Emit(MakeRows(plan_->output, static_cast<std::int64_t>(groups.size()), std::move(columns)));
}

Status WindowedAggregate::SaveProgress(component::SnapshotWriter& writer,
                                       std::int64_t closed_until) const {
  const Fields fields{arrow::field("_watermark", arrow::int64()),
                      arrow::field("_closed_until", arrow::int64())};
  return WriteState(
      writer, "progress", fields, {kNoGroup}, kPut,
      {MakeWide(arrow::int64(), {watermark_}), MakeWide(arrow::int64(), {closed_until})});
}

Status WindowedAggregate::LoadProgress(component::SnapshotReader& reader,
                                       std::int64_t* closed_until) {
  return ReadState(reader, "progress", context().groups, [&](const StateBatch& state) -> Status {
    for (std::int64_t row = 0; row < state.rows->num_rows(); ++row) {
      watermark_ =
          std::max(watermark_, state.rows->column_data(0)->GetValues<std::int64_t>(1)[row]);
      *closed_until =
          std::max(*closed_until, state.rows->column_data(1)->GetValues<std::int64_t>(1)[row]);
    }
    return {};
  });
}

}  // namespace thalweg::operators
