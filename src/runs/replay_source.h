#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "component/registry.h"
#include "runs/graph.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// `source: {replay: flights}`.
struct ReplayBody {
  std::string replay;
  static component::OptionsOf<ReplayBody> Describe();
};

/// The options of such a source. Which table it is and what columns it has is known only with its
/// graph, so Make gives a source that cannot be bound.
struct ReplayOptions : component::SourceOptions {
  ReplayBody body;
  std::unique_ptr<component::Source> Make(const component::SourceContext&) const override;
};

void RegisterReplay(component::Registry& registry);

/// A table of the home as a stream of its own: the version that was begun, else the one that is
/// chosen at the first look; its rows in the order of their event time, then the end. A version
/// whose end was reached is not read again. One split for each version; positions as of
/// TableSource. Versions with other columns than `edge` are refused.
class ReplaySource : public component::Source {
 public:
  /// `edge` has the event time. `workspace` outlives the source; `stop` ends a query.
  ReplaySource(Workspace& workspace, InputTable table, data::EdgeType edge, data::Columns columns,
               std::stop_token stop);
  /// Which version is read where none was begun; without this the newest good one. Before Discover.
  void ChooseBy(std::function<Result<catalog::VersionRecord>()> choose) {
    choose_ = std::move(choose);
  }
  Result<data::EdgeType> Bind() override { return edge_; }
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<data::Columns> TableColumns() override { return columns_; }

 private:
  Result<std::optional<catalog::VersionRecord>> Begun(const component::SourceState& state);
  Result<catalog::VersionRecord> Choose(const component::SourceState& state);

  Workspace& workspace_;
  const InputTable table_;
  const data::EdgeType edge_;
  const data::Columns columns_;
  const std::stop_token stop_;
  std::function<Result<catalog::VersionRecord>()> choose_;
  std::optional<catalog::VersionRecord> version_;
};

}  // namespace thalweg::runs
