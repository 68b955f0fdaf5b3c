#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/records.h"
#include "component/engine.h"
#include "component/source.h"
#include "data/manifest.h"

namespace thalweg::runs {

/// Rows of a stored table in a fixed order: by event time, then by all other columns, NULLs first.
component::Statement OrderedRows(component::Input input, const data::EdgeType& edge);

/// Refuses a version whose columns are not those of `edge`, slug "columns-changed". `begun`: a
/// stream goes on with it.
Status CheckColumns(const catalog::VersionRecord& version, const data::EdgeType& edge, bool begun);

/// Position of a version whose rows a stream that has ended has given on.
inline constexpr std::string_view kEndOfTable = "end";

/// A table of the home as a source of a stream: one version, its rows in the order of their event
/// time. One split; a position is a number of rows, or kEndOfTable. The engine sorts, and spills.
class TableSource : public component::Source {
 public:
  /// `engine` outlives the source; `stop` ends a query.
  TableSource(component::Engine* engine, component::TableInput table, data::EdgeType edge,
              data::Columns columns, std::stop_token stop);
  Result<data::EdgeType> Bind() override { return edge_; }
  Result<std::optional<component::Fingerprint>> Identity() override;
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<data::Columns> TableColumns() override { return columns_; }

 private:
  component::Engine* const engine_;
  const component::TableInput table_;
  const data::EdgeType edge_;
  const data::Columns columns_;
  const std::stop_token stop_;
};

}  // namespace thalweg::runs
