#include "operators/derivative.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/columns.h"
#include "operators/event_time.h"
#include "operators/key_table.h"
#include "operators/local_polynomial.h"
#include "operators/queued_operator.h"
#include "operators/row_store.h"
#include "operators/single_input.h"
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {

component::OptionsOf<DerivativeCase> DerivativeCase::Describe() {
  return component::OptionsOf<DerivativeCase>("derivative column", "One derivative.")
      .Field("of", &DerivativeCase::of,
             {.doc = "The number that is derived.", .example = "load", .required = true})
      .Field("order", &DerivativeCase::order,
             {.doc = "0 smooths, 1 is the slope ...", .default_text = "1"})
      .Shorthand("of");
}

component::OptionsOf<DerivativeOptions> DerivativeOptions::Describe() {
  using O = DerivativeOptions;
  return component::OptionsOf<O>("derivative", "Appends derivatives by event time.")
      .Field("by", &O::by, {.doc = "Key columns: each key is a curve.", .scalar_or_list = true})
      .Field("unit", &O::unit, {.doc = "Derivatives are per so much time.", .default_text = "1s"})
      .Field("neighbourhood", &O::neighbourhood,
             {.doc = "Points so far before and after a row count. Default: the unit."})
      .Field("no_wait", &O::no_wait,
             {.doc = "Do not wait for points after a row.", .default_text = "false"})
      .Field("columns", &O::columns,
             {.doc = "Name of each new column and what it derives.",
              .example = "{slope: load}",
              .required = true});
}

namespace {

struct Derived {
  int column;
  int order;
  bool real;
};

struct Plan {
  data::SchemaRef input, output;
  std::vector<Derived> derived;
  int time = -1;
  std::int64_t ns_per_unit = 1;
  double unit = 1e9;
  std::int64_t neighbourhood = 0;
  bool no_wait = false;
};

class Derivative : public QueuedOperator {
 public:
  Derivative(Plan plan, KeyTable keys)
      : plan_(std::move(plan)), keys_(std::move(keys)), rows_("rows", plan_.input) {}

  Status Snapshot(component::SnapshotWriter& writer) override {
    TW_RETURN_IF_ERROR(WriteWatermark(writer, watermark_));
    return rows_.Snapshot(writer);
  }
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status OnBatch(int, const data::Batch& batch) override;
  Status OnWatermark(data::EventTime time) override {
    watermark_ = std::max(watermark_, time.ns);
    TW_RETURN_IF_ERROR(EmitReady());
    // Rows that wait are older than the watermark by up to the neighbourhood.
    return QueuedOperator::OnWatermark(
        {plan_.no_wait ? time.ns : SaturatingAdd(time.ns, -plan_.neighbourhood)});
  }
  Status OnFrameBegin(int port, std::uint64_t id) override {
    return in_frame_ = true, QueuedOperator::OnFrameBegin(port, id);
  }
  Status OnFrameEnd(int port, std::uint64_t id) override {
    in_frame_ = false;
    TW_RETURN_IF_ERROR(EmitReady());
    return QueuedOperator::OnFrameEnd(port, id);
  }
  Status OnEnd(int) override {
    watermark_ = kForever;
    return EmitReady();
  }

 private:
  struct Point {
    std::int64_t time;
    std::int64_t id;
    std::vector<std::optional<double>> values;  // by derived column
  };
  struct Key {
    std::vector<Point> points;  // by time
    std::size_t pending = 0;    // the first so many less than points.size() have been emitted
    bool touched = false;
  };
  Point MakePoint(const data::Batch& batch, std::int64_t row, std::int64_t id) const;
  void Insert(Key* key, Point point);
  Status EmitReady();
  void EmitKey(Key* key, std::vector<RowRef>* rows,
               std::vector<std::vector<std::optional<double>>>* results);
  std::optional<double> At(const Key& key, const Point& point, std::size_t which) const;

  const Plan plan_;
  KeyTable keys_;
  RowStore rows_;
  std::vector<Key> by_key_;
  std::vector<std::uint32_t> touched_;
  std::int64_t watermark_ = kNever;
  bool in_frame_ = false;
};

Derivative::Point Derivative::MakePoint(const data::Batch& batch, std::int64_t row,
                                        std::int64_t id) const {
  std::vector<std::int64_t> scratch;
  const auto wide = [&](int column) {
    return WideValues(*batch->column(column)->Slice(row, 1)->data(), &scratch)[0];
  };
  Point point{ToNanoseconds(wide(plan_.time), plan_.ns_per_unit), id, {}};
  for (const Derived& derived : plan_.derived) {
    if (batch->column(derived.column)->IsNull(row)) {
      point.values.emplace_back();
    } else {
      const std::int64_t value = wide(derived.column);
      point.values.emplace_back(derived.real ? std::bit_cast<double>(value)
                                             : static_cast<double>(value));
    }
  }
  return point;
}

void Derivative::Insert(Key* key, Point point) {
  auto at =
      std::upper_bound(key->points.begin(), key->points.end(), point.time,
                       [](std::int64_t time, const Point& other) { return time < other.time; });
  // What waits is behind what has been emitted, even where a row came too late to be in order.
  const auto first = key->points.begin() + static_cast<std::ptrdiff_t>(key->pending);
  key->points.insert(std::max(at, first), std::move(point));
}

Status Derivative::OnBatch(int, const data::Batch& batch) {
  std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
  keys_.Map(*batch, slots.data());
  by_key_.resize(keys_.size());
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    const std::uint32_t slot = slots[static_cast<std::size_t>(row)];
    if (batch->column(plan_.time)->IsNull(row)) {
      EmitSide("rejects", batch->Slice(row, 1));
      continue;
    }
    Key& key = by_key_[slot];
    Insert(&key, MakePoint(batch, row, rows_.Add({batch, row}, keys_.KeyGroup(slot))));
    if (!std::exchange(key.touched, true)) touched_.push_back(slot);
    // Without a frame a row may not see those behind it in its batch, which could have been cut
    // here.
    if (plan_.no_wait && !in_frame_) TW_RETURN_IF_ERROR(EmitReady());
  }
  return plan_.no_wait ? Status() : EmitReady();
}

std::optional<double> Derivative::At(const Key& key, const Point& point, std::size_t which) const {
  std::vector<CurvePoint> near;
  const auto begin = std::lower_bound(
      key.points.begin(), key.points.end(), SaturatingAdd(point.time, -plan_.neighbourhood),
      [](const Point& other, std::int64_t time) { return other.time < time; });
  for (auto other = begin;
       other != key.points.end() && other->time - point.time <= plan_.neighbourhood; ++other) {
    if (!other->values[which]) continue;
    // The difference is exact in integers; as a double it keeps fractions of the unit.
    near.push_back(
        {static_cast<double>(other->time - point.time) / plan_.unit, *other->values[which]});
  }
  return DerivativeAt(near, plan_.derived[which].order);
}

void Derivative::EmitKey(Key* key, std::vector<RowRef>* rows,
                         std::vector<std::vector<std::optional<double>>>* results) {
  if (key->points.empty()) return;
  const std::int64_t latest = key->points.back().time;
  for (; key->pending < key->points.size(); ++key->pending) {
    const Point& point = key->points[key->pending];
    const std::int64_t needed = SaturatingAdd(point.time, plan_.neighbourhood);
    if (!plan_.no_wait && latest <= needed && watermark_ <= needed) break;
    rows->push_back(rows_.at(point.id));
    for (std::size_t i = 0; i < plan_.derived.size(); ++i)
      (*results)[i].push_back(At(*key, point, i));
  }
  // Points that no later row can need.
  const std::int64_t oldest_row =
      key->pending < key->points.size() ? key->points[key->pending].time : latest;
  const std::int64_t oldest = SaturatingAdd(std::min(oldest_row, latest), -plan_.neighbourhood);
  std::size_t dropped = 0;
  while (dropped < key->pending && key->points[dropped].time < oldest)
    rows_.Remove(key->points[dropped++].id);
  key->points.erase(key->points.begin(),
                    key->points.begin() + static_cast<std::ptrdiff_t>(dropped));
  key->pending -= dropped;
}

Status Derivative::EmitReady() {
  std::vector<RowRef> rows;
  std::vector<std::vector<std::optional<double>>> results(plan_.derived.size());
  std::vector<std::uint32_t> waiting;
  for (const std::uint32_t slot : touched_) {
    Key& key = by_key_[slot];
    EmitKey(&key, &rows, &results);
    key.touched = key.pending < key.points.size();
    if (key.touched) waiting.push_back(slot);
  }
  touched_ = std::move(waiting);
  if (rows.empty()) return {};
  TW_ASSIGN_OR_RETURN(const data::Batch batch, GatherRows(plan_.input, rows));
  Arrays columns = batch->columns();
  for (const auto& result : results) {
    std::vector<std::int64_t> values;
    std::vector<std::uint8_t> valid;
    for (const auto& value : result) {
      values.push_back(std::bit_cast<std::int64_t>(value.value_or(0)));
      valid.push_back(value.has_value());
    }
    columns.push_back(MakeWide(arrow::float64(), std::move(values), valid));
  }
  Emit(MakeRows(plan_.output, batch->num_rows(), std::move(columns)));
  return {};
}

Status Derivative::Restore(component::SnapshotReader& reader) {
  TW_RETURN_IF_ERROR(ReadWatermark(reader, context().groups, &watermark_));
  TW_RETURN_IF_ERROR(
      rows_.Restore(reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
        std::uint32_t slot = 0;
        keys_.Map(*row.batch->Slice(row.row, 1), &slot);
        by_key_.resize(keys_.size());
        Insert(&by_key_[slot], MakePoint(row.batch, row.row, id));
        return {};
      }));
  // Everything that could be emitted was, before the snapshot.
  for (std::uint32_t slot = 0; slot < by_key_.size(); ++slot) {
    Key& key = by_key_[slot];
    const std::int64_t latest = key.points.empty() ? kNever : key.points.back().time;
    while (key.pending < key.points.size()) {
      const std::int64_t needed = SaturatingAdd(key.points[key.pending].time, plan_.neighbourhood);
      if (!plan_.no_wait && latest <= needed && watermark_ <= needed) break;
      ++key.pending;
    }
    key.touched = key.pending < key.points.size();
    if (key.touched) touched_.push_back(slot);
  }
  return {};
}

