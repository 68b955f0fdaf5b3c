#include <condition_variable>
#include <mutex>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/reject_rows.h"
#include "data/parquet_file.h"
#include "runs/node_runner.h"

namespace thalweg::runs {

namespace {

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr Bytes kReadBudget = Bytes::MiB(4);

/// A flag that one thread raises and another waits for.
class Signal {
 public:
  void Raise() {
    std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  /// True when it was raised; lowers it.
  bool WaitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    const bool was = changed_.wait_for(lock, time, [&] { return raised_; });
    raised_ = false;
    return was;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

/// Bad rows of a pumped source: kept, dropped or fatal, as its policy says.
class RejectSink {
 public:
  RejectSink(FileSystem& files, std::string path, component::RejectPolicy policy)
      : files_(files), path_(std::move(path)), policy_(std::move(policy)) {}

  Status Add(const std::vector<component::Reject>& rejects) {
    if (rejects.empty()) return {};
    count_ += static_cast<std::int64_t>(rejects.size());
    if (policy_.bad_rows == component::BadRows::kFail) {
      return Status::Invalid(component::DescribeReject(rejects.front()))
          .WithSlug("bad-row")
          .WithHint("correct the row, or keep it aside with bad_rows: quarantine");
    }
    if (policy_.max_rows && count_ > *policy_.max_rows) return TooMany();
    if (policy_.bad_rows == component::BadRows::kDrop) return {};
    TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(component::RejectColumns()));
    if (!writer_) {
      TW_ASSIGN_OR_RETURN(writer_, data::ParquetWriter::Open(files_, path_, schema, {}));
    }
    TW_ASSIGN_OR_RETURN(const data::Batch batch, component::RejectRows(rejects));
    return writer_->Write(*batch);
  }

  Status Finish(std::int64_t good_rows, component::JobResult* result) {
    const auto all = static_cast<double>(good_rows + count_);
    if (policy_.max_share && static_cast<double>(count_) > *policy_.max_share * all)
      return TooMany();
    result->rows_rejected = count_;
    if (writer_) {
      TW_ASSIGN_OR_RETURN(result->rejects, writer_->Finish());
    }
    return {};
  }

 private:
  Status TooMany() const {
    return Status::Invalid("more bad rows than max_bad_rows allows: " + std::to_string(count_))
        .WithSlug("too-many-bad-rows")
        .WithHint("look at them with a higher max_bad_rows, then correct the source");
  }

  FileSystem& files_;
  std::string path_;
  component::RejectPolicy policy_;
  std::unique_ptr<data::ParquetWriter> writer_;
  std::int64_t count_ = 0;
};

}  // namespace

Result<component::JobResult> RunJob(
    component::Engine& engine, component::Job job, std::stop_token stop,
    const std::function<void(const component::JobProgress&)>& progress) {
  auto signal = std::make_shared<Signal>();
  TW_ASSIGN_OR_RETURN(const component::JobId id,
                      engine.Submit(std::move(job), [signal] { signal->Raise(); }));
  std::stop_callback on_stop(stop, [signal] { signal->Raise(); });
  bool cancelled = false;
  while (true) {
    TW_ASSIGN_OR_RETURN(component::JobState state, engine.Poll(id));
    switch (state.state) {
      case component::JobState::State::kDone:
        return *std::move(state.result);
      case component::JobState::State::kFailed:
        return state.error;
      case component::JobState::State::kRunning:
        break;
    }
    if (stop.stop_requested() && !cancelled) {
      TW_RETURN_IF_ERROR(engine.Cancel(id));
      cancelled = true;
    }
    if (!signal->WaitFor(kProgressEvery)) progress(state.progress);
  }
}

Result<component::JobResult> PumpSource(
    FileSystem& files, component::Source& source, const std::string& directory,
    std::stop_token stop, const std::function<void(const component::JobProgress&)>& progress) {
  component::JobResult result;
  TW_ASSIGN_OR_RETURN(const data::EdgeType edge, source.Bind());
  TW_ASSIGN_OR_RETURN(result.columns, source.TableColumns());
  TW_ASSIGN_OR_RETURN(const auto splits, source.Discover({}));
  TW_ASSIGN_OR_RETURN(
      const auto writer,
      data::ParquetWriter::Open(files, JoinPath(directory, "part-0.parquet"), edge.schema, {}));
  RejectSink rejects(files, JoinPath(directory, "rejects.parquet"), source.reject_policy());

  auto signal = std::make_shared<Signal>();
  std::stop_callback on_stop(stop, [signal] { signal->Raise(); });
  for (const auto& split : splits) {
    TW_ASSIGN_OR_RETURN(const auto reader, source.Open(split, {}));
    bool ended = false;
    while (!ended) {
      if (stop.stop_requested()) return Status::Cancelled("stopped while reading " + split.name);
      TW_ASSIGN_OR_RETURN(const component::Polled polled,
                          reader->Poll(kReadBudget, [signal] { signal->Raise(); }));
      TW_RETURN_IF_ERROR(rejects.Add(polled.rejects));
      if (polled.rows && polled.rows->num_rows() > 0) {
        TW_RETURN_IF_ERROR(writer->Write(*polled.rows));
        result.rows_out += polled.rows->num_rows();
        progress({.rows = result.rows_out});
      }
      ended = polled.state == component::Polled::State::kEnd;
      if (polled.state == component::Polled::State::kBlocked) signal->WaitFor(kProgressEvery);
    }
  }
  TW_RETURN_IF_ERROR(rejects.Finish(result.rows_out, &result));
  TW_ASSIGN_OR_RETURN(data::DataFile file, writer->Finish());
  result.files.push_back(std::move(file));
  result.rows_in = result.rows_out + result.rows_rejected;
  return result;
}

}  // namespace thalweg::runs
