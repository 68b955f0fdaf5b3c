#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "component/operator.h"
#include "component/snapshot.h"
#include "operators/columns.h"

namespace thalweg::operators {

/// Rows that belong to no key group: every instance reads them.
inline constexpr std::int16_t kNoGroup = -1;
inline constexpr char kPut = 'U', kRemove = 'D';

using Fields = std::vector<std::shared_ptr<arrow::Field>>;

/// Writes rows of a state table in the form of docs/specs/state.md, section 2. In a base all rows
/// must be put. Removed rows carry their key columns; what their other columns hold does not
/// matter.
Status WriteState(component::SnapshotWriter& writer, std::string_view table, const Fields& fields,
                  const std::vector<std::int16_t>& key_groups, char op, Arrays columns);

/// Rows of a state table that this instance owns, without the leading columns.
struct StateBatch {
  data::Batch rows;
  std::vector<std::int16_t> key_groups;
  std::vector<char> ops;
};
Status ReadState(component::SnapshotReader& reader, std::string_view table,
                 component::KeyGroups owned, const std::function<Status(const StateBatch&)>& each);

/// The table "progress" of one row: how far event time has come.
Status WriteWatermark(component::SnapshotWriter& writer, std::int64_t ns);
/// Raises *ns to what was written.
Status ReadWatermark(component::SnapshotReader& reader, component::KeyGroups owned,
                     std::int64_t* ns);

}  // namespace thalweg::operators
