#include "operators/distinct.h"

#include <algorithm>
#include <limits>
#include <map>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/event_time.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/row_order.h"
#include "operators/row_store.h"
#include "operators/single_input.h"
#include "operators/windowed_aggregate.h"

namespace thalweg::operators {

component::OptionsOf<DistinctOptions> DistinctOptions::Describe() {
  using O = DistinctOptions;
  return component::OptionsOf<O>("distinct", "One row per key, or per key and span of time.")
      .Field("by", &O::by,
             {.doc = "Key columns.", .example = "[id]", .required = true, .scalar_or_list = true})
      .Field("order_by", &O::order_by,
             {.doc = "Which row of a key is kept: the first by this order. Without it, the first "
                     "that comes.",
              .example = "updated_at desc",
              .scalar_or_list = true})
      .Field("within", &O::within,
             {.doc = "Rows of a key within this time of the key's first row are one. Without it, "
                     "all rows of a key are.",
              .example = "1h"});
}

namespace {

class Distinct : public QueuedOperator {
 public:
  Distinct(data::SchemaRef schema, KeyTable keys, std::optional<RowOrder> order, int time,
           std::int64_t ns_per_unit, std::int64_t within)
      : schema_(schema),
        keys_(std::move(keys)),
        order_(std::move(order)),
        time_(time),
        ns_per_unit_(ns_per_unit),
        within_(within),
        rows_("rows", std::move(schema)) {}

  Status Snapshot(component::SnapshotWriter& writer) override { return rows_.Snapshot(writer); }
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status OnBatch(int, const data::Batch& batch) override;
  Status OnWatermark(data::EventTime time) override {
    TW_RETURN_IF_ERROR(Expire(time.ns));
    // A kept row waits up to its span; what it says of time must not be overtaken.
    return order_ ? QueuedOperator::OnWatermark({SaturatingAdd(time.ns, -within_)})
                  : QueuedOperator::OnWatermark(time);
  }
  Status OnEnd(int) override { return Expire(kForever); }

 private:
  // The first row of a key opens its span; with an order, the best row so far is kept beside it.
  struct Span {
    std::int64_t first_id = -1, best_id = -1, first_time = 0;
  };
  std::int64_t TimeOf(const data::Batch& batch, std::int64_t row) const {
    if (time_ < 0) return 0;
    std::vector<std::int64_t> scratch;
    return ToNanoseconds(WideValues(*batch->column(time_)->Slice(row, 1)->data(), &scratch)[0],
                         ns_per_unit_);
  }
  Status Close(Span* span, std::vector<RowRef>* out);
  Status Expire(std::int64_t time);
  Status Flush(std::vector<RowRef>* out);

  const data::SchemaRef schema_;
  KeyTable keys_;
  const std::optional<RowOrder> order_;
  const int time_;
  const std::int64_t ns_per_unit_, within_;
  RowStore rows_;
  std::vector<Span> spans_;
};

Status Distinct::Close(Span* span, std::vector<RowRef>* out) {
  if (span->first_id < 0) return {};
  if (order_) out->push_back(rows_.at(span->best_id));
  rows_.Remove(span->first_id);
  if (span->best_id != span->first_id) rows_.Remove(span->best_id);
  *span = {};
  return {};
}

Status Distinct::Flush(std::vector<RowRef>* out) {
  if (out->empty()) return {};
  TW_ASSIGN_OR_RETURN(data::Batch batch, GatherRows(schema_, *out));
  Emit(std::move(batch));
  return {};
}

Status Distinct::OnBatch(int, const data::Batch& batch) {
  std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
  keys_.Map(*batch, slots.data());
  spans_.resize(keys_.size());
  std::vector<RowRef> out;
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    if (time_ >= 0 && batch->column(time_)->IsNull(row)) {
      EmitSide("rejects", batch->Slice(row, 1));
      continue;
    }
    const std::uint32_t slot = slots[static_cast<std::size_t>(row)];
    const std::int64_t time = TimeOf(batch, row);
    Span& span = spans_[slot];
    if (span.first_id >= 0 && within_ != kForever &&
        time >= SaturatingAdd(span.first_time, within_)) {
      TW_RETURN_IF_ERROR(Close(&span, &out));
    }
    if (span.first_id < 0) {
      span.first_id = span.best_id = rows_.Add({batch, row}, keys_.KeyGroup(slot));
      span.first_time = time;
      if (!order_) out.push_back({batch, row});
    } else if (order_ && order_->Compare({batch, row}, rows_.at(span.best_id)) < 0) {
      if (span.best_id != span.first_id) rows_.Remove(span.best_id);
      span.best_id = rows_.Add({batch, row}, keys_.KeyGroup(slot));
    }
  }
  return Flush(&out);
}

Status Distinct::Expire(std::int64_t time) {
  if (within_ == kForever && time != kForever) return {};
  std::vector<RowRef> out;
  for (Span& span : spans_) {
    if (span.first_id >= 0 && SaturatingAdd(span.first_time, within_) <= time)
      TW_RETURN_IF_ERROR(Close(&span, &out));
  }
  return Flush(&out);
}

Status Distinct::Restore(component::SnapshotReader& reader) {
  return rows_.Restore(reader, context().groups, [&](std::int64_t id, const RowRef& row) -> Status {
    std::uint32_t slot = 0;
    keys_.Map(*row.batch->Slice(row.row, 1), &slot);
    spans_.resize(keys_.size());
    Span& span = spans_[slot];
    if (span.first_id < 0) {
      span = {id, id, TimeOf(row.batch, row.row)};
    } else {
      span.best_id = id;
    }
    return {};
  });
}

}  // namespace

