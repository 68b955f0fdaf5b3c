#include "connectors/tcp/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include <fmt/format.h>

namespace thalweg::connectors {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string ToText(const TcpAddress& address) {
  const bool six = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", address.host, six ? "]" : "", address.port);
}

Result<AddressList> Resolve(const TcpAddress& address, bool passive) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                  std::to_string(address.port).c_str(), &hints, &found);
  if (error == 0) return AddressList(found, &::freeaddrinfo);
  return Status(Code::kIo, Fault::kExternal,
                fmt::format("the host cannot be found address={}: {}", ToText(address),
                            ::gai_strerror(error)))
      .WithHint("see whether the name is right")
      .Retryable();
}

Status Failed(int error, std::string_view what, const TcpAddress& address) {
  return Status::FromErrno(error, fmt::format("{} address={}", what, ToText(address)))
      .WithFault(Fault::kExternal)
      .Retryable();
}

std::string NameOf(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (get(fd, address, &size) != 0 ||
      ::getnameinfo(address, size, host.data(), NI_MAXHOST, port.data(), NI_MAXSERV,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

}  // namespace

Result<TcpAddress> ParseTcpAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  TcpAddress address;
  bool good = colon != std::string_view::npos;
  if (good) {
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    address.host = host;
    const std::string_view port = text.substr(colon + 1);
    const char* const last = port.data() + port.size();
    const auto [end, error] = std::from_chars(port.data(), last, address.port);
    good = error == std::errc() && end == last && address.port >= 0 && address.port <= 65535;
  }
  if (good) return address;
  return Status::Invalid(fmt::format("\"{}\" is no address and port", text))
      .WithSlug("bad-address")
      .WithHint("write 127.0.0.1:9000, [::1]:9000 or host:9000");
}

Result<UniqueFd> ListenOn(const TcpAddress& address) {
  TW_ASSIGN_OR_RETURN(const AddressList list, Resolve(address, true));
  UniqueFd fd(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return Failed(errno, "cannot listen", address).WithHint("see whether another program does");
  }
  return fd;
}

std::string LocalName(int fd) {
  return NameOf(fd, &::getsockname);
}
std::string PeerName(int fd) {
  return NameOf(fd, &::getpeername);
}

Result<bool> WaitFor(int fd, short events, Signal& signal, std::chrono::milliseconds most) {
  std::array<pollfd, 2> waits = {
      {{.fd = signal.fd(), .events = POLLIN}, {.fd = fd, .events = events}}};
  if (::poll(waits.data(), waits.size(), static_cast<int>(most.count())) < 0 && errno != EINTR) {
    return Status::FromErrno(errno, "cannot wait for a socket");
  }
  if (waits[0].revents != 0) signal.Clear();
  return waits[1].revents != 0;
}

Result<UniqueFd> ConnectTo(const TcpAddress& address, Signal& signal,
                           const std::function<bool()>& ended) {
  TW_ASSIGN_OR_RETURN(const AddressList list, Resolve(address, false));
  Status status;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    UniqueFd fd(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return Failed(errno, "cannot make a socket", address);
    int error = ::connect(fd.get(), one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    while (error == EINPROGRESS) {
      if (ended()) return Status::Cancelled("the run ends");
      TW_ASSIGN_OR_RETURN(const bool ready,
                          WaitFor(fd.get(), POLLOUT, signal, std::chrono::milliseconds(1000)));
      if (!ready) continue;
      socklen_t size = sizeof(error);
      if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    }
    if (error == 0) {
      const int on = 1;
      static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
      static_cast<void>(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
      return fd;
    }
    status = Failed(error, "cannot connect", address);
  }
  return status;
}

bool BackOff::Wait(Signal& signal, const std::function<bool()>& ended) {
  const auto at = clock_.Steady() + wait_;
  wait_ = std::min(wait_ * 2, kLongest);
  while (clock_.Steady() < at) {
    if (ended()) return false;
    // A manual clock moves without a word: it is looked at so often.
    if (!WaitFor(-1, 0, signal, std::chrono::milliseconds(20)).ok()) return false;
  }
  return !ended();
}

}  // namespace thalweg::connectors
