#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "catalog/catalog.h"
#include "catalog/home.h"

namespace thalweg::runs {

/// One measured value of a node; an empty node: of the whole run.
struct Metric {
  Instant at;
  std::string node, measure;
  double value = 0;
};

/// runs/<n>/metrics.parquet: what a run measured, over time; `thalweg.metrics` in queries. Best
/// effort: what cannot be written is logged and never fails a run. Goes on behind what the file
/// holds already. When there are too many rows, every second instant of the older half goes.
/// Thread-safe.
class MetricSeries {
 public:
  struct Options {
    std::chrono::seconds every{30};  ///< between two writings of WriteIfDue
    std::size_t most_rows = 200'000;
  };
  MetricSeries(const catalog::Home& home, const Clock& clock, std::int64_t run, Options options);
  MetricSeries(const catalog::Home& home, const Clock& clock, std::int64_t run)
      : MetricSeries(home, clock, run, Options()) {}

  /// Only remembers it.
  void Add(std::string_view node, std::string_view measure, double value) {
    Add({clock_.Now(), std::string(node), std::string(measure), value});
  }
  void Add(const Metric& metric);
  /// Writes the file anew when it is time; nobody who adds waits for it.
  void WriteIfDue();
  void Write();

 private:
  struct Row {
    Instant at;
    std::uint32_t name = 0;  ///< index into names_
    double value = 0;
  };
  struct Snapshot {
    std::vector<Row> rows;
    std::vector<std::pair<std::string, std::string>> names;
  };
  void Remember(const Metric& metric);
  void ThinOut();
  Status WriteFile(const Snapshot& snapshot);

  FileSystem& files_;
  const Clock& clock_;
  const std::string directory_, path_;
  const Options options_;
  std::mutex mutex_;
  std::vector<Row> rows_;
  std::vector<std::pair<std::string, std::string>> names_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> numbers_;
  std::chrono::steady_clock::time_point next_;
  std::mutex writing_;  ///< before mutex_
};

/// The rows of a run's file; none when there is no file.
Result<std::vector<Metric>> ReadMetrics(const catalog::Home& home, std::int64_t run);

/// What the attempts of a batch run measured, each at its end. For who holds the RunLock.
void WriteAttemptMetrics(const catalog::Home& home, const Clock& clock, catalog::Catalog& catalog,
                         const catalog::RunRecord& run);

}  // namespace thalweg::runs
