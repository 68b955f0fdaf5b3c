#pragma once

#include <memory>
#include <vector>

#include "component/target.h"
#include "connectors/streams/stream_body.h"
#include "connectors/tcp/socket.h"

namespace thalweg::connectors {

/// The body of a target with the key `tcp`.
struct TcpTargetBody : StreamTargetKeys {
  std::string tcp;
  static component::OptionsOf<TcpTargetBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
  TcpAddress address;
};

/// Rows to a server over one connection, which outlives the epochs and is made anew when it breaks;
/// the rows of the epoch so far are sent again then. Prepare waits until the peer's system has
/// acknowledged everything: what the peer's program does with it nobody knows.
class TcpTarget : public component::Target {
 public:
  TcpTarget(TcpTargetBody body, component::TargetContext context);
  ~TcpTarget() override;

  std::string identity() const override { return "tcp:" + body_.tcp; }
  Result<component::Guarantee> Bind(const data::Columns& columns, const data::EdgeType& edge,
                                    component::WriteMode mode) override;
  Result<std::unique_ptr<component::Writer>> Open(const component::WriterId& writer,
                                                  EpochId epoch) override;
  Status Commit(std::span<const component::Receipt>) override { return Status::Ok(); }
  Status Recover(const component::WriterId&, std::span<const component::Receipt>) override {
    return Status::Ok();
  }
  Result<bool> Holds(const component::Receipt&) override { return true; }
  std::string Describe(const component::Receipt& receipt) const override;

  class Connection;

 private:
  TcpTargetBody body_;
  component::TargetContext context_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace thalweg::connectors
