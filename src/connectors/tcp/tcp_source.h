#pragma once

#include "component/source.h"
#include "connectors/streams/stream_body.h"
#include "connectors/tcp/socket.h"

namespace thalweg::connectors {

/// The body of a source with the key `tcp_listen`.
struct TcpListenBody : StreamSourceKeys {
  std::string tcp_listen;
  std::optional<std::int64_t> clients;
  bool end_when_idle = false;
  static component::OptionsOf<TcpListenBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
  TcpAddress address;
};

/// The body of a source with the key `tcp_connect`.
struct TcpConnectBody : StreamSourceKeys {
  std::string tcp_connect;
  bool end_at_close = false;
  static component::OptionsOf<TcpConnectBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);
  TcpAddress address;
};

/// Rows over TCP. One split, one reader, which has a thread that waits for the sockets. What was
/// read is gone. A row that a broken connection cut off is a reject; one that an orderly close ends
/// without a line end is a row.
template <typename Body>
class TcpSource : public component::Source {
 public:
  TcpSource(Body body, component::SourceContext context)
      : body_(std::move(body)), context_(std::move(context)) {}

  Result<data::EdgeType> Bind() override;
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kNever; }
  Result<std::vector<component::Split>> Discover(const component::SourceState&) override {
    return std::vector<component::Split>{{"tcp", {}}};
  }
  Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                  const component::Position& from) override;
  component::RejectPolicy reject_policy() const override { return body_.rejects; }
  Result<data::Columns> TableColumns() override;

  /// Where a `tcp_listen` listens, after Open: "127.0.0.1:40123".
  const std::string& listens_at() const { return listens_at_; }

 private:
  Body body_;
  component::SourceContext context_;
  std::string listens_at_;
};

extern template class TcpSource<TcpListenBody>;
extern template class TcpSource<TcpConnectBody>;

}  // namespace thalweg::connectors
