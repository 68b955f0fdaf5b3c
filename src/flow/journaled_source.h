#pragma once

#include <memory>
#include <string>

#include "flow/journal_log.h"

namespace thalweg::flow {

/// Makes a source that cannot be read again one that can: what it gives goes to a journal first.
/// Position of its one split: the number of the next record.
class JournaledSource : public component::Source {
 public:
  JournaledSource(std::shared_ptr<component::Source> inner, FileSystem& files,
                  std::string directory)
      : inner_(std::move(inner)), files_(files), directory_(std::move(directory)) {}

  Result<data::EdgeType> Bind() override { return inner_->Bind(); }
  Result<std::optional<component::Fingerprint>> Identity() override { return inner_->Identity(); }
  component::Replay replay() const override { return component::Replay::kExact; }
  /// kUnsupported for a source of several splits.
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  component::RejectPolicy reject_policy() const override { return inner_->reject_policy(); }
  Result<data::Columns> TableColumns() override { return inner_->TableColumns(); }

 private:
  const std::shared_ptr<component::Source> inner_;
  FileSystem& files_;
  const std::string directory_;
};

}  // namespace thalweg::flow
