#include "connectors/standard/stdout_target.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "connectors/streams/row_count.h"
#include "connectors/streams/signal.h"

namespace thalweg::connectors {
namespace {

constexpr std::int64_t kRowsPerWrite = 1024;

class StdoutWriter : public component::Writer {
 public:
  StdoutWriter(int fd, std::shared_ptr<formats::Encoder> encoder, const std::stop_token& stop)
      : fd_(fd),
        encoder_(std::move(encoder)),
        stop_(stop),
        on_stop_(stop, [this] { signal_.Set(); }) {}

  Status Write(const data::Batch& batch) override {
    for (std::int64_t row = 0; row < batch->num_rows(); row += kRowsPerWrite) {
      text_.clear();
      TW_RETURN_IF_ERROR(encoder_->Encode(*batch->Slice(row, kRowsPerWrite), &text_));
      TW_RETURN_IF_ERROR(WriteAll(text_));
    }
    count_.rows += batch->num_rows();
    return Status::Ok();
  }
  Result<component::Receipt> Prepare(EpochId) override {
    return component::Receipt{"stdout", count_.ToJson()};
  }
  void Abort() override {}

 private:
  Status WriteAll(std::string_view text) {
    count_.bytes += static_cast<std::int64_t>(text.size());
    while (!text.empty()) {
      std::array<pollfd, 2> waits = {
          {{.fd = signal_.fd(), .events = POLLIN}, {.fd = fd_, .events = POLLOUT}}};
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
        return Status::FromErrno(errno, "cannot wait for stdout");
      }
      // A reader that takes rows gets all of them, also while the run ends; one that does not is
      // not waited for.
      if (waits[1].revents == 0) {
        if (stop_.stop_requested()) return Status::Cancelled("the run ends, stdout takes no rows");
        continue;
      }
      // A pipe that is ready takes this much at least (PIPE_BUF) without blocking.
      const ssize_t put = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), 4096));
      if (put >= 0) {
        text.remove_prefix(static_cast<std::size_t>(put));
      } else if (errno != EINTR && errno != EAGAIN) {
        return Status::FromErrno(errno, "cannot write to stdout").WithFault(Fault::kExternal);
      }
    }
    return Status::Ok();
  }

  int fd_;
  std::shared_ptr<formats::Encoder> encoder_;
  std::stop_token stop_;
  Signal signal_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::string text_;
  RowCount count_;
};

}  // namespace

component::OptionsOf<StdoutBody> StdoutBody::Describe() {
  component::OptionsOf<StdoutBody> options("stdout", "Rows to the program's standard output.");
  return AddStreamTargetKeys(options, "stdout");
}

bool StdoutBody::Check(const component::Value& body, Diagnostics& diagnostics) {
  return CheckStream(body, diagnostics);
}

StdoutTarget::StdoutTarget(StdoutBody body, component::TargetContext context, int fd)
    : body_(std::move(body)), context_(std::move(context)), fd_(fd) {}

Result<component::Guarantee> StdoutTarget::Bind(const data::Columns&, const data::EdgeType& edge,
                                                component::WriteMode mode) {
  if (mode == component::WriteMode::kMerge) {
    return Status::Unsupported("rows that went out cannot be merged target=stdout")
        .WithSlug("write-mode")
        .WithHint("remove \"write\"");
  }
  TW_ASSIGN_OR_RETURN(encoder_, formats::MakeEncoder(body_.encoding, edge.schema));
  return component::Guarantee::kAtLeastOnce;
}

Result<std::unique_ptr<component::Writer>> StdoutTarget::Open(const component::WriterId&, EpochId) {
  if (!encoder_) return Status::Internal("stdout was opened before it was bound");
  return Result<std::unique_ptr<component::Writer>>(
      std::make_unique<StdoutWriter>(fd_, encoder_, context_.stop));
}

std::string StdoutTarget::Describe(const component::Receipt& receipt) const {
  const std::string count = DescribeRowCount(receipt);
  return count.empty() ? "stdout" : "stdout, " + count;
}

}  // namespace thalweg::connectors
