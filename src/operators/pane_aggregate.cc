#include "operators/pane_aggregate.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/event_time.h"

namespace thalweg::operators {

PaneAggregate::PaneAggregate(Plan plan, KeyTable keys, Accumulators accumulators)
    : WindowedAggregate(std::move(plan), std::move(keys), std::move(accumulators)) {
  if (!windowed()) return;
  const WindowOptions& window = *plan_->window;
  size_ = window.tumbling ? window.tumbling->count() : window.hopping->size.count();
  every_ = window.tumbling ? size_ : window.hopping->every.count();
  pane_ = std::gcd(size_, every_);
}

std::int64_t PaneAggregate::FirstWindow(std::int64_t pane) const {
  return SaturatingAdd(FloorTo(SaturatingAdd(pane, -size_), every_), every_);
}

std::int64_t PaneAggregate::KeptUntil(std::int64_t pane) const {
  const std::int64_t end = SaturatingAdd(LastWindow(pane), size_);
  return plan_->late == LatePolicy::kUpdate ? SaturatingAdd(end, plan_->update_for_ns) : end;
}

bool PaneAggregate::CanUpdate(std::int64_t time) const {
  return KeptUntil(FloorTo(time, pane_)) > watermark_;
}

PaneAggregate::Pane& PaneAggregate::At(std::int64_t begin) {
  const auto [at, added] = panes_.try_emplace(begin);
  if (added && !spare_.empty()) {
    at->second.states = std::move(spare_.back());
    spare_.pop_back();
  }
  return at->second;
}

Status PaneAggregate::AddToPane(std::int64_t begin, const data::Batch& batch,
                                const std::uint32_t* rows, const std::uint32_t* slots,
                                const std::int64_t* times, std::size_t count) {
  Pane& pane = At(begin);
  if (pane.states.words.size() < keys_.size() * accumulators_.stride()) {
    accumulators_.Resize(keys_.size(), &pane.states);
  }
  if (windowed() && plan_->late == LatePolicy::kUpdate &&
      SaturatingAdd(FirstWindow(begin), size_) <= closed_until_) {
    updated_[begin].insert(slots, slots + count);
  }
  return accumulators_.Update(*batch, rows, slots, count, times, &pane.states);
}

Status PaneAggregate::Add(const data::Batch& batch, const std::uint32_t* rows,
                          const std::uint32_t* slots, const std::int64_t* times,
                          std::size_t count) {
  if (!windowed()) return AddToPane(0, batch, rows, slots, times, count);
  std::int64_t least = kForever, greatest = kNever;
  for (std::size_t i = 0; i < count; ++i) {
    least = std::min(least, times[i]);
    greatest = std::max(greatest, times[i]);
  }
  const std::int64_t begin = FloorTo(least, pane_);
  if (every_ <= size_ && greatest - begin < pane_)
    return AddToPane(begin, batch, rows, slots, times, count);
  return AddToPanes(batch, rows, slots, times, count);
}

bool PaneAggregate::InOnePart(std::int64_t least, std::int64_t greatest) const {
  // A step longer than the size leaves panes that are in no window.
  return windowed() && every_ <= size_ && greatest - FloorTo(least, pane_) < pane_;
}

Status PaneAggregate::AddToPart(std::int64_t time, const data::Batch& batch,
                                const std::uint32_t* slots, std::size_t count) {
  return AddToPane(FloorTo(time, pane_), batch, nullptr, slots, nullptr, count);
}

Status PaneAggregate::AddToPanes(const data::Batch& batch, const std::uint32_t* rows,
                                 const std::uint32_t* slots, const std::int64_t* times,
                                 std::size_t count) {
  std::vector<std::int64_t> panes(count);
  for (std::size_t i = 0; i < count; ++i) {
    // Neighbours mostly share a pane, which saves the division.
    const bool same = i > 0 && times[i] >= panes[i - 1] && times[i] - panes[i - 1] < pane_;
    panes[i] = same ? panes[i - 1] : FloorTo(times[i], pane_);
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  if (!std::is_sorted(panes.begin(), panes.end())) {
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return panes[a] < panes[b]; });
  }
  std::vector<std::uint32_t> pane_rows, pane_slots;
  std::vector<std::int64_t> pane_times;
  for (std::size_t i = 0; i < count;) {
    const std::int64_t begin = panes[order[i]];
    pane_rows.clear(), pane_slots.clear(), pane_times.clear();
    for (; i < count && panes[order[i]] == begin; ++i) {
      pane_rows.push_back(rows == nullptr ? order[i] : rows[order[i]]);
      pane_slots.push_back(slots[order[i]]);
      pane_times.push_back(times[order[i]]);
    }
    // Rows between two windows (a step longer than the size) are in none.
    if (begin >= SaturatingAdd(LastWindow(begin), size_)) continue;
    TW_RETURN_IF_ERROR(AddToPane(begin, batch, pane_rows.data(), pane_slots.data(),
                                 pane_times.data(), pane_rows.size()));
  }
  return {};
}

