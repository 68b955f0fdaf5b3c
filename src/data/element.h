#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/clock.h"
#include "base/ids.h"

namespace thalweg::data {

using SchemaRef = std::shared_ptr<const arrow::Schema>;
/// Rows in motion. May be cut anew anywhere, so nothing may hang on where a batch ends.
using Batch = std::shared_ptr<arrow::RecordBatch>;

/// Event time in nanoseconds since the epoch, UTC.
struct EventTime {
  std::int64_t ns = 0;
  auto operator<=>(const EventTime&) const = default;
};

/// No row with an earlier event time follows on this edge, except as "late".
struct Watermark {
  EventTime time;
  /// Instead of a time, between tasks of a flow only: this input is idle and holds nobody back
  /// until its next watermark. Operators never see it.
  static constexpr std::int64_t kIdle = INT64_MIN;
};
/// Everything before it belongs to the epoch, everything after it to the next.
struct Barrier {
  std::uint64_t epoch = 0;
};
/// Rows that belong together logically: a window's emission, one call. Unlike batches, frames are
/// never cut.
struct FrameBegin {
  std::uint64_t id = 0;
};
struct FrameEnd {
  std::uint64_t id = 0;
};
/// The end of a bounded input.
struct End {};

/// What travels on an edge.
using Element = std::variant<Batch, Watermark, Barrier, FrameBegin, FrameEnd, End>;

/// How rows of an edge change the table they describe.
enum class Changes {
  kAppend,   ///< every row is new
  kUpsert,   ///< a row replaces the one with its key
  kRetract,  ///< rows carry _op: 'I', 'U', 'D'
};

/// What an operator or target may rely on. Known at plan time.
struct EdgeType {
  SchemaRef schema;
  std::vector<std::string> keys;          ///< names of key columns; empty: none
  std::optional<std::string> event_time;  ///< name of the column that holds event time
  Changes changes = Changes::kAppend;
  bool bounded = true;
  bool deterministic = true;  ///< the same inputs give the same rows
};

}  // namespace thalweg::data
