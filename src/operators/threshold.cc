#include "operators/threshold.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/columns.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"
#include "operators/state_rows.h"
#include "operators/type_name.h"

namespace thalweg::operators {

component::OptionsOf<ThresholdOptions> ThresholdOptions::Describe() {
  using O = ThresholdOptions;
  return component::OptionsOf<O>("threshold",
                                 "Appends a threshold that adapts to the watched value.")
      .Field("by", &O::by,
             {.doc = "Key columns: each key has its own threshold.", .scalar_or_list = true})
      .Field("watch", &O::watch,
             {.doc = "The number that is watched.", .example = "load", .required = true})
      .Field("as", &O::as, {.doc = "Name of the new column.", .default_text = "threshold"})
      .Field("default", &O::initial,
             {.doc = "The threshold at first.", .example = "10", .required = true})
      .Field("increase_scale", &O::increase_scale,
             {.doc = "Factor of an increase, above 1.", .example = "2", .required = true})
      .Field("increase_after", &O::increase_after,
             {.doc = "The value must stay above the threshold for longer than this.",
              .example = "5s",
              .required = true})
      .Field(
          "decrease_trigger", &O::decrease_trigger,
          {.doc = "Share of the threshold, 0 to 1, below which it may fall.", .default_text = "0"})
      .Field("decrease_scale", &O::decrease_scale,
             {.doc = "Factor of a decrease, below 1. 0: the threshold never falls.",
              .default_text = "0"})
      .Field("decrease_after", &O::decrease_after,
             {.doc = "The value must stay below the trigger for longer than this.",
              .default_text = "0s"})
      .Field("min", &O::min, {.doc = "The threshold does not fall below.", .default_text = "0"})
      .Field("max", &O::max, {.doc = "The threshold does not grow above."});
}

namespace {

enum Mode : std::int64_t { kOk, kIncrease, kDecrease };

struct State {
  bool started = false, changed = false;
  std::int64_t mode = kOk;
  std::int64_t since = 0;
  double threshold = 0;
};

class Threshold : public QueuedOperator {
 public:
  Threshold(ThresholdOptions options, data::SchemaRef output, int watch, int time,
            std::int64_t ns_per_unit, KeyTable keys)
      : options_(std::move(options)),
        output_(std::move(output)),
        watch_(watch),
        time_(time),
        ns_per_unit_(ns_per_unit),
        max_(options_.max.value_or(std::numeric_limits<double>::max())),
        keys_(std::move(keys)) {}

  Status Snapshot(component::SnapshotWriter& writer) override;
  Status Restore(component::SnapshotReader& reader) override;

 protected:
  Status OnBatch(int, const data::Batch& batch) override;

 private:
  /// The threshold of a row whose value is `value`. Each pass of the loop either decides, or moves
  /// the threshold and looks at the row again as if nothing had been going on.
  double Judge(State* state, double value, std::int64_t time) const;

  const ThresholdOptions options_;
  const data::SchemaRef output_;
  const int watch_, time_;
  const std::int64_t ns_per_unit_;
  const double max_;
  KeyTable keys_;
  std::vector<State> states_;
};

double Threshold::Judge(State* state, double value, std::int64_t time) const {
  if (state->mode == kIncrease && value > state->threshold) {
    if (time - state->since <= options_.increase_after.count()) return state->threshold;
    state->threshold = std::min(state->threshold * options_.increase_scale, max_);
  } else if (state->mode == kIncrease) {
    state->mode = kOk;  // this row says no more: a fall may begin with the next one
    return state->threshold;
  } else if (state->mode == kDecrease && value <= state->threshold * options_.decrease_trigger) {
    if (time - state->since <= options_.decrease_after.count()) return state->threshold;
    state->threshold = std::max(state->threshold * options_.decrease_scale, options_.min);
  }
  state->mode = kOk;
  const bool may_fall = options_.decrease_scale > 0;
  if (value > state->threshold) {
    state->mode = kIncrease;
  } else if (may_fall && value < state->threshold * options_.decrease_trigger) {
    state->mode = kDecrease;
  }
  state->since = time;
  return state->threshold;
}

Status Threshold::OnBatch(int, const data::Batch& batch) {
  const auto rows = static_cast<std::size_t>(batch->num_rows());
  std::vector<std::uint32_t> slots(rows);
  keys_.Map(*batch, slots.data());
  states_.resize(keys_.size());
  std::vector<std::int64_t> value_scratch, time_scratch, thresholds(rows);
  const arrow::ArrayData& watch = *batch->column_data(watch_);
  const arrow::ArrayData& time = *batch->column_data(time_);
  const std::int64_t* values = WideValues(watch, &value_scratch);
  const std::int64_t* times = WideValues(time, &time_scratch);
  const bool real = FormOf(*watch.type) == NumberForm::kReal;
  for (std::size_t i = 0; i < rows; ++i) {
    State& state = states_[slots[i]];
    if (!state.started) state = {true, true, kOk, 0, options_.initial};
    const auto row = static_cast<std::int64_t>(i);
    double threshold = state.threshold;
    if (watch.IsValid(row) && time.IsValid(row)) {
      const double value = real ? std::bit_cast<double>(values[i]) : static_cast<double>(values[i]);
      threshold = Judge(&state, value, ToNanoseconds(times[i], ns_per_unit_));
      state.changed = true;
    }
    thresholds[i] = std::bit_cast<std::int64_t>(threshold);
  }
  Arrays columns = batch->columns();
  columns.push_back(MakeWide(arrow::float64(), std::move(thresholds)));
  Emit(MakeRows(output_, batch->num_rows(), std::move(columns)));
  return {};
}

Status Threshold::Snapshot(component::SnapshotWriter& writer) {
  const bool base = writer.mode() == component::SnapshotWriter::Mode::kBase;
  std::vector<std::uint32_t> slots;
  std::vector<std::int16_t> key_groups;
  std::vector<std::int64_t> modes, sinces, thresholds;
  for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
    State& state = states_[slot];
    if (!state.started || (!base && !state.changed)) continue;
    state.changed = false;
    slots.push_back(slot);
    key_groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(slot)));
    modes.push_back(state.mode), sinces.push_back(state.since);
    thresholds.push_back(std::bit_cast<std::int64_t>(state.threshold));
  }
  Fields fields = keys_.fields();
  fields.push_back(arrow::field("_mode", arrow::int64()));
  fields.push_back(arrow::field("_since", arrow::int64()));
  fields.push_back(arrow::field("_threshold", arrow::float64()));
  Arrays columns = keys_.Columns(slots);
  columns.push_back(MakeWide(arrow::int64(), std::move(modes)));
  columns.push_back(MakeWide(arrow::int64(), std::move(sinces)));
  columns.push_back(MakeWide(arrow::float64(), std::move(thresholds)));
  return WriteState(writer, "thresholds", fields, key_groups, kPut, std::move(columns));
}