Result<component::Bound> DistinctSpec::Bind(std::span<const data::EdgeType> inputs,
                                            const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "distinct"));
  TW_RETURN_IF_ERROR(CheckKeysGiven(options_.by, "distinct"));
  const arrow::Schema& schema = *inputs[0].schema;
  TW_ASSIGN_OR_RETURN(const KeyTable keys, KeyTable::Make(schema, options_.by));
  TW_ASSIGN_OR_RETURN(const RowOrder order, RowOrder::Make(schema, options_.order_by));
  if (options_.within) {
    if (options_.within->count() <= 0) return UserError("bad-value", "within must be positive");
    if (!inputs[0].event_time)
      return UserError("no-event-time", "within needs event time: set event_time on the source");
    TW_ASSIGN_OR_RETURN(const int time, FindColumn(schema, *inputs[0].event_time));
    TW_ASSIGN_OR_RETURN(const std::int64_t unit, NanosecondsPerUnit(*schema.field(time)->type()));
    (void)unit;
  }
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "distinct", inputs[0].schema));
  if (!options_.within) bound.output.keys = options_.by;
  bound.sides.emplace_back("rejects", inputs[0]);
  bound.partition_by = {options_.by};
  return bound;
}

std::optional<std::string> DistinctSpec::Lower(component::Dialect dialect,
                                               std::span<const data::EdgeType> inputs) const {
  // Without an order the kept row is the first that comes, which a table does not know.
  if (dialect != component::Dialect::kDuckDb || options_.within || options_.order_by.empty())
    return std::nullopt;
  const auto order = RowOrder::Make(*inputs[0].schema, options_.order_by);
  if (!order.ok()) return std::nullopt;
  std::string keys;
  for (const std::string& name : options_.by)
    keys += (keys.empty() ? "" : ", ") + data::QuoteIdentifier(name);
  return fmt::format(
      "SELECT * FROM in_0 QUALIFY row_number() OVER (PARTITION BY {} ORDER BY {}) = 1", keys,
      order->Sql());
}

Result<std::unique_ptr<component::Operator>> DistinctSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  const arrow::Schema& schema = *inputs[0].schema;
  TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(schema, options_.by));
  std::optional<RowOrder> order;
  if (!options_.order_by.empty()) {
    TW_ASSIGN_OR_RETURN(order, RowOrder::Make(schema, options_.order_by));
  }
  int time = -1;
  std::int64_t unit = 1;
  if (options_.within) {
    time = schema.GetFieldIndex(*inputs[0].event_time);
    TW_ASSIGN_OR_RETURN(unit, NanosecondsPerUnit(*schema.field(time)->type()));
  }
  return std::make_unique<Distinct>(inputs[0].schema, std::move(keys), std::move(order), time, unit,
                                    options_.within ? options_.within->count() : kForever);
}

}  // namespace thalweg::operators
