#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "component/operator.h"
#include "component/snapshot.h"
#include "operators/columns.h"

namespace thalweg::operators {

/// Rows that an operator keeps for later, each with a number that stays the same across snapshots.
/// A kept row keeps the batch alive that it came in.
class RowStore {
 public:
  /// `table`: name of the state table. It holds `_row` and the columns of the schema.
  RowStore(std::string table, data::SchemaRef schema)
      : table_(std::move(table)), schema_(std::move(schema)) {}

  std::int64_t Add(RowRef row, int key_group);
  void Remove(std::int64_t id);
  const RowRef& at(std::int64_t id) const { return rows_.at(id); }
  std::size_t size() const { return rows_.size(); }
  const data::SchemaRef& schema() const { return schema_; }
  Result<data::Batch> Gather(const std::vector<std::int64_t>& ids) const;

  Status Snapshot(component::SnapshotWriter& writer);
  /// Then calls `each` for every row, in the order in which they were added within a key group.
  Status Restore(component::SnapshotReader& reader, component::KeyGroups owned,
                 const std::function<Status(std::int64_t id, const RowRef& row)>& each);

 private:
  // The key group is part of the number, so that numbers of different instances never meet.
  static constexpr int kGroupShift = 48;
  static std::int16_t GroupOf(std::int64_t id) {
    return static_cast<std::int16_t>(id >> kGroupShift);
  }
  Status Write(component::SnapshotWriter& writer, char op, std::vector<std::int64_t> ids) const;

  std::string table_;
  data::SchemaRef schema_;
  std::unordered_map<std::int64_t, RowRef> rows_;
  std::array<std::int64_t, component::kKeyGroups> next_{};
  std::unordered_set<std::int64_t> added_;  // since the last snapshot
  std::vector<std::int64_t> removed_;       // known to the last snapshot, since then gone
};

}  // namespace thalweg::operators
