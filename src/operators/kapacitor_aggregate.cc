#include "operators/kapacitor_aggregate.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "component/reject_rows.h"
#include "operators/event_time.h"

namespace thalweg::operators {
namespace {

/// What one row may ask for: windows are computed when the rows that end them come, all at once.
constexpr std::int64_t kMostWindowsOfARow = 10'000;
constexpr std::size_t kFlushWindows = 32'768;

/// The column that sets an option, when the input has it.
int OptionColumn(const data::SchemaRef& schema, const std::string& name, std::int64_t* unit) {
  const int column = name.empty() ? -1 : schema->GetFieldIndex(name);
  if (column >= 0 && schema->field(column)->type()->id() == arrow::Type::DURATION) {
    *unit = NanosecondsPerUnit(*schema->field(column)->type()).value_or(1);
  }
  return column;
}

/// The option of a row in nanoseconds; 0 where it says nothing.
std::int64_t OptionAt(const data::Batch& batch, int column, std::int64_t unit, std::int64_t row,
                      std::vector<std::int64_t>* scratch) {
  if (column < 0) return 0;
  const auto& data = *batch->column_data(column);
  if (data.IsNull(row)) return 0;
  const std::int64_t value = WideValues(data, scratch)[row];
  std::int64_t ns;
  return value <= 0 || __builtin_mul_overflow(value, unit, &ns) ? 0 : ns;
}

}  // namespace

KapacitorAggregate::KapacitorAggregate(Plan plan, KeyTable keys, Accumulators accumulators)
    : WindowedAggregate(std::move(plan), std::move(keys), std::move(accumulators)),
      period_(plan_->window->kapacitor->period.count()),
      every_(plan_->window->kapacitor->every.count()),
      most_windows_(std::max(kMostWindowsOfARow, period_ / every_)),
      fill_(plan_->window->kapacitor->fill_period),
      rows_("rows", plan_->input) {
  period_column_ =
      OptionColumn(plan_->input, plan_->window->kapacitor->period_column, &period_unit_);
  every_column_ = OptionColumn(plan_->input, plan_->window->kapacitor->every_column, &every_unit_);
}

void KapacitorAggregate::Change(Key* key, std::int64_t time, std::int64_t period,
                                std::int64_t every) const {
  const auto shift = [&](std::int64_t by) {
    const std::int64_t moved = SaturatingAdd(key->next, by);
    if (moved >= time) key->next = moved;
  };
  if (every != 0 && every != key->every) {
    const std::int64_t by = every - std::exchange(key->every, every);
    if (!(fill_ && !key->emitted)) shift(by);
  }
  if (period != 0 && period != key->period) {
    const std::int64_t by = period - std::exchange(key->period, period);
    if (fill_ && !key->emitted) shift(by);
  }
}

Status KapacitorAggregate::OnBatch(int port, const data::Batch& batch) {
  TW_RETURN_IF_ERROR(WindowedAggregate::OnBatch(port, batch));
  Flush();
  return {};
}

Status KapacitorAggregate::Add(const data::Batch& batch, const std::uint32_t* rows,
                               const std::uint32_t* slots, const std::int64_t* times,
                               std::size_t count) {
  by_key_.resize(keys_.size());
  std::vector<std::int64_t> period_scratch, every_scratch;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t row = rows == nullptr ? static_cast<std::int64_t>(i) : rows[i];
    const std::int64_t time = times[i];
    Key& key = by_key_[slots[i]];
    const std::int64_t period = OptionAt(batch, period_column_, period_unit_, row, &period_scratch);
    const std::int64_t every = OptionAt(batch, every_column_, every_unit_, row, &every_scratch);
    const std::int64_t period_now = period != 0 ? period : key.started ? key.period : period_;
    const std::int64_t every_now = every != 0 ? every : key.started ? key.every : every_;
    if (period_now / every_now > most_windows_) {
      EmitSide("rejects",
               component::WithReason(
                   batch->Slice(row, 1),
                   fmt::format("its window's period of {} ns is {} steps of {} ns, and {} is the "
                               "most",
                               period_now, period_now / every_now, every_now, most_windows_)));
      continue;
    }
    key.changed = true;
    if (!key.started) {
      key.started = true;
      key.period = period_now;
      key.every = every_now;
      key.next = SaturatingAdd(time, fill_ ? key.period : key.every);
    } else {
      // What ended before this row is past, and no option of it can move it: the watermark may have
      // emitted it already.
      TW_RETURN_IF_ERROR(EmitKey(slots[i], SaturatingAdd(time, -1)));
      Change(&key, time, period, every);
    }
    TW_RETURN_IF_ERROR(EmitKey(slots[i], time));
    if (time < SaturatingAdd(key.next, -key.period)) {
      // Too old for every window to come; between windows when the step is longer than the period.
      if (key.every <= key.period) EmitSide("late", batch->Slice(row, 1));
      continue;
    }
    key.rows.push_back({time, rows_.Add({batch, row}, keys_.KeyGroup(slots[i]))});
  }
  return {};
}

void KapacitorAggregate::Forget(Key* key) {
  const std::int64_t oldest = SaturatingAdd(key->next, -key->period);
  std::erase_if(key->rows, [&](const Row& row) {
    if (row.time >= oldest) return false;
    rows_.Remove(row.id);
    return true;
  });
}

