#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "data/element.h"

namespace thalweg::cli {

struct YsbOptions {
  std::int64_t events = 2'000'000;
  bool shuffle = false;  ///< ads are drawn at random; else they come in turn
  int parallel = 1;      ///< instances of the lookup and of the aggregate
};

/// The events of the Yahoo streaming benchmark, the pipeline that counts them, and how often each
/// campaign was seen in each window, counted while the events are made and not from their text.
///
/// An event a millisecond; times are up to 50 ms off, and one event in 10,000 is up to 60 s late.
/// The pipeline waits 61 s, so no event is later than that and each belongs into its window: the
/// counts are exact. The same options make the same events.
class Ysb {
 public:
  static constexpr std::int64_t kCampaigns = 100, kAdsPerCampaign = 10;
  static constexpr std::int64_t kWindowMs = 10'000;
  /// Campaign and begin of the window in ms since 1970.
  using Window = std::pair<std::int64_t, std::int64_t>;
  using Counts = std::map<Window, std::int64_t>;

  /// Writes events.ndjson, campaigns.csv and ysb.yaml into `directory`, which is there.
  static Result<Ysb> Make(FileSystem& files, const std::string& directory,
                          const YsbOptions& options);

  std::string file() const { return file_; }             ///< path of ysb.yaml
  const std::string& pipeline() const { return text_; }  ///< its text
  const Counts& counts() const { return counts_; }
  std::int64_t views() const { return views_; }
  std::int64_t late() const { return late_; }    ///< events that are a second late or more
  std::int64_t bytes() const { return bytes_; }  ///< of the events

  /// What Differences() compares: columns campaign, window, n, all bigint.
  static constexpr std::string_view kResult =
      "SELECT campaign_id AS campaign, epoch_ms(window_start) AS \"window\", n FROM counts";

 private:
  std::string file_, text_;
  Counts counts_;
  std::int64_t views_ = 0, late_ = 0, bytes_ = 0;
};

/// A line for each window that was counted otherwise, is missing, is there twice or should not be
/// there.
std::vector<std::string> Differences(const Ysb::Counts& expected,
                                     const std::vector<data::Batch>& result);

}  // namespace thalweg::cli
