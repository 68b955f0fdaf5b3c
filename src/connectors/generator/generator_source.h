#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "component/source.h"
#include "connectors/generator/generator_body.h"

namespace thalweg::connectors {

/// Rows that are made up. One split; a position is the number of the next row, so that any can be
/// made again. Ends after `rows`.
class GeneratorSource : public component::Source {
 public:
  GeneratorSource(GeneratorBody body, component::SourceContext context);

  Result<data::EdgeType> Bind() override;
  Result<std::optional<component::Fingerprint>> Identity() override;
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  Result<data::Columns> TableColumns() override { return body_.columns(); }

 private:
  GeneratorBody body_;
  component::SourceContext context_;
};

}  // namespace thalweg::connectors