Status KapacitorAggregate::EmitOne(std::uint32_t slot) {
  Key& key = by_key_[slot];
  std::vector<std::int64_t> ids, times;
  for (const Row& row : key.rows) {
    if (row.time < SaturatingAdd(key.next, -key.period) || row.time >= key.next) continue;
    ids.push_back(row.id);
    times.push_back(row.time);
  }
  if (ids.empty()) return {};
  TW_ASSIGN_OR_RETURN(const data::Batch batch, rows_.Gather(ids));
  const auto group = static_cast<std::uint32_t>(result_slots_.size());
  accumulators_.Resize(group + 1, &results_);
  const std::vector<std::uint32_t> groups(ids.size(), group);
  TW_RETURN_IF_ERROR(
      accumulators_.Update(*batch, nullptr, groups.data(), groups.size(), times.data(), &results_));
  result_slots_.push_back(slot);
  starts_.push_back(SaturatingAdd(key.next, -key.period));
  ends_.push_back(key.next);
  return {};
}

Status KapacitorAggregate::EmitKey(std::uint32_t slot, std::int64_t time) {
  Key& key = by_key_[slot];
  while (key.next <= time) {
    if (key.rows.empty()) {
      // Nothing to emit: straight to the first emission behind `time`. At the end of input none
      // follows.
      if (time != kForever)
        key.next = SaturatingAdd(key.next, (time - key.next) / key.every * key.every + key.every);
      return {};
    }
    TW_RETURN_IF_ERROR(EmitOne(slot));
    key.emitted = key.changed = true;
    key.next = SaturatingAdd(key.next, key.every);
    Forget(&key);
    if (result_slots_.size() >= kFlushWindows) Flush();
  }
  return {};
}

Status KapacitorAggregate::CloseUntil(std::int64_t time) {
  // A row of the time of the emission may still come and move it.
  if (period_column_ >= 0 || every_column_ >= 0) time = time == kForever ? time : time - 1;
  for (std::uint32_t slot = 0; slot < by_key_.size(); ++slot) {
    if (!by_key_[slot].rows.empty()) TW_RETURN_IF_ERROR(EmitKey(slot, time));
  }
  Flush();
  return {};
}

void KapacitorAggregate::Flush() {
  std::vector<std::uint32_t> groups(result_slots_.size());
  std::iota(groups.begin(), groups.end(), 0U);
  EmitWindows(results_, groups, result_slots_, starts_, ends_);
  results_ = {};
  result_slots_.clear(), starts_.clear(), ends_.clear();
}

Status KapacitorAggregate::Snapshot(component::SnapshotWriter& writer) {
  const bool base = writer.mode() == component::SnapshotWriter::Mode::kBase;
  std::vector<std::uint32_t> slots;
  std::vector<std::int16_t> key_groups;
  std::vector<std::int64_t> next, period, every, emitted;
  for (std::uint32_t slot = 0; slot < by_key_.size(); ++slot) {
    Key& key = by_key_[slot];
    if (!key.started || (!base && !key.changed)) continue;
    key.changed = false;
    slots.push_back(slot);
    key_groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(slot)));
    next.push_back(key.next), period.push_back(key.period), every.push_back(key.every);
    emitted.push_back(key.emitted ? 1 : 0);
  }
  Fields fields = keys_.fields();
  Arrays columns = keys_.Columns(slots);
  const auto add = [&](const char* name, std::vector<std::int64_t>& values) {
    fields.push_back(arrow::field(name, arrow::int64()));
    columns.push_back(MakeWide(arrow::int64(), std::move(values)));
  };
  add("_next", next), add("_period", period), add("_every", every), add("_emitted", emitted);
  TW_RETURN_IF_ERROR(WriteState(writer, "keys", fields, key_groups, kPut, std::move(columns)));
  TW_RETURN_IF_ERROR(rows_.Snapshot(writer));
  return SaveProgress(writer, kNever);
}

Status KapacitorAggregate::Restore(component::SnapshotReader& reader) {
  std::int64_t unused = kNever;
  TW_RETURN_IF_ERROR(LoadProgress(reader, &unused));
  const Status read =
      ReadState(reader, "keys", context().groups, [&](const StateBatch& state) -> Status {
        std::vector<std::uint32_t> slots(static_cast<std::size_t>(state.rows->num_rows()));
        keys_.MapKeys(*state.rows, slots.data());
        by_key_.resize(keys_.size());
        const auto column = static_cast<int>(keys_.fields().size());
        const auto values = [&](int i) {
          return state.rows->column_data(column + i)->GetValues<std::int64_t>(1);
        };
        for (std::size_t row = 0; row < slots.size(); ++row) {
          Key& key = by_key_[slots[row]];
          key.started = true;
          key.next = values(0)[row], key.period = values(1)[row], key.every = values(2)[row];
          key.emitted = values(3)[row] != 0;
        }
        return {};
      });
  TW_RETURN_IF_ERROR(read);
  return rows_.Restore(reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
    const data::Batch batch = row.batch->Slice(row.row, 1);
    std::uint32_t slot = 0;
    keys_.Map(*batch, &slot);
    by_key_.resize(keys_.size());
    std::vector<std::int64_t> scratch;
    const std::int64_t time = WideValues(*batch->column_data(plan_->time_column), &scratch)[0];
    by_key_[slot].rows.push_back({ToNanoseconds(time, plan_->ns_per_unit), id});
    return {};
  });
}

}  // namespace thalweg::operators
