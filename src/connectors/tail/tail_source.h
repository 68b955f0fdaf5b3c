#pragma once

#include "component/source.h"
#include "connectors/tail/tail_body.h"

namespace thalweg::connectors {

/// Files that grow, new ones too. One split for all of them, so that a file that turns up later
/// needs nobody to look for splits again; its position says where every file stands. A file that is
/// renamed is read to its end, then the new one of its name; one that is cut is read from its
/// beginning, like `tail -F`. The last line comes out when its line end does.
class TailSource : public component::Source {
 public:
  TailSource(TailBody body, component::SourceContext context);

  Result<data::EdgeType> Bind() override;
  Result<std::optional<component::Fingerprint>> Identity() override;
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  component::RejectPolicy reject_policy() const override { return body_.rejects; }
  Result<data::Columns> TableColumns() override;

 private:
  TailBody body_;
  component::SourceContext context_;
};

}  // namespace thalweg::connectors
