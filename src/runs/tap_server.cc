#include "runs/tap_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "formats/json_encoder.h"

namespace thalweg::runs {

namespace {

constexpr int kTickMs = 50;
constexpr std::size_t kMostPending = 256 << 10;
constexpr std::int64_t kMostRowsASecond = 100'000;
constexpr std::string_view kName = "sock";

/// A socket's name must be shorter than 108 bytes: the directory is named through a descriptor.
class ShortName {
 public:
  static Result<ShortName> Of(const std::string& directory) {
    const int fd = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return Status::FromErrno(errno, "cannot open path=" + directory);
    return ShortName(fd);
  }
  ShortName(ShortName&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ShortName& operator=(ShortName&&) = delete;
  ~ShortName() {
    if (fd_ >= 0) close(fd_);
  }
  sockaddr_un address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = fmt::format("/proc/self/fd/{}/{}", fd_, kName);
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
  }

 private:
  explicit ShortName(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace

struct TapServer::Client {
  int fd = -1;
  std::string asked, pending;
  std::size_t sent = 0;
  const Place* place = nullptr;
  std::shared_ptr<flow::Tap> tap;
  std::int64_t a_second = 0, skipped = 0;
  double allowance = 0;
  bool closing = false;
};

TapServer::TapServer(flow::Flow* flow, std::map<std::string, Place> places)
    : flow_(flow), places_(std::move(places)) {}

Result<std::unique_ptr<TapServer>> TapServer::Start(const std::string& directory, flow::Flow* flow,
                                                    std::map<std::string, Place> places) {
  std::unique_ptr<TapServer> server(new TapServer(flow, std::move(places)));
  TW_ASSIGN_OR_RETURN(const ShortName name, ShortName::Of(directory));
  server->path_ = JoinPath(directory, kName);
  unlink(server->path_.c_str());  // of a process that died: the run's lock is ours
  server->listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server->listener_ < 0) return Status::FromErrno(errno, "cannot make a socket");
  const sockaddr_un address = name.address();
  if (bind(server->listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(server->listener_, 16) != 0)
    return Status::FromErrno(errno, "cannot listen path=" + server->path_);
  server->thread_ = std::jthread([raw = server.get()](std::stop_token stop) { raw->Serve(stop); });
  return server;
}

TapServer::~TapServer() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  for (auto& client : clients_) {
    if (client->tap) flow_->Detach(client->place->step, client->tap);
    close(client->fd);
  }
  if (listener_ >= 0) close(listener_);
  if (!path_.empty()) unlink(path_.c_str());
}

void TapServer::Serve(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> waiting = {{listener_, POLLIN, 0}};
    for (const auto& client : clients_) {
      const bool asks = client->place == nullptr && !client->closing;
      waiting.push_back({client->fd, static_cast<short>(asks ? POLLIN : 0), 0});
    }
    poll(waiting.data(), waiting.size(), kTickMs);
    Accept();
    std::erase_if(clients_, [this](const auto& client) {
      if (Advance(*client)) return false;
      if (client->tap) flow_->Detach(client->place->step, client->tap);
      close(client->fd);
      return true;
    });
  }
}

void TapServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->fd = fd;
  }
}

bool TapServer::Choose(Client& client) {
  char bytes[256];
  const ssize_t got = recv(client.fd, bytes, sizeof bytes, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
  if (got > 0) client.asked.append(bytes, static_cast<std::size_t>(got));
  if (client.asked.size() > sizeof bytes) return false;
  const std::size_t end = client.asked.find('\n');
  if (end == std::string::npos) return true;
  const std::string line = client.asked.substr(0, end);
  const std::size_t space = line.find(' ');
  const std::string node = line.substr(0, space);
  std::int64_t a_second = 100;
  if (space != std::string::npos)
    std::from_chars(line.data() + space + 1, line.data() + line.size(), a_second);
  client.a_second = std::clamp<std::int64_t>(a_second, 1, kMostRowsASecond);
  const auto place = places_.find(node);
  if (place == places_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, of] : places_) names.push_back(name);
    const std::string near = Nearest(node, names);
    client.pending =
        nlohmann::json{{"_error", fmt::format("no node \"{}\" streams here{}", node,
                                              near.empty() ? "" : "; did you mean " + near + "?")}}
            .dump() +
        "\n";
    client.closing = true;
    return true;
  }
  client.place = &place->second;
  client.tap = std::make_shared<flow::Tap>();
  flow_->Attach(client.place->step, client.tap);
  return true;
}

void TapServer::Fill(Client& client) {
  client.allowance =
      std::min(client.allowance + static_cast<double>(client.a_second) * kTickMs / 1000,
               static_cast<double>(client.a_second));
  formats::JsonEncoder encoder(client.place->schema, formats::JsonEncoder::Layout::kLines);
  while (true) {
    flow::Tap::Taken taken = client.tap->Take();
    client.skipped += taken.skipped;
    if (!taken.rows) break;
    const auto most = client.pending.size() < kMostPending
                          ? static_cast<std::int64_t>(client.allowance)
                          : std::int64_t{0};
    const std::int64_t rows = std::min(most, taken.rows->num_rows());
    client.skipped += taken.rows->num_rows() - rows;
    client.allowance -= static_cast<double>(rows);
    if (rows > 0 && !encoder.Encode(*taken.rows->Slice(0, rows), &client.pending).ok())
      client.skipped += rows;
  }
  if (client.skipped > 0 && client.pending.size() < kMostPending)
    client.pending += fmt::format("{{\"_skipped\":{}}}\n", std::exchange(client.skipped, 0));
}

bool TapServer::Advance(Client& client) {
  if (client.place == nullptr && !client.closing && !Choose(client)) return false;
  if (client.place != nullptr) Fill(client);
  while (client.sent < client.pending.size()) {
    const ssize_t sent = send(client.fd, client.pending.data() + client.sent,
                              client.pending.size() - client.sent, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) break;
      return false;
    }
    client.sent += static_cast<std::size_t>(sent);
  }
  if (client.sent == client.pending.size()) {
    client.pending.clear();
    client.sent = 0;
    if (client.closing) return false;
  }
  char byte;
  const ssize_t got = recv(client.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got != 0 || client.place == nullptr;
}

Status ReadTap(const std::string& directory, const std::string& node, std::int64_t rows_a_second,
               std::stop_token stop, const std::function<bool(std::string_view)>& line) {
  TW_ASSIGN_OR_RETURN(const ShortName name, ShortName::Of(directory));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Status::FromErrno(errno, "cannot make a socket");
  struct Closer {
    int fd;
    ~Closer() { close(fd); }
  } closer{fd};
  const sockaddr_un address = name.address();
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Status::NotFound("no stream runs there: nothing listens in " + directory)
        .WithHint("start it: thalweg run");
  }
  const std::string ask = fmt::format("{} {}\n", node, rows_a_second);
  if (send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(ask.size()))
    return Status::FromErrno(errno, "cannot ask for rows");
  std::string pending;
  while (!stop.stop_requested()) {
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, 200) <= 0) continue;
    char bytes[16384];
    const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got == 0) return {};
    if (got < 0) return Status::FromErrno(errno, "the stream went away");
    pending.append(bytes, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view text(pending.data() + begin, end - begin);
      if (text.starts_with("{\"_error\":")) {
        const auto error = nlohmann::json::parse(text, nullptr, false);
        return Status::NotFound(error.value("_error", std::string(text)));
      }
      if (!line(text)) return {};
    }
    pending.erase(0, begin);
  }
  return {};
}

}  // namespace thalweg::runs
