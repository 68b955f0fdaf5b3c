#include "flow/operator_task.h"

#include <algorithm>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/reject_rows.h"
#include "operators/bad_row.h"
#include "operators/columns.h"
#include "operators/state_rows.h"

namespace thalweg::flow {

using component::Progress;

namespace {

constexpr int kElementsAtOnce = 32;

}  // namespace

InnerTask::InnerTask(int id, int step, int instance, std::string node, Overseer* overseer,
                     Inputs inputs, TapPoint* tap)
    : Task(id, step, instance, std::move(node), overseer),
      inputs_(std::move(inputs)),
      outputs_(this->node(), &counters(), tap) {
  outputs_.set_timer([this](component::Timer timer) { this->overseer().SetTimer(*this, timer); });
}

Result<Task::Did> InnerTask::Work() {
  if (!begun_) {
    TW_RETURN_IF_ERROR(Begin());
    begun_ = true;
  }
  for (int i = 0; i < kElementsAtOnce; ++i) {
    if (outputs_.Full()) return Did::kBlocked;
    Progress progress = Progress::kReady;
    if (left_over_) {
      TW_ASSIGN_OR_RETURN(progress, Continue());
    } else {
      Inputs::Next next = inputs_.Take();
      if (next.what == Inputs::Next::What::kNothing) return Did::kWaiting;
      TW_ASSIGN_OR_RETURN(progress, Handle(std::move(next)));
    }
    TW_RETURN_IF_ERROR(outputs_.status());
    left_over_ = progress == Progress::kBlocked;
    if (!left_over_ && inputs_.ended()) {
      outputs_.Broadcast(data::End{});
      inputs_.Close();  // what a table still sends
      Finish({});
      return Did::kWaiting;
    }
  }
  return Did::kMore;
}

Result<Progress> InnerTask::Handle(Inputs::Next next) {
  using What = Inputs::Next::What;
  switch (next.what) {
    case What::kElement:
      if (const auto* batch = std::get_if<data::Batch>(&next.element))
        counters().rows_in += (*batch)->num_rows();
      return OnElement(next.port, std::move(next.element));
    case What::kWatermark: {
      const auto watermark = std::get<data::Watermark>(next.element);
      if (watermark.time.ns == data::Watermark::kIdle) {
        outputs_.Broadcast(watermark);
        return Progress::kReady;
      }
      counters().watermark = watermark.time.ns;
      return OnWatermark(watermark);
    }
    case What::kPortEnd:
      return OnPortEnd(next.port);
    case What::kBarrier: {
      TaskPart part;
      TW_ASSIGN_OR_RETURN(part.state, Snapshot());
      inputs_.PassBarrier();
      outputs_.Broadcast(data::Barrier{next.epoch});
      overseer().Ack(*this, next.epoch, std::move(part));
      return Progress::kReady;
    }
    case What::kNothing:
      break;
  }
  return Progress::kReady;
}

OperatorTask::OperatorTask(int id, int step, int instance, std::string node, Overseer* overseer,
                           std::shared_ptr<const OperatorStep> what, Inputs inputs, TapPoint* tap)
    : InnerTask(id, step, instance, std::move(node), overseer, std::move(inputs), tap),
      what_(std::move(what)) {}

Status OperatorTask::Begin() {
  TW_ASSIGN_OR_RETURN(operator_, what_->spec->Make(what_->inputs));
  const component::KeyGroups groups{component::kKeyGroups * instance() / what_->instances,
                                    component::kKeyGroups * (instance() + 1) / what_->instances};
  TW_RETURN_IF_ERROR(operator_->Open({&overseer().clock(), what_->make_evaluator, groups}));
  if (what_->restore) {
    TW_ASSIGN_OR_RETURN(const auto reader, what_->restore());
    TW_RETURN_IF_ERROR(operator_->Restore(*reader));
  }
  return {};
}

Result<Progress> OperatorTask::OnElement(int port, data::Element element) {
  const auto* given = std::get_if<data::Batch>(&element);
  if (given == nullptr || !what_->bound.stateless)
    return operator_->On({port}, std::move(element), outputs());
  const data::Batch batch = *given;
  auto progress = operator_->On({port}, std::move(element), outputs());
  if (progress.ok() || progress.status().fault() != Fault::kUser) return progress;
  if (what_->on_error == BadRow::kFail) {
    return operators::DescribeBadRow(progress.status(), batch, what_->expressions,
                                     what_->make_evaluator);
  }
  TW_RETURN_IF_ERROR(Isolate(port, batch, progress.status()));
  return Progress::kReady;
}

Status OperatorTask::Isolate(int port, const data::Batch& batch, const Status& error) {
  if (batch->num_rows() == 1) return PutAside(batch, error);
  const std::int64_t half = batch->num_rows() / 2;
  for (const auto& part : {batch->Slice(0, half), batch->Slice(half)}) {
    auto progress = operator_->On({port}, part, outputs());
    if (progress.ok()) {
      TW_RETURN_IF_ERROR(Drain(std::move(progress)));
    } else if (progress.status().fault() != Fault::kUser) {
      return progress.status();
    } else {
      TW_RETURN_IF_ERROR(Isolate(port, part, progress.status()));
    }
  }
  return {};
}

/// One bad row must not stop in the middle of a batch: what is left is taken at once.
Status OperatorTask::Drain(Result<Progress> progress) {
  while (progress.ok() && *progress == Progress::kBlocked)
    progress = operator_->Continue(outputs());
  return progress.status();
}

Status OperatorTask::PutAside(const data::Batch& row, const Status& error) {
  if (what_->on_error == BadRow::kDrop) {
    ++counters().dropped;
    return {};
  }
  TW_ASSIGN_OR_RETURN(auto rows, component::RejectRows(node(), error.message(), row));
  outputs().EmitSide("rejects", std::move(rows));
  return {};
}

Result<Progress> OperatorTask::OnWatermark(data::Watermark watermark) {
  return operator_->On({0}, watermark, outputs());
}

Result<Progress> OperatorTask::OnPortEnd(int port) {
  return operator_->On({port}, data::End{}, outputs());
}

Status OperatorTask::OnTimer(const component::Timer& timer) {
  if (!operator_) return {};
  return Drain(operator_->OnTimer(timer, outputs()));
}

Result<std::unique_ptr<StateBuffer>> OperatorTask::Snapshot() {
  if (what_->bound.stateless) return std::unique_ptr<StateBuffer>();
  auto buffer = std::make_unique<StateBuffer>(chain_.NextMode());
  TW_RETURN_IF_ERROR(operator_->Snapshot(*buffer));
  chain_.Add(*buffer);
  counters().state_bytes = chain_.bytes();
  return buffer;
}

EventTimeTask::EventTimeTask(int id, int step, std::string node, Overseer* overseer,
                             EventTimeStep what, Inputs inputs, TapPoint* tap)
    : InnerTask(id, step, 0, std::move(node), overseer, std::move(inputs), tap),
      what_(std::move(what)) {}

Status EventTimeTask::Begin() {
  TW_ASSIGN_OR_RETURN(const TimeColumn column,
                      FindTimeColumn(*what_.schema, what_.event_time.column));
  time_.emplace(column.index, column.ns_per_unit, what_.event_time.lateness.count());
  if (!what_.restore) return {};
  TW_ASSIGN_OR_RETURN(const auto reader, what_.restore());
  std::int64_t watermark = time_->watermark();
  TW_RETURN_IF_ERROR(operators::ReadWatermark(*reader, {}, &watermark));
  time_->set_watermark(watermark);
  return {};
}

void EventTimeTask::SendWatermark() {
  if (time_->watermark() <= sent_) return;
  sent_ = time_->watermark();
  counters().watermark = sent_;
  outputs().Broadcast(data::Watermark{{sent_}});
}

Result<Progress> EventTimeTask::OnElement(int, data::Element element) {
  const auto* batch = std::get_if<data::Batch>(&element);
  if (batch == nullptr) {
    outputs().Emit(std::move(element));
    return Progress::kReady;
  }
  time_->Cut(
      *batch, [this](data::Batch piece) { outputs().Emit(std::move(piece)); },
      [this] { SendWatermark(); });
  SendWatermark();
  return Progress::kReady;
}

Result<Progress> EventTimeTask::OnWatermark(data::Watermark) {
  return Progress::kReady;
}

Result<std::unique_ptr<StateBuffer>> EventTimeTask::Snapshot() {
  auto buffer = std::make_unique<StateBuffer>(component::SnapshotWriter::Mode::kBase);
  TW_RETURN_IF_ERROR(operators::WriteWatermark(*buffer, time_->watermark()));
  return buffer;
}

SinkTask::SinkTask(int id, int step, std::string node, Overseer* overseer, SinkStep what,
                   Inputs inputs)
    : Task(id, step, 0, std::move(node), overseer),
      what_(std::move(what)),
      inputs_(std::move(inputs)) {}

Result<Task::Did> SinkTask::Work() {
  for (int i = 0; i < kElementsAtOnce && !overseer().cancelled(); ++i) {
    Inputs::Next next = inputs_.Take();
    if (next.what == Inputs::Next::What::kNothing) return Did::kWaiting;
    TW_RETURN_IF_ERROR(Handle(std::move(next)));
    if (!inputs_.ended()) continue;
    TaskPart part;
    TW_ASSIGN_OR_RETURN(part.sealed,
                        what_.sink->Seal(std::max(sealed_ + 1, overseer().requested())));
    Finish(std::move(part));
    return Did::kWaiting;
  }
  return Did::kMore;
}

Status SinkTask::Handle(Inputs::Next next) {
  if (const auto* batch = std::get_if<data::Batch>(&next.element)) {
    counters().rows_in += (*batch)->num_rows();
    counters().rows_out += (*batch)->num_rows();
    return what_.sink->Write(*batch);
  }
  if (next.what == Inputs::Next::What::kBarrier) {
    TaskPart part;
    TW_ASSIGN_OR_RETURN(part.sealed, what_.sink->Seal(next.epoch));
    sealed_ = next.epoch;
    inputs_.PassBarrier();
    overseer().Ack(*this, next.epoch, std::move(part));
  } else if (next.what == Inputs::Next::What::kWatermark) {
    const std::int64_t ns = std::get<data::Watermark>(next.element).time.ns;
    if (ns != data::Watermark::kIdle) counters().watermark = ns;
  }
  return {};
}

TableTask::TableTask(int id, int step, std::string node, Overseer* overseer, TableStep what,
                     TapPoint* tap)
    : Task(id, step, 0, std::move(node), overseer),
      what_(std::move(what)),
      outputs_(this->node(), &counters(), tap),
      barrier_(overseer->requested()) {}

Status TableTask::Send(const std::string& version) {
  version_ = version;
  looked_ = overseer().clock().Steady();
  outputs_.Emit(data::FrameBegin{++frames_});
  TW_RETURN_IF_ERROR(what_.feed->Read(version, [this](data::Batch batch) -> Status {
    outputs_.Emit(std::move(batch));
    return {};
  }));
  outputs_.Emit(data::FrameEnd{frames_});
  return {};
}

Result<Task::Did> TableTask::Work() {
  if (!version_) {
    TW_ASSIGN_OR_RETURN(const std::string first, what_.feed->First());
    TW_RETURN_IF_ERROR(Send(first));
  }
  const std::uint64_t epoch = overseer().requested();
  if (epoch <= barrier_) return Did::kWaiting;
  if (what_.refresh && overseer().clock().Steady() - looked_ >= *what_.refresh) {
    TW_ASSIGN_OR_RETURN(const std::string newest, what_.feed->Newest(*version_));
    looked_ = overseer().clock().Steady();
    if (newest != *version_) TW_RETURN_IF_ERROR(Send(newest));
  }
  barrier_ = epoch;
  outputs_.Broadcast(data::Barrier{epoch});
  TaskPart part;
  part.positions["version"] = {*version_};
  overseer().Ack(*this, epoch, std::move(part));
  return Did::kWaiting;
}

}  // namespace thalweg::flow
