#include "connectors/tcp/tcp_target.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/log.h"
#include "connectors/streams/row_count.h"
#include "connectors/text_keys.h"

namespace thalweg::connectors {
namespace {

constexpr std::int64_t kRowsPerSend = 1024;

}  // namespace

/// The connection and the encoder whose stream goes through it. One thread at a time.
class TcpTarget::Connection {
 public:
  Connection(const TcpTargetBody& body, data::SchemaRef schema, const Clock& clock,
             std::stop_token stop)
      : body_(body),
        schema_(std::move(schema)),
        stop_(std::move(stop)),
        back_off_(clock),
        on_stop_(stop_, [this] { signal_.Set(); }) {}

  void BeginEpoch() { sent_.clear(), count_ = {}; }

  Status Write(const data::Batch& batch) {
    sent_.push_back(batch);
    count_.rows += batch->num_rows();
    if (fd_ && Send(*batch).ok()) return Status::Ok();
    return SendAgain();
  }

  /// Until the peer has everything.
  Result<RowCount> Flush() {
    while (!sent_.empty()) {
      if (!fd_) TW_RETURN_IF_ERROR(SendAgain());
      int waiting = 0;
      if (::ioctl(fd_.get(), SIOCOUTQ, &waiting) != 0 || Broken()) {
        fd_.Reset();
        continue;
      }
      if (waiting == 0) break;
      if (stop_.stop_requested()) return Stopped();
      // Nothing tells when the last byte is acknowledged.
      TW_RETURN_IF_ERROR(WaitFor(-1, 0, signal_, std::chrono::milliseconds(1)).status());
    }
    sent_.clear();
    return count_;
  }

 private:
  static Status Stopped() { return Status::Cancelled("the run ends, the peer takes no rows"); }

  /// The peer closed it, or it broke: what is written from here on would be lost.
  bool Broken() const {
    char byte = 0;
    const ssize_t got = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  /// Over a new connection, everything of the epoch.
  Status SendAgain() {
    while (true) {
      fd_.Reset();
      const auto ended = [this] { return stop_.stop_requested(); };
      if (ended()) return Stopped();
      auto made = ConnectTo(body_.address, signal_, ended);
      if (made.ok()) {
        fd_ = *std::move(made);
        TW_ASSIGN_OR_RETURN(encoder_, formats::MakeEncoder(body_.encoding, schema_));
        Status status;
        for (std::size_t i = 0; i < sent_.size() && status.ok(); ++i) status = Send(*sent_[i]);
        if (status.ok()) {
          back_off_.Reset();
          return status;
        }
        if (status.code() == Code::kCancelled || status.fault() == Fault::kBug) return status;
      } else {
        Log(LogLevel::kInfo, "{}", made.status().message());
      }
      if (!back_off_.Wait(signal_, ended)) return Stopped();
    }
  }

  Status Send(const arrow::RecordBatch& batch) {
    for (std::int64_t row = 0; row < batch.num_rows(); row += kRowsPerSend) {
      text_.clear();
      TW_RETURN_IF_ERROR(encoder_->Encode(*batch.Slice(row, kRowsPerSend), &text_));
      TW_RETURN_IF_ERROR(SendText(text_));
    }
    return Status::Ok();
  }

  Status SendText(std::string_view text) {
    if (Broken()) return Status::FromErrno(EPIPE, "the peer closed the connection");
    count_.bytes += static_cast<std::int64_t>(text.size());
    while (!text.empty()) {
      const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (put > 0) {
        text.remove_prefix(static_cast<std::size_t>(put));
        continue;
      }
      if (put < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        return Status::FromErrno(errno, "cannot send");
      }
      if (stop_.stop_requested()) return Stopped();
      TW_RETURN_IF_ERROR(
          WaitFor(fd_.get(), POLLOUT, signal_, std::chrono::milliseconds(1000)).status());
    }
    return Status::Ok();
  }

  const TcpTargetBody& body_;
  data::SchemaRef schema_;
  std::stop_token stop_;
  Signal signal_;
  BackOff back_off_;
  UniqueFd fd_;
  std::unique_ptr<formats::Encoder> encoder_;
  std::vector<data::Batch> sent_;  ///< of this epoch
  std::string text_;
  RowCount count_;
  std::stop_callback<std::function<void()>> on_stop_;
};

namespace {

class TcpWriter : public component::Writer {
 public:
  TcpWriter(std::string identity, std::shared_ptr<TcpTarget::Connection> connection)
      : identity_(std::move(identity)), connection_(std::move(connection)) {
    connection_->BeginEpoch();
  }
  Status Write(const data::Batch& batch) override { return connection_->Write(batch); }
  Result<component::Receipt> Prepare(EpochId) override {
    TW_ASSIGN_OR_RETURN(const RowCount count, connection_->Flush());
    return component::Receipt{identity_, count.ToJson()};
  }
  void Abort() override {}

 private:
  std::string identity_;
  std::shared_ptr<TcpTarget::Connection> connection_;
};

}  // namespace

component::OptionsOf<TcpTargetBody> TcpTargetBody::Describe() {
  component::OptionsOf<TcpTargetBody> options("tcp", "Rows to a server over TCP.");
  options.Field("tcp", &TcpTargetBody::tcp,
                {.doc = "Address and port of the server. A connection that breaks is made anew.",
                 .example = "127.0.0.1:9001",
                 .required = true});
  return AddStreamTargetKeys(options);
}

bool TcpTargetBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  const auto parsed = ParseTcpAddress(tcp);
  if (parsed.ok()) {
    address = *parsed;
  } else {
    diagnostics.Error(parsed.status().slug(), parsed.status().message(), PlaceOfKey(body, "tcp"),
                      {}, parsed.status().hint());
  }
  return CheckStream(body, diagnostics) && parsed.ok();
}

TcpTarget::TcpTarget(TcpTargetBody body, component::TargetContext context)
    : body_(std::move(body)), context_(std::move(context)) {}
TcpTarget::~TcpTarget() = default;

Result<component::Guarantee> TcpTarget::Bind(const data::Columns&, const data::EdgeType& edge,
                                             component::WriteMode mode) {
  if (mode == component::WriteMode::kMerge) {
    return Status::Unsupported(
               fmt::format("rows that went out cannot be merged target={}", identity()))
        .WithSlug("write-mode")
        .WithHint("remove \"write\"");
  }
  TW_RETURN_IF_ERROR(formats::MakeEncoder(body_.encoding, edge.schema).status());
  connection_ = std::make_shared<Connection>(body_, edge.schema, *context_.clock, context_.stop);
  return component::Guarantee::kAtLeastOnce;
}

Result<std::unique_ptr<component::Writer>> TcpTarget::Open(const component::WriterId&, EpochId) {
  if (!connection_) return Status::Internal("a tcp target was opened before it was bound");
  return Result<std::unique_ptr<component::Writer>>(
      std::make_unique<TcpWriter>(identity(), connection_));
}

std::string TcpTarget::Describe(const component::Receipt& receipt) const {
  const std::string count = DescribeRowCount(receipt);
  return count.empty() ? body_.tcp : body_.tcp + ", " + count;
}

}  // namespace thalweg::connectors
