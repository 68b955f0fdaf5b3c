#pragma once

#include <optional>
#include <vector>

#include "operators/windowed_aggregate.h"

namespace thalweg::operators {

/// Windows that end with a pause: rows of a key less than `gap` apart are in one window, whatever
/// order they come in. window_end is the last row's time plus the gap.
class SessionAggregate : public WindowedAggregate {
 public:
  SessionAggregate(Plan plan, KeyTable keys, Accumulators accumulators);
  Status Snapshot(component::SnapshotWriter& writer) override;
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status Add(const data::Batch& batch, const std::uint32_t* rows, const std::uint32_t* slots,
             const std::int64_t* times, std::size_t count) override;
  Status CloseUntil(std::int64_t time) override;

 private:
  struct Session {
    std::uint32_t slot = 0;  // of its key
    bool open = false;
    std::int64_t first = 0, last = 0;
    std::optional<std::int64_t> saved_first;  // as the last snapshot knows it
    std::int64_t saved_rows = 0;
  };
  std::uint32_t Begin(std::uint32_t slot, std::int64_t time);
  /// The session that takes a row. Sets *merged to one that became part of it.
  std::uint32_t Find(std::uint32_t slot, std::int64_t time, std::optional<std::uint32_t>* merged);
  void Release(std::uint32_t session);
  Fields StateFields() const;
  Status Write(component::SnapshotWriter& writer, char op, const std::vector<std::uint32_t>& slots,
               std::vector<std::int64_t> firsts, std::vector<std::int64_t> lasts,
               const Arrays& saved) const;

  const std::int64_t gap_;
  GroupStates states_;  // by session
  std::vector<Session> sessions_;
  std::vector<std::uint32_t> free_;
  std::vector<std::vector<std::uint32_t>> by_key_;
  struct Removed {
    std::uint32_t slot;
    std::int64_t first;
  };
  std::vector<Removed> removed_;  // since the last snapshot, and known to it
};

}  // namespace thalweg::operators
