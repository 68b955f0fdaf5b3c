#include "connectors/tcp/register.h"

#include "connectors/tcp/tcp_source.h"
#include "connectors/tcp/tcp_target.h"

namespace thalweg::connectors {
namespace {

template <typename Body>
struct TcpSourceOptions : component::SourceOptions {
  Body body;
  std::unique_ptr<component::Source> Make(const component::SourceContext& context) const override {
    return std::make_unique<TcpSource<Body>>(body, context);
  }
};

struct TcpTargetOptions : component::TargetOptions {
  TcpTargetBody body;
  std::unique_ptr<component::Target> Make(const component::TargetContext& context) const override {
    return std::make_unique<TcpTarget>(body, context);
  }
};

constexpr char kNeverAgain[] = "Cannot be read again: at most once across a crash.";

}  // namespace

void RegisterTcp(component::Registry& registry) {
  component::Descriptor listen;
  listen.name = "tcp_listen";
  listen.summary = "Rows that any number of clients send over TCP.";
  listen.unbounded = true;
  listen.options = TcpListenBody::Describe().info();
  listen.promise = kNeverAgain;
  listen.example =
      "events:\n"
      "  source:\n"
      "    tcp_listen: 127.0.0.1:9000\n"
      "    columns: {ad_id: varchar, ts: {type: timestamptz, from: epoch_ms}}\n"
      "    bad_rows: drop\n";
  registry.Add(std::move(listen),
               component::Registry::MakeSource(ReadStreamBody<TcpSourceOptions<TcpListenBody>>));

  component::Descriptor connect;
  connect.name = "tcp_connect";
  connect.summary = "Rows that a server sends over TCP.";
  connect.unbounded = true;
  connect.options = TcpConnectBody::Describe().info();
  connect.promise = kNeverAgain;
  connect.example =
      "events:\n"
      "  source:\n"
      "    tcp_connect: 127.0.0.1:9000\n"
      "    columns: {user: varchar, n: bigint}\n";
  registry.Add(std::move(connect),
               component::Registry::MakeSource(ReadStreamBody<TcpSourceOptions<TcpConnectBody>>));

  component::Descriptor target;
  target.name = "tcp";
  target.summary = "Rows to a server over TCP, as they come.";
  target.options = TcpTargetBody::Describe().info();
  target.promise = "At least once: an epoch that broke off is sent again.";
  target.example =
      "sent:\n"
      "  from: events\n"
      "  target: {tcp: \"127.0.0.1:9001\", format: ndjson}\n";
  registry.Add(std::move(target),
               component::Registry::MakeTarget(ReadStreamBody<TcpTargetOptions>));
}

}  // namespace thalweg::connectors
