#include "connectors/tcp/socket_reader.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"

namespace thalweg::connectors {
namespace {

constexpr std::size_t kSocketStep = std::size_t{128} << 10;
/// More wait in the listener's own queue.
constexpr std::size_t kMostClients = 1000;

struct Peer {
  UniqueFd fd;
  std::string name;
  std::shared_ptr<ByteQueue> queue;
};

/// Reads what is there now. False: the connection is at its end, and its queue too.
bool Receive(Peer& peer, std::string* chunk) {
  const std::size_t room = std::min(peer.queue->Room(), chunk->size());
  if (room == 0) return true;
  const ssize_t got = ::recv(peer.fd.get(), chunk->data(), room, 0);
  if (got > 0) {
    peer.queue->Push(std::string_view(*chunk).substr(0, static_cast<std::size_t>(got)));
    return true;
  }
  if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  peer.queue->Finish(got == 0 ? Status::Ok()
                              : Status::FromErrno(errno, "the connection broke off"));
  return false;
}

class ListeningReader : public SocketReader {
 public:
  ListeningReader(const formats::StreamDecoding& decoding, const std::stop_token& stop,
                  UniqueFd listener, std::optional<std::int64_t> clients, bool end_when_idle)
      : SocketReader(decoding, stop),
        listener_(std::move(listener)),
        clients_(clients),
        end_when_idle_(end_when_idle),
        chunk_(kSocketStep, '\0') {
    thread_ = std::jthread([this] { Run(); });
  }
  ~ListeningReader() override { Join(); }

 private:
  void Run() {
    while (!ended()) {
      const bool accepts = (!clients_ || came_ < *clients_) && peers_.size() < kMostClients;
      if (peers_.empty() && came_ > 0 && ((clients_ && came_ >= *clients_) || end_when_idle_)) {
        return connections_.Finish();
      }
      std::vector<pollfd> waits = {{.fd = signal_.fd(), .events = POLLIN},
                                   {.fd = accepts ? listener_.get() : -1, .events = POLLIN}};
      for (const Peer& peer : peers_) {
        // A full queue leaves its bytes in the kernel, whose window then holds back the peer.
        waits.push_back({.fd = peer.queue->Room() > 0 ? peer.fd.get() : -1, .events = POLLIN});
      }
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
        return connections_.Finish(Status::FromErrno(errno, "cannot wait for clients"));
      }
      if (waits[0].revents != 0) signal_.Clear();
      for (std::size_t i = peers_.size(); i-- > 0;) {
        const bool left = waits[i + 2].revents != 0 && !Receive(peers_[i], &chunk_);
        // The reader gave it up.
        if (left || peers_[i].queue.use_count() == 1) {
          peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(i));
        }
      }
      if (waits[1].revents != 0) Accept();
    }
    connections_.Finish();
  }

  void Accept() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      // What a client did in the meantime is no failure; a lack of descriptors must not spin.
      if (errno == EMFILE || errno == ENFILE) ::poll(nullptr, 0, 50);
      return;
    }
    std::string name = PeerName(fd.get());
    auto queue = connections_.Add(name);
    peers_.push_back({std::move(fd), std::move(name), std::move(queue)});
    ++came_;
  }

  const UniqueFd listener_;
  const std::optional<std::int64_t> clients_;
  const bool end_when_idle_;
  std::int64_t came_ = 0;
  std::vector<Peer> peers_;
  std::string chunk_;
};

class ConnectingReader : public SocketReader {
 public:
  ConnectingReader(const formats::StreamDecoding& decoding, const std::stop_token& stop,
                   const Clock& clock, TcpAddress address, bool end_at_close)
      : SocketReader(decoding, stop),
        address_(std::move(address)),
        end_at_close_(end_at_close),
        back_off_(clock),
        chunk_(kSocketStep, '\0') {
    thread_ = std::jthread([this] { Run(); });
  }
  ~ConnectingReader() override { Join(); }

 private:
  void Run() {
    const auto stopped = [this] { return ended(); };
    while (!ended()) {
      auto fd = ConnectTo(address_, signal_, stopped);
      if (fd.ok()) {
        std::string name = PeerName(fd->get());
        auto queue = connections_.Add(name);
        if (ReadOne({*std::move(fd), std::move(name), std::move(queue)})) back_off_.Reset();
        if (end_at_close_) break;
      } else {
        Log(LogLevel::kInfo, "{}", fd.status().message());
      }
      // Also after a connection: a peer that closes at once is not asked all the time.
      if (!back_off_.Wait(signal_, stopped)) break;
    }
    connections_.Finish();
  }

  /// To its end. True: something came.
  bool ReadOne(Peer peer) {
    bool any = false;
    while (!ended() && peer.queue.use_count() > 1) {
      const bool room = peer.queue->Room() > 0;
      const auto ready =
          WaitFor(room ? peer.fd.get() : -1, POLLIN, signal_, std::chrono::milliseconds(1000));
      if (!ready.ok()) {
        peer.queue->Finish(ready.status());
        return any;
      }
      if (!*ready) continue;
      if (!Receive(peer, &chunk_)) return any;
      any = true;
    }
    peer.queue->Finish();
    return any;
  }

  const TcpAddress address_;
  const bool end_at_close_;
  BackOff back_off_;
  std::string chunk_;
};

}  // namespace

std::unique_ptr<component::Reader> MakeListeningReader(const formats::StreamDecoding& decoding,
                                                       const std::stop_token& stop,
                                                       UniqueFd listener,
                                                       std::optional<std::int64_t> clients,
                                                       bool end_when_idle) {
  return std::make_unique<ListeningReader>(decoding, stop, std::move(listener), clients,
                                           end_when_idle);
}

std::unique_ptr<component::Reader> MakeConnectingReader(const formats::StreamDecoding& decoding,
                                                        const std::stop_token& stop,
                                                        const Clock& clock, TcpAddress address,
                                                        bool end_at_close) {
  return std::make_unique<ConnectingReader>(decoding, stop, clock, std::move(address),
                                            end_at_close);
}

}  // namespace thalweg::connectors
