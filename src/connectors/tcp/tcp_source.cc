#include "connectors/tcp/tcp_source.h"

#include <cstdio>

#include <fmt/format.h>

#include "base/log.h"
#include "connectors/streams/decoded_rows.h"
#include "connectors/tcp/socket_reader.h"
#include "connectors/text_keys.h"

namespace thalweg::connectors {
namespace {

void CheckAddress(const component::Value& body, std::string_view key, const std::string& text,
                  TcpAddress* address, Diagnostics& diagnostics) {
  const auto parsed = ParseTcpAddress(text);
  if (parsed.ok()) {
    *address = *parsed;
  } else {
    diagnostics.Error(parsed.status().slug(), parsed.status().message(), PlaceOfKey(body, key), {},
                      parsed.status().hint());
  }
}

Result<std::unique_ptr<component::Reader>> OpenReader(const TcpListenBody& body,
                                                      const component::SourceContext& context,
                                                      std::string* listens_at) {
  TW_ASSIGN_OR_RETURN(UniqueFd listener, ListenOn(body.address));
  *listens_at = LocalName(listener.get());
  // With port 0 nobody knows it otherwise.
  if (body.address.port == 0) fmt::print(stderr, "listening at {}\n", *listens_at);
  Log(LogLevel::kInfo, "listening at {}", *listens_at);
  return MakeListeningReader(body.decoding, context.stop, std::move(listener), body.clients,
                             body.end_when_idle);
}

Result<std::unique_ptr<component::Reader>> OpenReader(const TcpConnectBody& body,
                                                      const component::SourceContext& context,
                                                      std::string*) {
  return MakeConnectingReader(body.decoding, context.stop, *context.clock, body.address,
                              body.end_at_close);
}

}  // namespace

component::OptionsOf<TcpListenBody> TcpListenBody::Describe() {
  component::OptionsOf<TcpListenBody> options("tcp_listen", "Rows that clients send over TCP.");
  options
      .Field("tcp_listen", &TcpListenBody::tcp_listen,
             {.doc = "Address and port to listen at; port 0 takes a free one.",
              .example = "127.0.0.1:9000",
              .required = true,
              .changes_rows = false})
      .Field("clients", &TcpListenBody::clients,
             {.doc = "Ends the stream when so many clients have come and left. A run that is "
                     "resumed counts from 0 again.",
              .example = "1"})
      .Field("end_when_idle", &TcpListenBody::end_when_idle,
             {.doc = "Ends the stream when all clients have left, after the first one.",
              .default_text = "false"});
  return AddStreamSourceKeys(options);
}

bool TcpListenBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  CheckAddress(body, "tcp_listen", tcp_listen, &address, diagnostics);
  if (clients && *clients < 1) {
    diagnostics.Error("bad-value", "\"clients\" must be positive", PlaceOfKey(body, "clients"));
  }
  CheckStream(body, diagnostics);
  return diagnostics.errors() == before;
}

component::OptionsOf<TcpConnectBody> TcpConnectBody::Describe() {
  component::OptionsOf<TcpConnectBody> options("tcp_connect", "Rows that a server sends over TCP.");
  options
      .Field("tcp_connect", &TcpConnectBody::tcp_connect,
             {.doc = "Address and port of the server. When the connection ends, it is made anew.",
              .example = "127.0.0.1:9000",
              .required = true,
              .changes_rows = false})
      .Field("end_at_close", &TcpConnectBody::end_at_close,
             {.doc = "Ends the stream when the server closes the connection.",
              .default_text = "false"});
  return AddStreamSourceKeys(options);
}

bool TcpConnectBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  CheckAddress(body, "tcp_connect", tcp_connect, &address, diagnostics);
  CheckStream(body, diagnostics);
  return diagnostics.errors() == before;
}

template <typename Body>
Result<data::EdgeType> TcpSource<Body>::Bind() {
  return StreamEdge(ColumnsOf(body_.decoding.columns));
}

template <typename Body>
Result<data::Columns> TcpSource<Body>::TableColumns() {
  return ColumnsOf(body_.decoding.columns);
}

template <typename Body>
Result<std::unique_ptr<component::Reader>> TcpSource<Body>::Open(const component::Split&,
                                                                 const component::Position&) {
  return OpenReader(body_, context_, &listens_at_);
}

template class TcpSource<TcpListenBody>;
template class TcpSource<TcpConnectBody>;

}  // namespace thalweg::connectors
