#include "operators/session_aggregate.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/event_time.h"

namespace thalweg::operators {

SessionAggregate::SessionAggregate(Plan plan, KeyTable keys, Accumulators accumulators)
    : WindowedAggregate(std::move(plan), std::move(keys), std::move(accumulators)),
      gap_(plan_->window->session->gap.count()) {}

std::uint32_t SessionAggregate::Begin(std::uint32_t slot, std::int64_t time) {
  std::uint32_t id;
  if (free_.empty()) {
    id = static_cast<std::uint32_t>(sessions_.size());
    sessions_.emplace_back();
    accumulators_.Resize(sessions_.size(), &states_);
  } else {
    id = free_.back();
    free_.pop_back();
  }
  sessions_[id] = {slot, true, time, time, std::nullopt, 0};
  by_key_[slot].push_back(id);
  return id;
}

std::uint32_t SessionAggregate::Find(std::uint32_t slot, std::int64_t time,
                                     std::optional<std::uint32_t>* merged) {
  std::optional<std::uint32_t> found;
  for (const std::uint32_t id : by_key_[slot]) {
    Session& session = sessions_[id];
    if (time <= SaturatingAdd(session.first, -gap_) || time >= SaturatingAdd(session.last, gap_))
      continue;
    if (!found) {
      found = id;
      session.first = std::min(session.first, time);
      session.last = std::max(session.last, time);
      continue;
    }
    // The row closes the gap between two sessions. It cannot lie near a third.
    Session& kept = sessions_[*found];
    kept.first = std::min(kept.first, session.first);
    kept.last = std::max(kept.last, session.last);
    *merged = id;
    break;
  }
  return found ? *found : Begin(slot, time);
}

void SessionAggregate::Release(std::uint32_t id) {
  Session& session = sessions_[id];
  if (session.saved_first) removed_.push_back({session.slot, *session.saved_first});
  std::erase(by_key_[session.slot], id);
  accumulators_.ClearGroup(id, &states_);
  session = {};
  free_.push_back(id);
}

Status SessionAggregate::Add(const data::Batch& batch, const std::uint32_t* rows,
                             const std::uint32_t* slots, const std::int64_t* times,
                             std::size_t count) {
  by_key_.resize(keys_.size());
  std::vector<std::uint32_t> ids(count), all_rows(count);
  for (std::size_t i = 0; i < count; ++i)
    all_rows[i] = rows == nullptr ? static_cast<std::uint32_t>(i) : rows[i];
  std::size_t done = 0;
  const auto update = [&](std::size_t end) {
    const std::size_t begin = std::exchange(done, end);
    return accumulators_.Update(*batch, all_rows.data() + begin, ids.data() + begin, end - begin,
                                times + begin, &states_);
  };
  for (std::size_t i = 0; i < count; ++i) {
    std::optional<std::uint32_t> merged;
    ids[i] = Find(slots[i], times[i], &merged);
    if (!merged) continue;
    TW_RETURN_IF_ERROR(update(i));  // earlier rows may belong to the session that goes
    TW_RETURN_IF_ERROR(accumulators_.Merge(states_, *merged, &states_, ids[i]));
    Release(*merged);
  }
  return update(count);
}

Status SessionAggregate::CloseUntil(std::int64_t time) {
  std::vector<std::uint32_t> closed, slots;
  std::vector<std::int64_t> starts, ends;
  for (std::uint32_t id = 0; id < sessions_.size(); ++id) {
    const Session& session = sessions_[id];
    const std::int64_t end = SaturatingAdd(session.last, gap_);
    if (!session.open || end > time) continue;
    closed.push_back(id);
    slots.push_back(session.slot);
    starts.push_back(session.first);
    ends.push_back(end);
  }
  EmitWindows(states_, closed, slots, starts, ends);
  for (const std::uint32_t id : closed) Release(id);
  return {};
}

Fields SessionAggregate::StateFields() const {
  Fields fields = keys_.fields();
  fields.push_back(arrow::field("_first", arrow::int64()));
  fields.push_back(arrow::field("_last", arrow::int64()));
  const auto& state = accumulators_.state_fields();
  fields.insert(fields.end(), state.begin(), state.end());
  return fields;
}

Status SessionAggregate::Write(component::SnapshotWriter& writer, char op,
                               const std::vector<std::uint32_t>& slots,
                               std::vector<std::int64_t> firsts, std::vector<std::int64_t> lasts,
                               const Arrays& saved) const {
  if (slots.empty()) return {};
  std::vector<std::int16_t> key_groups;
  for (const std::uint32_t slot : slots)
    key_groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(slot)));
  Arrays columns = keys_.Columns(slots);
  columns.push_back(MakeWide(arrow::int64(), std::move(firsts)));
  columns.push_back(MakeWide(arrow::int64(), std::move(lasts)));
  columns.insert(columns.end(), saved.begin(), saved.end());
  return WriteState(writer, "sessions", StateFields(), key_groups, op, std::move(columns));
}

