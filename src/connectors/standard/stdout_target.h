#pragma once

#include "component/target.h"
#include "connectors/streams/stream_body.h"

namespace thalweg::connectors {

/// The body of a target with the key `stdout`.
struct StdoutBody : StreamTargetKeys {
  static component::OptionsOf<StdoutBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
};

/// Rows through a file descriptor as they come. Nothing is prepared and nothing taken back: what an
/// epoch wrote stays, also when it is written again after a crash.
class StdoutTarget : public component::Target {
 public:
  /// `fd` stays the caller's.
  StdoutTarget(StdoutBody body, component::TargetContext context, int fd = 1);

  std::string identity() const override { return "stdout"; }
  Result<component::Guarantee> Bind(const data::Columns& columns, const data::EdgeType& edge,
                                    component::WriteMode mode) override;
  Result<std::unique_ptr<component::Writer>> Open(const component::WriterId& writer,
                                                  EpochId epoch) override;
  Status Commit(std::span<const component::Receipt>) override { return Status::Ok(); }
  Status Recover(const component::WriterId&, std::span<const component::Receipt>) override {
    return Status::Ok();
  }
  /// What was written once is somebody else's now.
  Result<bool> Holds(const component::Receipt&) override { return true; }
  std::string Describe(const component::Receipt& receipt) const override;

 private:
  StdoutBody body_;
  component::TargetContext context_;
  int fd_;
  std::shared_ptr<formats::Encoder> encoder_;  ///< one for all epochs: a header comes once
};

}  // namespace thalweg::connectors