Status Threshold::Restore(component::SnapshotReader& reader) {
  return ReadState(reader, "thresholds", context().groups, [&](const StateBatch& saved) -> Status {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(saved.rows->num_rows()));
    keys_.MapKeys(*saved.rows, slots.data());
    states_.resize(keys_.size());
    const auto column = static_cast<int>(keys_.fields().size());
    const auto values = [&](int i) {
      return saved.rows->column_data(column + i)->GetValues<std::int64_t>(1);
    };
    for (std::size_t i = 0; i < slots.size(); ++i) {
      states_[slots[i]] = {true, false, values(0)[i], values(1)[i],
                           std::bit_cast<double>(values(2)[i])};
    }
    return {};
  });
}

}  // namespace

namespace {

Status CheckFactors(const ThresholdOptions& options) {
  const auto error = [](std::string message) { return UserError("bad-value", std::move(message)); };
  const auto is_share = [](double value) { return value >= 0 && value <= 1; };
  if (!(options.increase_scale > 1)) {
    return error(fmt::format("increase_scale must be above 1, or the threshold would not grow: {}",
                             options.increase_scale));
  }
  if (!is_share(options.decrease_trigger)) {
    return error(fmt::format("decrease_trigger is a share of the threshold, 0 to 1: {}",
                             options.decrease_trigger));
  }
  if (!(options.decrease_scale >= 0 && options.decrease_scale < 1)) {
    return error(fmt::format("decrease_scale must be below 1, or the threshold would not fall: {}",
                             options.decrease_scale));
  }
  if (options.max && !(options.min <= *options.max))
    return error(fmt::format("min {} is above max {}", options.min, *options.max));
  return {};
}

}  // namespace

Result<component::Bound> ThresholdSpec::Bind(std::span<const data::EdgeType> inputs,
                                             const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "threshold"));
  TW_RETURN_IF_ERROR(CheckFactors(options_));
  const arrow::Schema& schema = *inputs[0].schema;
  TW_ASSIGN_OR_RETURN(const int watch, FindColumn(schema, options_.watch));
  const NumberForm form = FormOf(*schema.field(watch)->type());
  if (form != NumberForm::kInteger && form != NumberForm::kReal) {
    return UserError("bad-type",
                     fmt::format("threshold watches a number, but \"{}\" is {}: cast it",
                                 options_.watch, TypeName(*schema.field(watch))));
  }
  if (!inputs[0].event_time)
    return UserError("no-event-time", "threshold needs event time: set event_time on its source");
  if (schema.GetFieldIndex(options_.as) >= 0) {
    return UserError(
        "duplicate-column",
        fmt::format("there is a column \"{}\" already: choose another name with as", options_.as));
  }
  TW_ASSIGN_OR_RETURN(const int time, FindColumn(schema, *inputs[0].event_time));
  TW_ASSIGN_OR_RETURN(const std::int64_t unit, NanosecondsPerUnit(*schema.field(time)->type()));
  (void)unit;
  TW_ASSIGN_OR_RETURN(const KeyTable keys, KeyTable::Make(schema, options_.by));
  arrow::FieldVector fields = schema.fields();
  fields.push_back(arrow::field(options_.as, arrow::float64()));
  TW_ASSIGN_OR_RETURN(
      component::Bound bound,
      BoundLike(inputs, "threshold", arrow::schema(std::move(fields), schema.metadata())));
  bound.partition_by = {options_.by};
  return bound;
}

std::optional<std::string> ThresholdSpec::Lower(component::Dialect,
                                                std::span<const data::EdgeType>) const {
  return std::nullopt;  // a state machine over ordered rows
}

Result<std::unique_ptr<component::Operator>> ThresholdSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(const component::Bound bound, Bind(inputs, {}));
  const arrow::Schema& schema = *inputs[0].schema;
  TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(schema, options_.by));
  const int time = schema.GetFieldIndex(*inputs[0].event_time);
  TW_ASSIGN_OR_RETURN(const std::int64_t unit, NanosecondsPerUnit(*schema.field(time)->type()));
  return std::make_unique<Threshold>(options_, bound.output.schema,
                                     schema.GetFieldIndex(options_.watch), time, unit,
                                     std::move(keys));
}

}  // namespace thalweg::operators
