#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/status.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::component {

/// What a target can promise across a crash. `plan` and `describe` print it.
enum class Guarantee {
  kExactlyOnceStaged,     ///< prepared aside, committed by an idempotent step
  kExactlyOnceJournaled,  ///< staged in our files, delivered with a marker in the same outside
                          ///< transaction
  kIdempotentUpsert,
  kAtLeastOnce,
};
std::string_view ToString(Guarantee guarantee);

enum class WriteMode { kReplace, kAppend, kMerge };

/// Proof that an epoch's rows are durable at the target's side and can be committed at any later
/// time, also by another process. Kept in the catalog's ledger. `text` is JSON, opaque to everybody
/// but its target.
struct Receipt {
  std::string target;  ///< Target::identity()
  std::string text;
};

/// One writer of one node run (or of one task of a stream). Stable over restarts.
struct WriterId {
  NodeId node;
  int task = 0;
};

struct TargetContext {
  FileSystem* files = nullptr;
  const Clock* clock = nullptr;
  std::string directory;  ///< of the pipeline file
  std::stop_token stop;   ///< requested when the run ends: a Write that waits gives kCancelled
};

/// Writes the rows of one epoch. One thread, the writer's own: Write may wait for the outside (a
/// peer that does not read), which slows what is above it. Lifecycle: Write* -> Prepare | Abort; a
/// destroyed writer has aborted. In a stream one writer follows the other, an epoch each; what
/// outlives an epoch (a connection) belongs to the Target. A target without a prepared state (a
/// socket) shows rows at once and promises no more than at least once.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual Status Write(const data::Batch& batch) = 0;
  /// Makes everything written durable, but not visible. After it only the receipt matters.
  virtual Result<Receipt> Prepare(EpochId epoch) = 0;
  /// Removes what was written. Never fails loudly: leftovers are found by Recover.
  virtual void Abort() = 0;
};

/// Where rows go outside of Thalweg.
class Target {
 public:
  virtual ~Target() = default;
  /// Names the outside thing, without secrets: "file:/abs/path/report.parquet". Two nodes with one
  /// identity are refused.
  virtual std::string identity() const = 0;
  /// Checks that these columns can be written in this mode, before anything runs.
  virtual Result<Guarantee> Bind(const data::Columns& columns, const data::EdgeType& edge,
                                 WriteMode mode) = 0;
  virtual Result<std::unique_ptr<Writer>> Open(const WriterId& writer, EpochId epoch) = 0;
  /// Makes prepared epochs visible, in order. Idempotent: also for receipts that are committed
  /// already.
  virtual Status Commit(std::span<const Receipt> receipts) = 0;
  /// Removes leftovers of this writer that no receipt in `wanted` names. Called before the first
  /// Open after a restart.
  virtual Status Recover(const WriterId& writer, std::span<const Receipt> wanted) = 0;
  /// Is what the receipt says still there, unchanged? (A file that somebody removed is written
  /// again.)
  virtual Result<bool> Holds(const Receipt& receipt) = 0;
  /// One line for people: "out/by_carrier.parquet, 16 rows, 1.2 KiB". From a receipt.
  virtual std::string Describe(const Receipt& receipt) const = 0;
};

}  // namespace thalweg::component