Status PaneAggregate::OnBatch(int port, const data::Batch& batch) {
  TW_RETURN_IF_ERROR(WindowedAggregate::OnBatch(port, batch));
  return EmitUpdates();
}

Status PaneAggregate::OnFrameBegin(int port, std::uint64_t id) {
  // Windows make frames of their own.
  return windowed() ? Status() : QueuedOperator::OnFrameBegin(port, id);
}

Status PaneAggregate::OnFrameEnd(int port, std::uint64_t id) {
  if (windowed()) return {};
  TW_RETURN_IF_ERROR(EmitAll());
  return QueuedOperator::OnFrameEnd(port, id);
}

std::vector<std::uint32_t> PaneAggregate::LiveGroups(const GroupStates& states) const {
  std::vector<std::uint32_t> live;
  const std::size_t groups = states.words.size() / accumulators_.stride();
  live.reserve(std::min(groups, keys_.size()));
  for (std::size_t group = 0; group < groups; ++group) {
    if (accumulators_.rows(states, group) > 0) live.push_back(static_cast<std::uint32_t>(group));
  }
  return live;
}

Status PaneAggregate::EmitWindow(std::int64_t start) {
  const std::int64_t end = SaturatingAdd(start, size_);
  const auto first = panes_.lower_bound(start), last = panes_.lower_bound(end);
  if (first == last) return {};
  const GroupStates* states = &first->second.states;
  if (std::next(first) != last) {
    accumulators_.Resize(keys_.size(), &sum_);
    accumulators_.Clear(&sum_);
    for (auto pane = first; pane != last; ++pane)
      TW_RETURN_IF_ERROR(accumulators_.MergeAll(pane->second.states, &sum_));
    states = &sum_;
  }
  const std::vector<std::uint32_t> live = LiveGroups(*states);
  if (live.empty()) return {};
  const auto frame = static_cast<std::uint64_t>(start);
  Emit(data::FrameBegin{frame});
  EmitGroups(*states, live, live, start, end);
  Emit(data::FrameEnd{frame});
  return {};
}

Status PaneAggregate::EmitAll() {
  if (panes_.empty()) return {};
  const auto pane = panes_.begin();
  const std::vector<std::uint32_t> live = LiveGroups(pane->second.states);
  EmitGroups(pane->second.states, live, live, 0, 0);
  Drop(pane);
  ForgetKeys();
  return {};
}

Status PaneAggregate::EmitUpdates() {
  if (updated_.empty()) return {};
  std::map<std::int64_t, std::set<std::uint32_t>> windows;
  for (const auto& [pane, groups] : updated_) {
    for (std::int64_t start = FirstWindow(pane); start <= LastWindow(pane); start += every_) {
      if (SaturatingAdd(start, size_) <= closed_until_)
        windows[start].insert(groups.begin(), groups.end());
    }
  }
  updated_.clear();
  for (const auto& [start, changed] : windows) {
    const std::vector<std::uint32_t> groups(changed.begin(), changed.end());
    const std::int64_t end = SaturatingAdd(start, size_);
    accumulators_.Resize(keys_.size(), &sum_);
    for (const std::uint32_t group : groups) {
      accumulators_.ClearGroup(group, &sum_);
      for (auto pane = panes_.lower_bound(start); pane != panes_.end() && pane->first < end;
           ++pane) {
        if (group * accumulators_.stride() >= pane->second.states.words.size()) continue;
        TW_RETURN_IF_ERROR(accumulators_.Merge(pane->second.states, group, &sum_, group));
      }
    }
    const auto frame = static_cast<std::uint64_t>(start);
    Emit(data::FrameBegin{frame});
    EmitGroups(sum_, groups, groups, start, end);
    Emit(data::FrameEnd{frame});
  }
  return {};
}

