#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::component {

/// Operator state on its way to a snapshot, as rows of named tables: readable Parquet, one file per
/// table and instance (docs/specs/state.md). A table has key columns, value columns, and
/// `_key_group` (smallint, -1: belongs to no group).
class SnapshotWriter {
 public:
  enum class Mode {
    kBase,   ///< everything
    kDelta,  ///< what changed since the last snapshot: rows with `_op` varchar 'U' (put) or 'D'
             ///< (remove, key columns only)
  };
  virtual ~SnapshotWriter() = default;
  virtual Mode mode() const = 0;
  /// `rows` has `_key_group` as its first column and, in a delta, `_op` as its second. May be
  /// called often per table.
  virtual Status Write(std::string_view table, const data::Batch& rows) = 0;
};

/// The rows of the last snapshot: base first, then deltas in order, as they were written (with
/// `_op` in every batch: 'U' for base rows). Applying them in order gives the state.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  virtual Status Read(std::string_view table,
                      const std::function<Status(const data::Batch&)>& each) = 0;
};

}  // namespace thalweg::component
