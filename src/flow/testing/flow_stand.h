#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/temp_directory.h"
#include "flow/flow.h"
#include "flow/testing/list_ends.h"

namespace thalweg::flow::testing {

/// A flow over lists that keeps its epochs in a temporary directory, so that it can be broken off
/// behind any commit and go on from there, with another number of instances.
class FlowStand {
 public:
  struct Way {
    std::int64_t cut = 0;  ///< rows per batch; 0: as given
    int threads = 2;
    std::vector<int> instances = {1};            ///< one after each break
    std::int64_t checkpoint_after_elements = 0;  ///< 0: only at the end
    std::int64_t break_after_commits = 0;        ///< 0: never
    Bytes channel_limit = Bytes::MiB(4);
  };
  /// One operator over one input with event time.
  FlowStand(std::shared_ptr<const component::OperatorSpec> spec, data::EdgeType edge,
            std::vector<std::vector<data::Batch>> splits, std::optional<EventTime> event_time);

  /// Runs to the end, however often it is broken off. The rows that were committed, sorted.
  Result<std::vector<std::string>> Run(const Way& way);
  int breaks() const { return breaks_; }

 private:
  Status RunOnce(const Way& way, int instances, bool* ended);

  const std::shared_ptr<const component::OperatorSpec> spec_;
  const data::EdgeType edge_;
  const std::vector<std::vector<data::Batch>> splits_;
  const std::optional<EventTime> event_time_;
  std::unique_ptr<TempDirectory> directory_;
  component::SourceState positions_;
  std::vector<data::DataFile> chain_;
  std::shared_ptr<ListSink> sink_;
  std::uint64_t next_epoch_ = 1;
  int breaks_ = 0;
};

}  // namespace thalweg::flow::testing
