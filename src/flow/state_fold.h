#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "data/element.h"
#include "data/manifest.h"

namespace thalweg::flow {

/// The rows that a state table has: of each instance its base with its deltas applied. In the order
/// in which their keys came first, without `_op`. Which columns are the key follows from the names
/// (docs/specs/state.md, section 2). Deltas need all rows of the instance in memory.
Status ReadFolded(FileSystem& files, const std::string& home,
                  const std::vector<data::DataFile>& chain, const std::string& table,
                  const std::function<Status(const data::Batch&)>& each);

/// How many columns behind `_key_group` and `_op` are the key of a state table.
int KeyColumnsOf(const arrow::Schema& schema);

}  // namespace thalweg::flow
