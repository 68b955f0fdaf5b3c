#include "cli/ysb.h"

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/clock.h"

namespace thalweg::cli {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000;  // begins a window
constexpr std::int64_t kJitterMs = 50, kLateMs = 60'000, kOneLateIn = 10'000;
constexpr std::size_t kWriteBytes = 1 << 20;

/// splitmix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 … count - 1.
  std::int64_t Below(std::int64_t count) {
    return static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(count));
  }

 private:
  std::uint64_t state_;
};

std::vector<std::string> MakeIds(std::int64_t count, Random& random) {
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t a = random.Next(), b = random.Next();
    ids.push_back(fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff,
                              a & 0xffff, b >> 48, b & 0xffff'ffff'ffff));
  }
  return ids;
}

std::string PipelineText(int parallel) {
  const std::string many = parallel > 1 ? fmt::format("\n    parallel: {}", parallel) : "";
  return fmt::format(R"yaml(thalweg: 1
pipeline: ysb
doc: The Yahoo streaming benchmark, views per campaign in windows of ten seconds
nodes:
  campaigns: {{source: {{files: campaigns.csv, columns: {{ad_id: varchar, campaign_id: bigint}}}}}}
  events:
    source:
      tail: events.ndjson
      end_at_eof: true
      format: ndjson
      columns: {{ad_id: varchar, event_type: varchar, event_time: {{type: timestamptz, from: epoch_ms}}}}
    event_time: {{column: event_time, lateness: 61s}}
  views: {{from: events, filter: "event_type = 'view'"}}
  tagged:
    from: views
    lookup: {{in: campaigns, match: [ad_id], take: [campaign_id], missing: drop}}{0}
  counts:
    from: tagged
    aggregate: {{by: [campaign_id], window: {{tumbling: 10s}}, columns: {{n: "count(*)"}}}}{0}
    materialize: {{merge: [campaign_id, window_start]}}
)yaml",
                     many);
}

/// Collects text on its way into a file.
class TextFile {
 public:
  static Result<TextFile> Create(FileSystem& files, const std::string& path) {
    TextFile file;
    TW_ASSIGN_OR_RETURN(file.file_, files.Create(path));
    return file;
  }
  std::string& text() { return text_; }
  Status WriteIfFull() { return text_.size() < kWriteBytes ? Status::Ok() : Write(); }
  Status Close() {
    TW_RETURN_IF_ERROR(Write());
    return file_->Close();
  }
  std::int64_t bytes() const { return bytes_; }

 private:
  Status Write() {
    bytes_ += static_cast<std::int64_t>(text_.size());
    const Status status = file_->Append(text_);
    text_.clear();
    return status;
  }
  std::unique_ptr<WritableFile> file_;
  std::string text_;
  std::int64_t bytes_ = 0;
};

}  // namespace

Result<Ysb> Ysb::Make(FileSystem& files, const std::string& directory, const YsbOptions& options) {
  constexpr std::string_view kAdTypes[] = {"banner", "modal", "sponsored-search", "mail", "mobile"};
  constexpr std::string_view kEventTypes[] = {"view", "click", "purchase"};
  constexpr std::int64_t kAds = kCampaigns * kAdsPerCampaign;
  Random random(42);
  const auto ads = MakeIds(kAds, random), people = MakeIds(100, random);

  Ysb ysb;
  TW_ASSIGN_OR_RETURN(TextFile campaigns,
                      TextFile::Create(files, JoinPath(directory, "campaigns.csv")));
  campaigns.text() = "ad_id,campaign_id\n";
  for (std::size_t ad = 0; ad < ads.size(); ++ad)
    campaigns.text() += fmt::format("{},{}\n", ads[ad], ad / kAdsPerCampaign);
  TW_RETURN_IF_ERROR(campaigns.Close());

  TW_ASSIGN_OR_RETURN(TextFile events,
                      TextFile::Create(files, JoinPath(directory, "events.ndjson")));
  for (std::int64_t i = 0; i < options.events; ++i) {
    const std::int64_t ad = options.shuffle ? random.Below(kAds) : i % kAds;
    const std::int64_t type = random.Below(3);
    std::int64_t time = kStartMs + i - kJitterMs + random.Below(2 * kJitterMs + 1);
    if (random.Below(kOneLateIn) == 0) {
      const std::int64_t by = random.Below(kLateMs + 1);
      time -= by;
      ysb.late_ += by >= 1000 ? 1 : 0;
    }
    fmt::format_to(std::back_inserter(events.text()),
                   R"({{"user_id": "{}", "page_id": "{}", "ad_id": "{}", "ad_type": "{}", )"
                   R"("event_type": "{}", "event_time": {}, "ip_address": "1.2.3.4"}})"
                   "\n",
                   people[static_cast<std::size_t>(random.Below(100))],
                   people[static_cast<std::size_t>(random.Below(100))],
                   ads[static_cast<std::size_t>(ad)], kAdTypes[random.Below(5)], kEventTypes[type],
                   time);
    TW_RETURN_IF_ERROR(events.WriteIfFull());
    if (type != 0) continue;
    ++ysb.views_;
    ++ysb.counts_[{ad / kAdsPerCampaign, time - time % kWindowMs}];
  }
  TW_RETURN_IF_ERROR(events.Close());
  ysb.bytes_ = events.bytes();

  ysb.file_ = JoinPath(directory, "ysb.yaml");
  ysb.text_ = PipelineText(options.parallel);
  TW_ASSIGN_OR_RETURN(TextFile pipeline, TextFile::Create(files, ysb.file_));
  pipeline.text() = ysb.text_;
  TW_RETURN_IF_ERROR(pipeline.Close());
  return ysb;
}

std::vector<std::string> Differences(const Ysb::Counts& expected,
                                     const std::vector<data::Batch>& result) {
  std::vector<std::string> lines;
  const auto differs = [&lines](const Ysb::Window& window, const std::string& what) {
    lines.push_back(fmt::format("campaign {}, window {}: {}", window.first,
                                FormatInstant(Instant(std::chrono::milliseconds(window.second))),
                                what));
  };
  Ysb::Counts left = expected;
  for (const auto& batch : result) {
    const auto* campaign = batch->column_data(0)->GetValues<std::int64_t>(1);
    const auto* begin = batch->column_data(1)->GetValues<std::int64_t>(1);
    const auto* count = batch->column_data(2)->GetValues<std::int64_t>(1);
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const Ysb::Window window{campaign[row], begin[row]};
      const auto found = left.find(window);
      if (found == left.end()) {
        differs(window, expected.contains(window) ? "there twice" : "no event belongs to it");
        continue;
      }
      if (found->second != count[row])
        differs(window, fmt::format("{} counted, {} made", count[row], found->second));
      left.erase(found);
    }
  }
  for (const auto& [window, count] : left) differs(window, fmt::format("missing, {} made", count));
  return lines;
}

}  // namespace thalweg::cli
