#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::flow {

/// The versions of a table that an operator looks into. Used by one task at a time; may wait for
/// the disk.
class TableFeed {
 public:
  virtual ~TableFeed() = default;
  /// The version to begin with: the one of the epoch that the flow goes on from, else the newest.
  /// Stable text, kept in the epoch.
  virtual Result<std::string> First() = 0;
  /// A newer version than `current`, or `current` itself.
  virtual Result<std::string> Newest(const std::string& current) = 0;
  virtual Status Read(const std::string& version,
                      const std::function<Status(data::Batch)>& each) = 0;
};

}  // namespace thalweg::flow