Status PaneAggregate::CloseUntil(std::int64_t time) {
  if (!windowed()) return EmitAll();
  if (panes_.empty()) {
    closed_until_ = std::max(closed_until_, time);
    return {};
  }
  // The first window that may still be open: the one behind the last that was closed, or that of
  // the first pane.
  std::int64_t start = FirstWindow(panes_.begin()->first);
  if (closed_until_ != kNever) {
    start = std::max(start,
                     SaturatingAdd(FloorTo(SaturatingAdd(closed_until_, -size_), every_), every_));
  }
  while (SaturatingAdd(start, size_) <= time) {
    const auto pane = panes_.lower_bound(start);
    if (pane == panes_.end()) break;
    if (pane->first >= SaturatingAdd(start, size_)) {
      start = FirstWindow(pane->first);
      continue;
    }
    TW_RETURN_IF_ERROR(EmitWindow(start));
    start = SaturatingAdd(start, every_);
  }
  closed_until_ = std::max(closed_until_, time);
  bool dropped = false;
  while (!panes_.empty() && KeptUntil(panes_.begin()->first) <= time) {
    Drop(panes_.begin());
    dropped = true;
  }
  if (dropped) ForgetKeys();
  return {};
}

void PaneAggregate::Drop(Panes::iterator at) {
  Pane& pane = at->second;
  std::vector<std::uint32_t> saved;
  Removed removed;
  for (std::size_t group = 0; group < pane.rows_saved.size(); ++group) {
    if (pane.rows_saved[group] == 0) continue;
    saved.push_back(static_cast<std::uint32_t>(group));
    removed.key_groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(saved.back())));
  }
  if (!saved.empty()) {
    removed.columns = keys_.Columns(saved);
    removed.columns.push_back(
        MakeWide(arrow::int64(), std::vector<std::int64_t>(saved.size(), at->first)));
    for (ArrayRef& column : accumulators_.Save(pane.states, saved))
      removed.columns.push_back(std::move(column));
    removed_.push_back(std::move(removed));
  }
  const std::vector<std::uint32_t> live = LiveGroups(pane.states);
  last_live_ = live.size();
  if (spare_.empty()) {
    accumulators_.Clear(&pane.states);
    spare_.push_back(std::move(pane.states));
  }
  panes_.erase(at);
}

void PaneAggregate::ForgetKeys() {
  // Keys mostly come again in the next window, so they are forgotten only when most of them have
  // not.
  constexpr std::size_t kFew = 4096;
  if (keys_.size() <= std::max(kFew, last_live_ * 2)) return;
  std::vector<std::uint8_t> used(keys_.size(), 0);
  for (const auto& [begin, pane] : panes_) {
    for (const std::uint32_t group : LiveGroups(pane.states)) used[group] = 1;
    for (std::size_t group = 0; group < pane.rows_saved.size(); ++group)
      used[group] |= pane.rows_saved[group] != 0;
  }
  std::vector<std::uint32_t> kept;
  for (std::size_t group = 0; group < used.size(); ++group) {
    if (used[group] != 0) kept.push_back(static_cast<std::uint32_t>(group));
  }
  if (kept.size() * 2 > keys_.size()) return;
  keys_.Keep(kept);
  for (auto& [begin, pane] : panes_) {
    Pane moved;
    accumulators_.Resize(kept.size(), &moved.states);
    if (!pane.rows_saved.empty()) moved.rows_saved.resize(kept.size());
    const std::size_t groups = pane.states.words.size() / accumulators_.stride();
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] < pane.rows_saved.size()) moved.rows_saved[i] = pane.rows_saved[kept[i]];
      // Into an empty group a merge is a copy; it cannot overflow.
      if (kept[i] < groups)
        TW_CHECK(accumulators_.Merge(pane.states, kept[i], &moved.states, i).ok());
    }
    pane = std::move(moved);
  }
  spare_.clear();
  sum_ = {};
}

