#include "connectors/standard/stdin_source.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "connectors/streams/decoded_rows.h"
#include "connectors/streams/queue_reader.h"
#include "connectors/streams/signal.h"

namespace thalweg::connectors {
namespace {

constexpr std::size_t kQueueLimit = std::size_t{4} << 20;
constexpr std::size_t kStdinStep = std::size_t{256} << 10;
constexpr char kName[] = "stdin";

class StdinReader : public component::Reader {
 public:
  StdinReader(int fd, std::unique_ptr<formats::Decoder> decoder, const std::stop_token& stop)
      : queue_(std::make_shared<ByteQueue>(kQueueLimit, [this] { signal_.Set(); })),
        decoder_(kName, queue_, std::move(decoder)),
        on_stop_(stop, [this] { End(); }),
        thread_([this, fd](const std::stop_token& ended) { Run(fd, ended); }) {}
  ~StdinReader() override {
    End();
    thread_.join();
  }

  Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
    return decoder_.Poll(budget, wake);
  }
  component::Position At() const override { return decoder_.At(); }
  Status Ack(const component::Position&) override { return Status::Ok(); }

 private:
  void End() {
    ended_.store(true);
    signal_.Set();
  }

  void Run(int fd, const std::stop_token&) {
    std::string chunk(kStdinStep, '\0');
    while (!ended_.load()) {
      const std::size_t room = std::min(queue_->Room(), kStdinStep);
      std::array<pollfd, 2> waits = {
          {{.fd = signal_.fd(), .events = POLLIN}, {.fd = room > 0 ? fd : -1, .events = POLLIN}}};
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
        return queue_->Finish(Status::FromErrno(errno, "cannot wait for stdin"));
      }
      if (waits[0].revents != 0) signal_.Clear();
      if (room == 0 || waits[1].revents == 0) continue;
      const ssize_t got = ::read(fd, chunk.data(), room);
      if (got == 0) return queue_->Finish();
      if (got > 0) {
        queue_->Push(std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
      } else if (errno != EINTR && errno != EAGAIN) {
        return queue_->Finish(Status::FromErrno(errno, "cannot read stdin"));
      }
    }
  }

  Signal signal_;
  std::atomic<bool> ended_{false};
  std::shared_ptr<ByteQueue> queue_;
  QueueDecoder decoder_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::jthread thread_;
};

}  // namespace

component::OptionsOf<StdinBody> StdinBody::Describe() {
  component::OptionsOf<StdinBody> options("stdin", "Rows from the program's standard input.");
  return AddStreamSourceKeys(options, "stdin");
}

bool StdinBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  return CheckStream(body, diagnostics);
}

StdinSource::StdinSource(StdinBody body, component::SourceContext context, int fd)
    : body_(std::move(body)), context_(std::move(context)), fd_(fd) {}

Result<data::Columns> StdinSource::TableColumns() {
  return ColumnsOf(body_.decoding.columns);
}

Result<data::EdgeType> StdinSource::Bind() {
  return StreamEdge(ColumnsOf(body_.decoding.columns));
}

Result<std::optional<component::Fingerprint>> StdinSource::Identity() {
  return std::optional<component::Fingerprint>();
}

Result<std::vector<component::Split>> StdinSource::Discover(const component::SourceState&) {
  return std::vector<component::Split>{{kName, {}}};
}

Result<std::unique_ptr<component::Reader>> StdinSource::Open(const component::Split&,
                                                             const component::Position&) {
  // Whatever the position: what came before it is gone.
  TW_ASSIGN_OR_RETURN(auto decoder, formats::MakeDecoder(body_.decoding));
  return Result<std::unique_ptr<component::Reader>>(
      std::make_unique<StdinReader>(fd_, std::move(decoder), context_.stop));
}

}  // namespace thalweg::connectors
