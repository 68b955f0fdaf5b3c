#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "connectors/tcp/connections.h"
#include "connectors/tcp/socket.h"

namespace thalweg::connectors {

/// A reader with a thread that waits for sockets, and ends with the reader or the run.
class SocketReader : public component::Reader {
 public:
  SocketReader(const formats::StreamDecoding& decoding, const std::stop_token& stop)
      : connections_(decoding, signal_), on_stop_(stop, [this] { End(); }) {}

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
    return connections_.Poll(budget, wake);
  }
  component::Position At() const override { return connections_.At(); }
  Status Ack(const component::Position&) override { return Status::Ok(); }

 protected:
  /// To be called by the destructor of the class that started the thread.
  void Join() {
    End();
    if (thread_.joinable()) thread_.join();
  }
  bool ended() const { return ended_.load(); }

  Signal signal_;
  Connections connections_;
  std::jthread thread_;

 private:
  void End() {
    ended_.store(true);
    signal_.Set();
  }
  std::atomic<bool> ended_{false};
  std::stop_callback<std::function<void()>> on_stop_;
};

/// Accepts any number of clients at `listener`. After `clients` have come no more are accepted;
/// `end_when_idle`: nor after the last one of some has left.
std::unique_ptr<component::Reader> MakeListeningReader(const formats::StreamDecoding& decoding,
                                                       const std::stop_token& stop,
                                                       UniqueFd listener,
                                                       std::optional<std::int64_t> clients,
                                                       bool end_when_idle);
/// Connects, and again when the connection ends, unless `end_at_close`.
std::unique_ptr<component::Reader> MakeConnectingReader(const formats::StreamDecoding& decoding,
                                                        const std::stop_token& stop,
                                                        const Clock& clock, TcpAddress address,
                                                        bool end_at_close);

}  // namespace thalweg::connectors
