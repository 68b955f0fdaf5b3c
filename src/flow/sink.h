#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "component/target.h"
#include "data/element.h"
#include "data/manifest.h"

namespace thalweg::flow {

/// What a sink made of one epoch's rows: durable, not yet visible.
struct Sealed {
  std::vector<data::DataFile> files;         ///< tables
  std::vector<component::Receipt> receipts;  ///< targets
  std::int64_t rows = 0;
};

/// Where rows leave the flow: a table of the home or a target. One thread of its own, so every call
/// may wait; rows come in the order of their edge, epoch by epoch.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status Write(const data::Batch& batch) = 0;
  /// Ends the epoch: what was written since the last Seal becomes durable. Also called when nothing
  /// was written. Sequences rise; they may skip.
  virtual Result<Sealed> Seal(std::uint64_t epoch) = 0;
  /// The flow ends without another Seal: removes what no Seal gave.
  virtual void Abort() = 0;
};

}  // namespace thalweg::flow
