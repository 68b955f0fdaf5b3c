#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "connectors/streams/signal.h"

namespace thalweg::connectors {

/// "127.0.0.1:9000", "[::1]:9000", "host.example:9000".
struct TcpAddress {
  std::string host;
  int port = 0;
};
/// kInvalid: not such a text.
Result<TcpAddress> ParseTcpAddress(std::string_view text);

/// A socket that listens, without blocking. Port 0: a free one.
Result<UniqueFd> ListenOn(const TcpAddress& address);
/// "127.0.0.1:40123": of this side, or of the peer.
std::string LocalName(int fd);
std::string PeerName(int fd);

/// Connects, without blocking. Waits until `ended` (asked after each Set of `signal`) or a failure:
/// a retryable external error.
Result<UniqueFd> ConnectTo(const TcpAddress& address, Signal& signal,
                           const std::function<bool()>& ended);

/// Waits for events of a socket (POLLIN, POLLOUT), or for `signal`, or at most `most`. True: of the
/// socket.
Result<bool> WaitFor(int fd, short events, Signal& signal, std::chrono::milliseconds most);

/// How long to wait before trying again: doubled from time to time. Waits by the clock.
class BackOff {
 public:
  explicit BackOff(const Clock& clock) : clock_(clock) {}
  void Reset() { wait_ = kFirst; }
  /// False: `ended` meanwhile.
  bool Wait(Signal& signal, const std::function<bool()>& ended);

 private:
  static constexpr std::chrono::milliseconds kFirst{50}, kLongest{5000};
  const Clock& clock_;
  std::chrono::milliseconds wait_ = kFirst;
};

}  // namespace thalweg::connectors