Fields PaneAggregate::StateFields() const {
  Fields fields = keys_.fields();
  fields.push_back(arrow::field("_pane", arrow::int64(), false));
  const auto& state = accumulators_.state_fields();
  fields.insert(fields.end(), state.begin(), state.end());
  return fields;
}

Status PaneAggregate::SavePane(component::SnapshotWriter& writer, std::int64_t begin, Pane* pane) {
  // As many groups at a time as stay in the second cache with the columns made of them.
  constexpr std::size_t kGroups = 16384;
  const bool base = writer.mode() == component::SnapshotWriter::Mode::kBase;
  const std::size_t groups = pane->states.words.size() / accumulators_.stride();
  pane->rows_saved.resize(groups);
  const Fields fields = StateFields();
  std::vector<std::uint32_t> changed;
  std::vector<std::int16_t> key_groups;
  for (std::size_t first = 0; first < groups; first += kGroups) {
    changed.clear(), key_groups.clear();
    for (std::size_t group = first; group < std::min(first + kGroups, groups); ++group) {
      const std::int64_t rows = accumulators_.rows(pane->states, group);
      if (rows == 0 || (!base && pane->rows_saved[group] == rows)) continue;
      pane->rows_saved[group] = rows;
      changed.push_back(static_cast<std::uint32_t>(group));
      key_groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(changed.back())));
    }
    if (changed.empty()) continue;
    Arrays columns = keys_.Columns(changed);
    columns.push_back(MakeWide(arrow::int64(), std::vector<std::int64_t>(changed.size(), begin)));
    for (ArrayRef& column : accumulators_.Save(pane->states, changed))
      columns.push_back(std::move(column));
    TW_RETURN_IF_ERROR(WriteState(writer, "panes", fields, key_groups, kPut, std::move(columns)));
  }
  return {};
}

Status PaneAggregate::Snapshot(component::SnapshotWriter& writer) {
  if (writer.mode() == component::SnapshotWriter::Mode::kDelta) {
    for (Removed& removed : removed_) {
      TW_RETURN_IF_ERROR(WriteState(writer, "panes", StateFields(), removed.key_groups, kRemove,
                                    std::move(removed.columns)));
    }
  }
  removed_.clear();
  for (auto& [begin, pane] : panes_) TW_RETURN_IF_ERROR(SavePane(writer, begin, &pane));
  return SaveProgress(writer, closed_until_);
}

Status PaneAggregate::Restore(component::SnapshotReader& reader) {
  TW_RETURN_IF_ERROR(LoadProgress(reader, &closed_until_));
  const Status read =
      ReadState(reader, "panes", context().groups, [&](const StateBatch& state) -> Status {
        const auto rows = static_cast<std::size_t>(state.rows->num_rows());
        std::vector<std::uint32_t> slots(rows);
        keys_.MapKeys(*state.rows, slots.data());
        const int pane_column = static_cast<int>(keys_.fields().size());
        const auto* begins = state.rows->column_data(pane_column)->GetValues<std::int64_t>(1);
        const Arrays all = state.rows->columns();
        const Arrays saved(all.begin() + pane_column + 1, all.end());
        for (std::size_t row = 0; row < rows; ++row) {
          Pane& pane = At(begins[row]);
          accumulators_.Resize(std::max<std::size_t>(keys_.size(), 1), &pane.states);
          pane.rows_saved.resize(keys_.size());
          if (state.ops[row] == kRemove) {
            accumulators_.ClearGroup(slots[row], &pane.states);
            pane.rows_saved[slots[row]] = 0;
          } else {
            TW_RETURN_IF_ERROR(accumulators_.Load(saved, static_cast<std::int64_t>(row), slots[row],
                                                  &pane.states));
            pane.rows_saved[slots[row]] = accumulators_.rows(pane.states, slots[row]);
          }
        }
        return {};
      });
  TW_RETURN_IF_ERROR(read);
  for (auto pane = panes_.begin(); pane != panes_.end();) {
    pane = LiveGroups(pane->second.states).empty() ? panes_.erase(pane) : std::next(pane);
  }
  return {};
}

}  // namespace thalweg::operators
