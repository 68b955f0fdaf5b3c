#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "component/source.h"
#include "flow/sink.h"

namespace thalweg::flow::testing {

/// A source over batches in memory; one split per list, a position is a number of rows.
class ListSource : public component::Source {
 public:
  ListSource(data::EdgeType edge, std::vector<std::vector<data::Batch>> splits, std::int64_t cut)
      : edge_(std::move(edge)), splits_(std::move(splits)), cut_(cut) {}
  Result<data::EdgeType> Bind() override { return edge_; }
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<data::Columns> TableColumns() override { return data::Columns(); }

 private:
  const data::EdgeType edge_;
  const std::vector<std::vector<data::Batch>> splits_;
  const std::int64_t cut_;  ///< rows per batch; 0: as given
};

/// Rows that were sealed and committed, as text. What was only written is not there.
class ListSink : public Sink {
 public:
  Status Write(const data::Batch& batch) override;
  Result<Sealed> Seal(std::uint64_t epoch) override;
  void Abort() override;
  /// Epochs up to this one are committed: their rows count.
  void Commit(std::uint64_t epoch);
  std::vector<std::string> Rows() const;  ///< sorted

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> written_, committed_;
  std::vector<std::pair<std::uint64_t, std::vector<std::string>>> sealed_;
};

}  // namespace thalweg::flow::testing