Result<Plan> MakePlan(const DerivativeOptions& options, const data::EdgeType& input) {
  const arrow::Schema& schema = *input.schema;
  if (!input.event_time)
    return UserError("no-event-time", "derivative needs event time: set event_time on its source");
  Plan plan;
  plan.input = input.schema;
  TW_ASSIGN_OR_RETURN(plan.time, FindColumn(schema, *input.event_time));
  TW_ASSIGN_OR_RETURN(plan.ns_per_unit, NanosecondsPerUnit(*schema.field(plan.time)->type()));
  plan.unit = static_cast<double>(options.unit.count());
  plan.neighbourhood = options.neighbourhood.value_or(options.unit).count();
  plan.no_wait = options.no_wait;
  if (plan.unit <= 0 || plan.neighbourhood <= 0)
    return UserError("bad-value", "unit and neighbourhood must be positive");
  arrow::FieldVector fields = schema.fields();
  for (const auto& [name, derivative] : options.columns) {
    TW_ASSIGN_OR_RETURN(const int column, FindColumn(schema, derivative.of));
    const NumberForm form = FormOf(*schema.field(column)->type());
    if (form != NumberForm::kInteger && form != NumberForm::kReal) {
      return UserError("bad-type",
                       fmt::format("column \"{}\" is no number, so it has no derivative: cast it",
                                   derivative.of));
    }
    if (derivative.order < 0 || derivative.order >= static_cast<std::int64_t>(kInterpolated)) {
      return UserError("bad-value", fmt::format("the order of \"{}\" must lie between 0 and {}",
                                                name, kInterpolated - 1));
    }
    if (schema.GetFieldIndex(name) >= 0) {
      return UserError("duplicate-column",
                       fmt::format("there is a column \"{}\" already: choose another name", name));
    }
    plan.derived.push_back({column, static_cast<int>(derivative.order), form == NumberForm::kReal});
    fields.push_back(arrow::field(name, arrow::float64()));
  }
  plan.output = arrow::schema(std::move(fields), schema.metadata());
  return plan;
}

}  // namespace

Result<component::Bound> DerivativeSpec::Bind(std::span<const data::EdgeType> inputs,
                                              const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "derivative"));
  TW_ASSIGN_OR_RETURN(const Plan plan, MakePlan(options_, inputs[0]));
  TW_ASSIGN_OR_RETURN(const KeyTable keys, KeyTable::Make(*inputs[0].schema, options_.by));
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "derivative", plan.output));
  bound.sides.emplace_back("rejects", inputs[0]);
  bound.partition_by = {options_.by};
  return bound;
}

std::optional<std::string> DerivativeSpec::Lower(component::Dialect,
                                                 std::span<const data::EdgeType>) const {
  return std::nullopt;  // local polynomials have no SQL
}

Result<std::unique_ptr<component::Operator>> DerivativeSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(Plan plan, MakePlan(options_, inputs[0]));
  TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(*inputs[0].schema, options_.by));
  return std::make_unique<Derivative>(std::move(plan), std::move(keys));
}

}  // namespace thalweg::operators
