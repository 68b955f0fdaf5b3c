#pragma once

#include "component/source.h"
#include "connectors/streams/stream_body.h"

namespace thalweg::connectors {

/// The body of a source with the key `stdin`.
struct StdinBody : StreamSourceKeys {
  static component::OptionsOf<StdinBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
};

/// What comes through a file descriptor, read by a thread of the reader. Once: there is no second
/// reader, and no going back.
class StdinSource : public component::Source {
 public:
  /// `fd` stays the caller's.
  StdinSource(StdinBody body, component::SourceContext context, int fd = 0);

  Result<data::EdgeType> Bind() override;
  Result<std::optional<component::Fingerprint>> Identity() override;
  component::Replay replay() const override { return component::Replay::kNever; }
  Result<std::vector<component::Split>> Discover(const component::SourceState& state) override;
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  component::RejectPolicy reject_policy() const override { return body_.rejects; }
  Result<data::Columns> TableColumns() override;

 private:
  StdinBody body_;
  component::SourceContext context_;
  int fd_;
};

}  // namespace thalweg::connectors
