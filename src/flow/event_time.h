#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "base/status.h"
#include "data/element.h"

namespace thalweg::flow {

/// The watermark of one split. A row is late iff its time is less than the running maximum of the
/// rows before it less the lateness, row by row: batches are cut in front of a late row and the
/// watermark put between, so that what is late does not depend on where batches end.
class SplitTime {
 public:
  SplitTime(int column, std::int64_t ns_per_unit, std::int64_t lateness_ns)
      : column_(column), ns_per_unit_(ns_per_unit), lateness_(lateness_ns) {}

  /// Calls `rows` with each piece of the batch, and before a piece that begins with a late row
  /// `moved` first. After the last piece watermark() is what holds behind the batch.
  void Cut(const data::Batch& batch, const std::function<void(data::Batch)>& rows,
           const std::function<void()>& moved);

  /// INT64_MIN before the first row with a time.
  std::int64_t watermark() const { return watermark_; }
  /// What lies in the past of a split that goes on.
  void set_watermark(std::int64_t ns);

 private:
  const int column_;
  const std::int64_t ns_per_unit_, lateness_;
  std::int64_t greatest_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t watermark_ = std::numeric_limits<std::int64_t>::min();
};

/// The least watermark over several inputs (splits, channels) that are neither idle nor ended.
class LeastWatermark {
 public:
  explicit LeastWatermark(std::size_t inputs) : inputs_(inputs) {}

  void Set(std::size_t input, std::int64_t ns);
  void SetIdle(std::size_t input) { inputs_[input].idle = true; }
  void SetEnded(std::size_t input) { inputs_[input].ended = true; }
  /// The least of all active inputs, and never less than it was. INT64_MIN: some input has none.
  /// When all are idle the greatest, as if the one that is furthest had been the last to fall idle.
  std::int64_t Get();
  /// Every input that has not ended is idle, and there is one.
  bool idle() const;

 private:
  struct Input {
    std::int64_t ns = std::numeric_limits<std::int64_t>::min();
    bool idle = false, ended = false;
  };
  std::vector<Input> inputs_;
  std::int64_t least_ = std::numeric_limits<std::int64_t>::min();
};

/// The place and unit of an event-time column: a timestamp.
struct TimeColumn {
  int index = 0;
  std::int64_t ns_per_unit = 1;
};
Result<TimeColumn> FindTimeColumn(const arrow::Schema& schema, const std::string& name);

}  // namespace thalweg::flow
