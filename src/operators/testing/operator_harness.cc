#include "operators/testing/operator_harness.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "operators/columns.h"
#include "operators/key_table.h"
#include "operators/register.h"

namespace thalweg::operators::testing {
namespace {

using component::KeyGroups;
using component::Progress;
using component::SnapshotWriter;
using component::Value;

/// All snapshots of a run, one behind the other: a base, then deltas.
struct SnapshotLog {
  std::vector<std::pair<std::string, data::Batch>> batches;
};

class LogWriter : public SnapshotWriter {
 public:
  LogWriter(Mode mode, SnapshotLog* log) : mode_(mode), log_(log) {}
  Mode mode() const override { return mode_; }
  Status Write(std::string_view table, const data::Batch& rows) override {
    if (!rows->Validate().ok()) return Status::Internal(rows->Validate().ToString());
    EXPECT_EQ(rows->schema()->field(0)->name(), "_key_group");
    EXPECT_EQ(rows->schema()->field(1)->name() == "_op", mode_ == Mode::kDelta);
    data::Batch stored = rows;
    if (mode_ == Mode::kBase) {
      stored = *rows->AddColumn(1, "_op", RepeatText("U", rows->num_rows()));
    }
    log_->batches.emplace_back(table, stored);
    return {};
  }

 private:
  const Mode mode_;
  SnapshotLog* const log_;
};

class LogReader : public component::SnapshotReader {
 public:
  explicit LogReader(const SnapshotLog& log) : log_(log) {}
  Status Read(std::string_view table,
              const std::function<Status(const data::Batch&)>& each) override {
    for (const auto& [name, batch] : log_.batches) {
      if (name == table) TW_RETURN_IF_ERROR(each(batch));
    }
    return {};
  }

 private:
  const SnapshotLog& log_;
};

class Collector : public component::Output {
 public:
  explicit Collector(Outcome* outcome) : outcome_(outcome) {}
  void Emit(data::Element element) override {
    ++taken_;
    if (const auto* batch = std::get_if<data::Batch>(&element)) {
      EXPECT_TRUE((*batch)->ValidateFull().ok()) << (*batch)->ValidateFull().ToString();
      for (std::string& row : Render(*batch)) {
        if (in_frame_) outcome_->frames.back().push_back(row);
        outcome_->rows.push_back(std::move(row));
      }
    } else if (std::holds_alternative<data::FrameBegin>(element)) {
      EXPECT_FALSE(in_frame_);
      in_frame_ = true;
      outcome_->frames.emplace_back();
    } else if (std::holds_alternative<data::FrameEnd>(element)) {
      EXPECT_TRUE(in_frame_);
      in_frame_ = false;
    }
    outcome_->elements.push_back(std::move(element));
  }
  void EmitSide(std::string_view side, data::Batch batch) override {
    ++taken_;
    for (std::string& row : Render(batch))
      outcome_->sides[std::string(side)].push_back(std::move(row));
  }
  bool Full() const override { return limit_ > 0 && taken_ >= limit_; }
  void SetTimer(component::Timer) override {}
  void Empty() { taken_ = 0; }
  void set_limit(std::int64_t limit) { limit_ = limit; }

 private:
  Outcome* const outcome_;
  bool in_frame_ = false;
  std::int64_t taken_ = 0, limit_ = 0;
};

/// The instances of a node, each with its key groups.
class Instances {
 public:
  Instances(const component::OperatorSpec& spec, const std::vector<data::EdgeType>& inputs,
            const component::Bound& bound, const component::MakeEvaluator& make_evaluator)
      : spec_(spec), inputs_(inputs), bound_(bound), make_evaluator_(make_evaluator) {}

  Status Start(int count, const SnapshotLog* log) {
    instances_.clear();
    for (int i = 0; i < count; ++i) {
      const KeyGroups groups{component::kKeyGroups * i / count,
                             component::kKeyGroups * (i + 1) / count};
      TW_ASSIGN_OR_RETURN(auto made, spec_.Make(inputs_));
      TW_RETURN_IF_ERROR(made->Open({&SystemClock(), make_evaluator_, groups}));
      if (log != nullptr) {
        LogReader reader(*log);
        TW_RETURN_IF_ERROR(made->Restore(reader));
      }
      instances_.push_back({std::move(made), groups});
    }
    return {};
  }

