#include "runs/bounded_drive.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/reject_rows.h"
#include "operators/bad_row.h"

namespace thalweg::runs {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::min();

/// Writes what comes. Always has room: the sink waits for the disk.
class DriveOutput : public component::Output {
 public:
  DriveOutput(const DriveSink& sink, std::string node) : sink_(sink), node_(std::move(node)) {}
  void Emit(data::Element element) override {
    if (const auto* batch = std::get_if<data::Batch>(&element)) Put("", *batch);
  }
  void EmitSide(std::string_view side, data::Batch batch) override {
    if (side != "rejects") return Put(side, batch);
    auto rows = component::OwnRejectRows(node_, batch);
    if (rows.ok()) return Put(side, *rows);
    if (status_.ok()) status_ = rows.status();
  }
  bool Full() const override { return false; }
  /// Bounded work does not wait: what an operator would do later it does at the end.
  void SetTimer(component::Timer) override {}
  const Status& status() const { return status_; }

 private:
  void Put(std::string_view side, const data::Batch& batch) {
    if (status_.ok() && batch->num_rows() > 0) status_ = sink_(side, batch);
  }
  const DriveSink& sink_;
  const std::string node_;
  Status status_;
};

/// One port, read one batch ahead.
struct Reading {
  DriveInput input;
  int port = 0;
  int time = -1;
  std::int64_t ns_per_unit = 1;
  data::Batch next;

  Status Advance() {
    do {
      TW_ASSIGN_OR_RETURN(next, input.rows->Next());
    } while (next != nullptr && next->num_rows() == 0);
    return {};
  }
  /// Of the first row that has one; rows without event time stand in front.
  std::int64_t NextTime() const {
    if (next == nullptr) return kNever;
    const arrow::ArrayData& column = *next->column_data(time);
    for (std::int64_t row = 0; row < column.length; ++row) {
      if (column.IsValid(row)) return column.GetValues<std::int64_t>(1)[row] * ns_per_unit;
    }
    return kAlways;
  }
};

Status SetTime(Reading* reading) {
  if (!reading->input.edge.event_time) return {};
  const auto& schema = *reading->input.edge.schema;
  const int column = schema.GetFieldIndex(*reading->input.edge.event_time);
  if (column < 0 || schema.field(column)->type()->id() != arrow::Type::TIMESTAMP) return {};
  reading->time = column;
  switch (static_cast<const arrow::TimestampType&>(*schema.field(column)->type()).unit()) {
    case arrow::TimeUnit::SECOND:
      reading->ns_per_unit = 1'000'000'000;
      break;
    case arrow::TimeUnit::MILLI:
      reading->ns_per_unit = 1'000'000;
      break;
    case arrow::TimeUnit::MICRO:
      reading->ns_per_unit = 1'000;
      break;
    case arrow::TimeUnit::NANO:
      break;
  }
  return {};
}

class Driver {
 public:
  Driver(component::Operator& op, const DriveOptions& options, const DriveSink& sink)
      : op_(op), options_(options), sink_(sink), output_(sink, options.node) {}

  Result<DriveCounts> Run(std::vector<DriveInput> inputs) {
    std::vector<Reading> streams;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Reading reading{std::move(inputs[i]), static_cast<int>(i)};
      if (reading.input.looked_into) {
        TW_RETURN_IF_ERROR(GiveTable(reading));
        continue;
      }
      TW_RETURN_IF_ERROR(SetTime(&reading));
      TW_RETURN_IF_ERROR(reading.Advance());
      streams.push_back(std::move(reading));
    }
    TW_RETURN_IF_ERROR(std::all_of(streams.begin(), streams.end(),
                                   [](const Reading& stream) { return stream.time >= 0; })
                           ? GiveByTime(streams)
                           : GiveInTurn(streams));
    for (const Reading& stream : streams) TW_RETURN_IF_ERROR(Give(stream.port, data::End{}));
    return counts_;
  }

 private:
  Status GiveTable(Reading& table) {
    TW_RETURN_IF_ERROR(Give(table.port, data::FrameBegin{0}));
    for (;;) {
      TW_RETURN_IF_ERROR(table.Advance());
      if (table.next == nullptr) break;
      TW_RETURN_IF_ERROR(Give(table.port, table.next));
    }
    return Give(table.port, data::FrameEnd{0});
  }

  Status GiveInTurn(std::vector<Reading>& streams) {
    for (Reading& stream : streams) {
      while (stream.next != nullptr) TW_RETURN_IF_ERROR(GiveNext(stream));
    }
    return {};
  }

  Status GiveByTime(std::vector<Reading>& streams) {
    std::int64_t watermark = kAlways;
    const auto earlier = [](const Reading& a, const Reading& b) {
      return a.NextTime() < b.NextTime();
    };
    for (;;) {
      Reading& first = *std::min_element(streams.begin(), streams.end(), earlier);
      if (first.next == nullptr) return {};
      const std::int64_t time = first.NextTime();
      if (time > watermark) {
        watermark = time;
        TW_RETURN_IF_ERROR(Give(0, data::Watermark{{watermark}}));
      }
      TW_RETURN_IF_ERROR(GiveNext(first));
    }
  }

  Status GiveNext(Reading& stream) {
    counts_.rows_in += stream.next->num_rows();
    const bool fails = options_.on_error == spec::OnError::kFail;
    const Status given = options_.stateless && !fails ? GiveWithout(stream.port, stream.next)
                                                      : Give(stream.port, stream.next);
    if (!given.ok() && options_.stateless && fails) {
      return operators::DescribeBadRow(given, stream.next, options_.expressions,
                                       options_.make_evaluator);
    }
    TW_RETURN_IF_ERROR(given);
    return stream.Advance();
  }

  Status Give(int port, data::Element element) {
    if (options_.stop.stop_requested()) return Status::Cancelled("stopped");
    TW_ASSIGN_OR_RETURN(component::Progress progress, op_.On({port}, std::move(element), output_));
    while (progress == component::Progress::kBlocked) {
      TW_ASSIGN_OR_RETURN(progress, op_.Continue(output_));
    }
    return output_.status();
  }

  /// Gives a batch to a stateless operator, without the rows that it fails on.
  Status GiveWithout(int port, const data::Batch& batch) {
    const Status status = Give(port, batch);
    if (status.ok() || !output_.status().ok() || status.code() != Code::kInvalid ||
        status.fault() != Fault::kUser) {
      return status;
    }
    if (batch->num_rows() == 1) {
      if (options_.on_error == spec::OnError::kQuarantine) {
        TW_ASSIGN_OR_RETURN(const auto rows,
                            component::RejectRows(options_.node, status.message(), batch));
        return sink_("rejects", rows);
      }
      ++counts_.rows_dropped;
      return {};
    }
    const std::int64_t half = batch->num_rows() / 2;
    TW_RETURN_IF_ERROR(GiveWithout(port, batch->Slice(0, half)));
    return GiveWithout(port, batch->Slice(half));
  }

  component::Operator& op_;
  const DriveOptions& options_;
  const DriveSink& sink_;
  DriveOutput output_;
  DriveCounts counts_;
};

}  // namespace

Result<DriveCounts> DriveBounded(component::Operator& op, std::vector<DriveInput> inputs,
                                 const DriveOptions& options, const DriveSink& sink) {
  return Driver(op, options, sink).Run(std::move(inputs));
}

}  // namespace thalweg::runs