Status SessionAggregate::Snapshot(component::SnapshotWriter& writer) {
  const bool base = writer.mode() == component::SnapshotWriter::Mode::kBase;
  std::vector<std::uint32_t> ids, slots;
  std::vector<std::int64_t> firsts, lasts;
  for (std::uint32_t id = 0; id < sessions_.size(); ++id) {
    Session& session = sessions_[id];
    if (!session.open) continue;
    const std::int64_t rows = accumulators_.rows(states_, id);
    if (!base && session.saved_first && session.saved_rows == rows) continue;
    if (session.saved_first && *session.saved_first != session.first) {
      removed_.push_back({session.slot, *session.saved_first});
    }
    session.saved_first = session.first;
    session.saved_rows = rows;
    ids.push_back(id);
    slots.push_back(session.slot);
    firsts.push_back(session.first);
    lasts.push_back(session.last);
  }
  if (!base && !removed_.empty()) {
    std::vector<std::uint32_t> gone;
    std::vector<std::int64_t> gone_firsts;
    for (const Removed& removed : removed_)
      gone.push_back(removed.slot), gone_firsts.push_back(removed.first);
    // Any group serves as the values of a removed row.
    GroupStates empty;
    accumulators_.Resize(1, &empty);
    TW_RETURN_IF_ERROR(
        Write(writer, kRemove, gone, gone_firsts, gone_firsts,
              accumulators_.Save(empty, std::vector<std::uint32_t>(gone.size(), 0))));
  }
  removed_.clear();
  TW_RETURN_IF_ERROR(Write(writer, kPut, slots, std::move(firsts), std::move(lasts),
                           accumulators_.Save(states_, ids)));
  return SaveProgress(writer, kNever);
}

Status SessionAggregate::Restore(component::SnapshotReader& reader) {
  std::int64_t unused = kNever;
  TW_RETURN_IF_ERROR(LoadProgress(reader, &unused));
  const Status read =
      ReadState(reader, "sessions", context().groups, [&](const StateBatch& state) -> Status {
        const auto rows = static_cast<std::size_t>(state.rows->num_rows());
        std::vector<std::uint32_t> slots(rows);
        keys_.MapKeys(*state.rows, slots.data());
        by_key_.resize(keys_.size());
        const int column = static_cast<int>(keys_.fields().size());
        const auto* firsts = state.rows->column_data(column)->GetValues<std::int64_t>(1);
        const auto* lasts = state.rows->column_data(column + 1)->GetValues<std::int64_t>(1);
        const Arrays all = state.rows->columns();
        const Arrays saved(all.begin() + column + 2, all.end());
        for (std::size_t row = 0; row < rows; ++row) {
          const auto& of_key = by_key_[slots[row]];
          const auto known = std::find_if(of_key.begin(), of_key.end(), [&](std::uint32_t id) {
            return sessions_[id].first == firsts[row];
          });
          if (state.ops[row] == kRemove) {
            if (known == of_key.end()) continue;
            sessions_[*known].saved_first.reset();
            Release(*known);
            continue;
          }
          const std::uint32_t id = known == of_key.end() ? Begin(slots[row], firsts[row]) : *known;
          TW_RETURN_IF_ERROR(
              accumulators_.Load(saved, static_cast<std::int64_t>(row), id, &states_));
          sessions_[id].last = lasts[row];
          sessions_[id].saved_first = firsts[row];
          sessions_[id].saved_rows = accumulators_.rows(states_, id);
        }
        return {};
      });
  return read;
}

}  // namespace thalweg::operators