  Status On(const Step& step, Collector& output) {
    const auto* batch = std::get_if<data::Batch>(&step.element);
    for (auto& [instance, groups] : instances_) {
      data::Element element = step.element;
      if (batch != nullptr && instances_.size() > 1) {
        TW_ASSIGN_OR_RETURN(element, Part(*batch, step.port, groups));
      }
      TW_ASSIGN_OR_RETURN(Progress progress, instance->On({step.port}, element, output));
      while (progress == Progress::kBlocked) {
        output.Empty();
        TW_ASSIGN_OR_RETURN(progress, instance->Continue(output));
      }
      output.Empty();
    }
    return {};
  }

  Status Snapshot(SnapshotWriter::Mode mode, SnapshotLog* log) {
    for (auto& [instance, groups] : instances_) {
      LogWriter writer(mode, log);
      TW_RETURN_IF_ERROR(instance->Snapshot(writer));
    }
    return {};
  }

 private:
  struct Instance {
    std::unique_ptr<component::Operator> instance;
    KeyGroups groups;
  };
  Result<data::Batch> Part(const data::Batch& batch, int port, KeyGroups groups) const {
    const auto& schema = inputs_[static_cast<std::size_t>(port)].schema;
    TW_ASSIGN_OR_RETURN(
        KeyTable keys,
        KeyTable::Make(*schema, bound_.partition_by[static_cast<std::size_t>(port)]));
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys.Map(*batch, slots.data());
    std::vector<RowRef> rows;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (groups.Contains(keys.KeyGroup(slots[i])))
        rows.push_back({batch, static_cast<std::int64_t>(i)});
    }
    return GatherRows(schema, rows);
  }

  const component::OperatorSpec& spec_;
  const std::vector<data::EdgeType>& inputs_;
  const component::Bound& bound_;
  const component::MakeEvaluator& make_evaluator_;
  std::vector<Instance> instances_;
};

Value ToValue(const nlohmann::ordered_json& json) {
  switch (json.type()) {
    case nlohmann::ordered_json::value_t::object: {
      std::vector<Value::Entry> entries;
      for (const auto& [key, value] : json.items()) entries.push_back({key, {}, ToValue(value)});
      return Value::Map(std::move(entries), {});
    }
    case nlohmann::ordered_json::value_t::array: {
      std::vector<Value> items;
      for (const auto& item : json) items.push_back(ToValue(item));
      return Value::List(std::move(items), {});
    }
    case nlohmann::ordered_json::value_t::boolean:
      return Value::Boolean(json.get<bool>(), json.dump(), {});
    case nlohmann::ordered_json::value_t::string:
      return Value::String(json.get<std::string>(), {});
    case nlohmann::ordered_json::value_t::null:
      return Value::Null({});
    default:
      return Value::Number(json.dump(), {});
  }
}

std::shared_ptr<const component::OperatorSpec> ReadSpec(const std::string& name,
                                                        const std::string& json,
                                                        Diagnostics* diagnostics) {
  component::Registry registry;
  RegisterOperators(registry);
  const auto* entry = registry.Find(component::Kind::kOperator, name);
  TW_CHECK(entry != nullptr);
  return entry->op(ToValue(nlohmann::ordered_json::parse(json)), *diagnostics);
}

}  // namespace

std::vector<Disturbance> AllDisturbances() {
  return {
      {.cut = 1},
      {.cut = 7},
      {.full_after = 1},
      {.checkpoints = true},
      {.checkpoints = true, .deltas = false},
      {.cut = 1, .checkpoints = true},
      {.cut = 7, .checkpoints = true, .deltas = false},
      {.cut = 3, .checkpoints = true, .parallel = {1, 2, 1}},
      {.cut = 3, .checkpoints = true, .deltas = false, .parallel = {1, 2, 1}},
      {.parallel = {3}},
  };
}

std::string ToString(const Disturbance& disturbance) {
  return fmt::format("cut={} checkpoints={} deltas={} parallel={} full_after={}", disturbance.cut,
                     disturbance.checkpoints, disturbance.deltas,
                     fmt::join(disturbance.parallel, ","), disturbance.full_after);
}

std::vector<std::string> Outcome::Sorted() const {
  std::vector<std::string> sorted = rows;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Harness::Harness(std::shared_ptr<const component::OperatorSpec> spec,
                 std::vector<data::EdgeType> inputs)
    : spec_(std::move(spec)), inputs_(std::move(inputs)) {}

Result<component::Bound> Harness::Bind() const {
  return spec_->Bind(inputs_, make_evaluator);
}

Steps Harness::Prepare(const Steps& steps, const Disturbance& disturbance, bool end) const {
  Steps prepared;
  const auto& time_name = inputs_[0].event_time;
  std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
  const auto watermark = [&] {
    if (greatest != std::numeric_limits<std::int64_t>::min()) {
      prepared.push_back({data::Watermark{{greatest - *lateness_ns}}, 0});
    }
  };
  for (const Step& step : steps) {
    const auto* batch = std::get_if<data::Batch>(&step.element);
    if (batch == nullptr) {
      prepared.push_back(step);
      continue;
    }
    const std::int64_t cut =
        disturbance.cut > 0 ? disturbance.cut : std::max<std::int64_t>((*batch)->num_rows(), 1);
    const int time = time_name && lateness_ns ? (*batch)->schema()->GetFieldIndex(*time_name) : -1;
    const std::int64_t unit =
        time >= 0 ? NanosecondsPerUnit(*(*batch)->column(time)->type()).value() : 1;
    for (std::int64_t begin = 0; begin < (*batch)->num_rows();) {
      std::int64_t stop = std::min(begin + cut, (*batch)->num_rows());
      for (std::int64_t row = begin; time >= 0 && row < stop; ++row) {
        if ((*batch)->column(time)->IsNull(row)) continue;
        std::vector<std::int64_t> scratch;
        const std::int64_t ns = WideValues(*(*batch)->column_data(time), &scratch)[row] * unit;
        if (greatest != std::numeric_limits<std::int64_t>::min() && ns < greatest - *lateness_ns &&
            row > begin)
          stop = row;
        if (row < stop) greatest = std::max(greatest, ns);
      }
      prepared.push_back({(*batch)->Slice(begin, stop - begin), step.port});
      if (time >= 0) watermark();
      begin = stop;
    }
  }
  for (int port = 0; end && port < static_cast<int>(inputs_.size()); ++port)
    prepared.push_back({data::End{}, port});
  return prepared;
}

Outcome Harness::Run(const Steps& steps, const Disturbance& disturbance, bool end) const {
  Outcome outcome;
  Collector output(&outcome);
  output.set_limit(disturbance.full_after);
  const auto run = [&]() -> Status {
    TW_ASSIGN_OR_RETURN(const component::Bound bound, Bind());
    Instances instances(*spec_, inputs_, bound, make_evaluator);
    const bool splits = !bound.partition_by.empty() && !bound.partition_by[0].empty();
    std::size_t restarts = 0;
    const auto count = [&] {
      return splits ? disturbance.parallel[restarts++ % disturbance.parallel.size()] : 1;
    };
    TW_RETURN_IF_ERROR(instances.Start(count(), nullptr));
    SnapshotLog log;
    bool first = true;
    int open_frames = 0;
    std::set<int> ended;
    for (const Step& step : Prepare(steps, disturbance, end)) {
      TW_RETURN_IF_ERROR(instances.On(step, output));
      open_frames += std::holds_alternative<data::FrameBegin>(step.element) ? 1 : 0;
      open_frames -= std::holds_alternative<data::FrameEnd>(step.element) ? 1 : 0;
      if (std::holds_alternative<data::End>(step.element)) ended.insert(step.port);
      if (!disturbance.checkpoints || open_frames > 0) continue;  // a frame lies within one epoch
      const bool base = first || !disturbance.deltas;
      if (base) log.batches.clear();
      TW_RETURN_IF_ERROR(instances.Snapshot(
          base ? SnapshotWriter::Mode::kBase : SnapshotWriter::Mode::kDelta, &log));
      first = false;
      TW_RETURN_IF_ERROR(instances.Start(count(), &log));
      if (ended.size() == inputs_.size()) continue;
      for (const int port : ended)  // an input that has ended says so again
        TW_RETURN_IF_ERROR(instances.On({data::End{}, port}, output));
    }
    return {};
  };
  outcome.status = run();
  return outcome;
}

Outcome Harness::RunAll(const Steps& steps) const {
  const Outcome expected = Run(steps);
  EXPECT_TRUE(expected.status.ok()) << expected.status.ToString();
  for (const Disturbance& disturbance : AllDisturbances()) {
    SCOPED_TRACE(ToString(disturbance));
    // Frames go to every instance; what comes out of several at once is the flow's to join.
    const bool framed = std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      return std::holds_alternative<data::FrameBegin>(step.element);
    });
    if (framed && std::any_of(disturbance.parallel.begin(), disturbance.parallel.end(),
                              [](int n) { return n > 1; })) {
      continue;
    }
    Outcome outcome = Run(steps, disturbance);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.Sorted(), expected.Sorted());
    auto sides = expected.sides;
    for (auto* all : {&sides, &outcome.sides}) {
      for (auto& [name, rows] : *all) std::sort(rows.begin(), rows.end());
    }
    EXPECT_EQ(outcome.sides, sides);
  }
  return expected;
}

std::shared_ptr<const component::OperatorSpec> MakeSpec(const std::string& name,
                                                        const std::string& json) {
  Diagnostics diagnostics;
  auto spec = ReadSpec(name, json, &diagnostics);
  if (spec == nullptr) Abort(__FILE__, __LINE__, diagnostics.ToStatus().ToString());
  return spec;
}

std::string OptionErrors(const std::string& name, const std::string& json) {
  Diagnostics diagnostics;
  (void)ReadSpec(name, json, &diagnostics);
  std::string slugs;
  for (const auto& diagnostic : diagnostics.all())
    slugs += (slugs.empty() ? "" : " ") + diagnostic.slug;
  return slugs;
}

std::vector<std::string> Render(const data::Batch& batch) {
  std::vector<std::string> rows;
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    std::string text;
    for (int c = 0; c < batch->num_columns(); ++c) {
      const auto& column = *batch->column(c);
      text += c == 0 ? "" : "|";
      std::vector<std::int64_t> scratch;
      if (column.IsNull(row)) {
        text += "null";
      } else if (column.type_id() == arrow::Type::TIMESTAMP) {
        // In seconds since 1970: what tests reckon in.
        const std::int64_t unit = NanosecondsPerUnit(*column.type()).value();
        const std::int64_t ns = WideValues(*column.data(), &scratch)[row] * unit;
        text += fmt::format("{:g}", static_cast<double>(ns) / kSecond);
      } else if (FormOf(*column.type()) == NumberForm::kReal) {
        text +=
            fmt::format("{:.9g}", std::bit_cast<double>(WideValues(*column.data(), &scratch)[row]));
      } else {
        text += (*column.GetScalar(row))->ToString();
      }
    }
    rows.push_back(std::move(text));
  }
  return rows;
}

data::EdgeType Edge(const data::Batch& batch, std::optional<std::string> event_time) {
  data::EdgeType edge;
  edge.schema = batch->schema();
  edge.event_time = std::move(event_time);
  return edge;
}

data::Batch Rows(const std::vector<data::TestColumn>& columns) {
  std::vector<data::TestColumn> plain = columns;
  for (auto& column : plain) {
    if (column.type == "seconds") column.type = "bigint";
  }
  const data::Batch batch = data::MakeBatch(plain);
  arrow::FieldVector fields;
  Arrays arrays;
  for (int c = 0; c < batch->num_columns(); ++c) {
    ArrayRef array = batch->column(c);
    if (columns[static_cast<std::size_t>(c)].type == "seconds") {
      std::vector<std::int64_t> values, scratch;
      std::vector<std::uint8_t> valid;
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        values.push_back(WideValues(*array->data(), &scratch)[row] * 1'000'000);
        valid.push_back(array->IsValid(row));
      }
      array = MakeWide(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), std::move(values), valid);
    }
    fields.push_back(arrow::field(batch->schema()->field(c)->name(), array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), batch->num_rows(), arrays);
}

}  // namespace thalweg::operators::testing
