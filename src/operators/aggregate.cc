#include "operators/aggregate.h"

#include <numeric>
#include <set>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/accumulators.h"
#include "operators/aggregate_plan.h"
#include "operators/kapacitor_aggregate.h"
#include "operators/key_table.h"
#include "operators/pane_aggregate.h"
#include "operators/session_aggregate.h"
#include "operators/type_name.h"

namespace thalweg::operators {

using component::Dialect;
using component::OptionsOf;
using data::QuoteIdentifier;

OptionsOf<AggregateOptions> AggregateOptions::Describe() {
  return OptionsOf<AggregateOptions>("aggregate",
                                     "One row per key and window, computed from the rows in it.")
      .Field("by", &AggregateOptions::by,
             {.doc = "Key columns. None: all rows are one group.",
              .example = "[campaign_id]",
              .scalar_or_list = true})
      .Field(
          "window", &AggregateOptions::window,
          {.doc = "How rows are gathered by event time. None: per frame, or over the whole input.",
           .example = "{tumbling: 10s}"})
      .Field("late", &AggregateOptions::late,
             {.doc = "What becomes of late rows: counted and dropped, kept in NODE_late, or added "
                     "to their windows, which "
                     "are then emitted again: a table of them needs materialize: {merge: [KEYS, "
                     "window_start]}, or it holds the old rows beside the new ones.",
              .default_text = "drop",
              .choices = {"drop", "side", "update"}})
      .Field(
          "update_for", &AggregateOptions::update_for,
          {.doc = "With late: update only: how long after its end a window can still be changed. "
                  "Later rows go to NODE_late.",
           .default_text = "1h"})
      .Field("columns", &AggregateOptions::columns,
             {.doc = "Result columns: first, last, min, max, mean (avg), sum, count, "
                     "count_distinct, quantile(x, 0.99). "
                     "NULLs are left out, except by first, last and count(*).",
              .example = "{n: \"count(*)\"}",
              .required = true});
}

namespace {

/// A column that may set a length of a window, where the input has it.
Status CheckLength(const arrow::Schema& schema, const char* option, const std::string& name) {
  const int column = name.empty() ? -1 : schema.GetFieldIndex(name);
  if (column < 0) return {};
  const arrow::Field& field = *schema.field(column);
  if (field.type()->id() == arrow::Type::DURATION || arrow::is_integer(field.type()->id()))
    return {};
  return UserError("bad-type",
                   fmt::format("{} names \"{}\", which is {}: it must be an integer, of "
                               "nanoseconds, or a duration",
                               option, name, TypeName(field)));
}

Result<std::shared_ptr<AggregatePlan>> MakePlan(const AggregateOptions& options,
                                                const data::EdgeType& input) {
  auto plan = std::make_shared<AggregatePlan>();
  plan->by = options.by;
  plan->window = options.window;
  plan->late = options.late == "update" ? LatePolicy::kUpdate
               : options.late == "side" ? LatePolicy::kSide
                                        : LatePolicy::kDrop;
  plan->update_for_ns = options.update_for.value_or(std::chrono::hours(1)).count();
  plan->input = input.schema;
  plan->event_time = input.event_time;
  for (const auto& [name, sql] : options.columns) {
    TW_ASSIGN_OR_RETURN(AggregateCall call, ParseAggregate(name, sql.text));
    plan->calls.push_back(std::move(call));
  }
  if (input.changes != data::Changes::kAppend) {
    return UserError("changing-input",
                     "aggregate needs rows that never change; its input updates rows by key");
  }
  if (plan->calls.empty() && plan->by.empty() && !plan->window) {
    return UserError("bad-value", "aggregate has no result: name at least one in columns");
  }
  if (options.update_for && plan->late != LatePolicy::kUpdate) {
    return UserError("bad-value",
                     fmt::format("update_for is for late: update, but late is {}", options.late));
  }
  if (plan->window) {
    TW_RETURN_IF_ERROR(plan->window->Check());
    if (!plan->event_time) {
      return UserError(
          "no-event-time",
          "a window needs event time, but the input has none: set event_time on its source");
    }
    if (plan->late == LatePolicy::kUpdate && !plan->window->tumbling && !plan->window->hopping) {
      return UserError("bad-window", "late: update works with tumbling and hopping windows only");
    }
    if (plan->window->kapacitor) {
      const KapacitorOptions& kapacitor = *plan->window->kapacitor;
      TW_RETURN_IF_ERROR(CheckLength(*input.schema, "period_column", kapacitor.period_column));
      TW_RETURN_IF_ERROR(CheckLength(*input.schema, "every_column", kapacitor.every_column));
    }
  }
  TW_ASSIGN_OR_RETURN(const Accumulators accumulators,
                      Accumulators::Bind(*input.schema, plan->calls, plan->event_time));
  TW_ASSIGN_OR_RETURN(const KeyCodec keys, KeyCodec::Make(*input.schema, plan->by));
  arrow::FieldVector fields = keys.fields();
  if (plan->window || accumulators.needs_time()) {
    TW_ASSIGN_OR_RETURN(plan->time_column, FindColumn(*input.schema, *plan->event_time));
    const auto& type = input.schema->field(plan->time_column)->type();
    TW_ASSIGN_OR_RETURN(plan->ns_per_unit, NanosecondsPerUnit(*type));
    if (plan->window) {
      fields.push_back(arrow::field("window_start", type));
      fields.push_back(arrow::field("window_end", type));
    }
  }
  fields.insert(fields.end(), accumulators.fields().begin(), accumulators.fields().end());
  std::set<std::string> names;
  for (const auto& field : fields) {
    if (!names.insert(field->name()).second) {
      return UserError("duplicate-column",
                       fmt::format("the result has two columns \"{}\": rename one", field->name()));
    }
  }
  plan->output = arrow::schema(std::move(fields));
  return plan;
}

/// A result column that is the event time of a row of its group.
std::optional<std::string> TimeOf(const AggregatePlan& plan) {
  if (plan.window) return "window_end";
  for (const AggregateCall& call : plan.calls) {
    const bool picks = call.what == Aggregation::kFirst || call.what == Aggregation::kLast ||
                       call.what == Aggregation::kMin || call.what == Aggregation::kMax;
    if (picks && plan.event_time && call.column == *plan.event_time) return call.output;
  }
  return std::nullopt;
}

/// The call in SQL; none for those that depend on the order of rows.
std::optional<std::string> LowerCall(const AggregateCall& call, const arrow::Schema& schema) {
  const std::string column = QuoteIdentifier(call.column);
  switch (call.what) {
    case Aggregation::kCountRows:
      return "count(*)";
    case Aggregation::kCount:
      return fmt::format("count({})", column);
    case Aggregation::kSum:
      return arrow::is_integer(schema.GetFieldByName(call.column)->type()->id())
                 ? fmt::format("CAST(sum({}) AS BIGINT)", column)
                 : fmt::format("sum(CAST({} AS DOUBLE))", column);
    case Aggregation::kMean:
      return fmt::format("avg({})", column);
    case Aggregation::kMin:
      return fmt::format("min({})", column);
    case Aggregation::kMax:
      return fmt::format("max({})", column);
    case Aggregation::kCountDistinct:
      return fmt::format("count(DISTINCT {})", column);
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<component::Bound> AggregateSpec::Bind(std::span<const data::EdgeType> inputs,
                                             const component::MakeEvaluator&) const {
  if (inputs.size() != 1) return UserError("input-count", "aggregate reads exactly one node");
  TW_ASSIGN_OR_RETURN(const auto plan, MakePlan(options_, inputs[0]));
  component::Bound bound;
  bound.output.schema = plan->output;
  bound.output.keys = plan->by;
  if (plan->window) bound.output.keys.push_back("window_start");
  bound.output.event_time = TimeOf(*plan);
  bound.output.changes = plan->late == LatePolicy::kUpdate && plan->window ? data::Changes::kUpsert
                                                                           : data::Changes::kAppend;
  bound.output.bounded = inputs[0].bounded;
  bound.output.deterministic = inputs[0].deterministic;
  bound.sides.emplace_back("late", inputs[0]);
  bound.sides.emplace_back("rejects", inputs[0]);
  bound.partition_by = {plan->by};
  return bound;
}

std::optional<std::string> AggregateSpec::Lower(Dialect dialect,
                                                std::span<const data::EdgeType> inputs) const {
  const auto plan = MakePlan(options_, inputs[0]);
  if (!plan.ok()) return std::nullopt;
  const arrow::Schema& schema = *(*plan)->input;
  std::string keys, calls;
  for (const std::string& name : (*plan)->by) keys += QuoteIdentifier(name) + ", ";
  for (const AggregateCall& call : (*plan)->calls) {
    const auto sql = LowerCall(call, schema);
    if (!sql) return std::nullopt;
    calls +=
        fmt::format("{}{} AS {}", calls.empty() ? "" : ", ", *sql, QuoteIdentifier(call.output));
  }
  if (!options_.window) {
    const std::string group =
        keys.empty() ? " HAVING count(*) > 0" : " GROUP BY " + keys.substr(0, keys.size() - 2);
    return fmt::format("SELECT {}{} FROM in_0{}", keys, calls, group);
  }
  const WindowOptions& window = *options_.window;
  if (dialect != Dialect::kDuckDb || (!window.tumbling && !window.hopping)) return std::nullopt;
  const std::int64_t size =
      window.tumbling ? window.tumbling->count() : window.hopping->size.count();
  const std::int64_t every = window.tumbling ? size : window.hopping->every.count();
  // Intervals count microseconds.
  if (size % every != 0 || every % 1000 != 0) return std::nullopt;
  const std::string time = QuoteIdentifier(*inputs[0].event_time);
  const auto& type =
      static_cast<const arrow::TimestampType&>(*schema.field((*plan)->time_column)->type());
  const std::string origin =
      type.timezone().empty() ? "TIMESTAMP '1970-01-01'" : "TIMESTAMPTZ '1970-01-01 00:00:00+00'";
  return fmt::format(
      "SELECT {0}window_start, window_start + INTERVAL {1} MICROSECONDS AS window_end, {2} FROM "
      "(SELECT *, "
      "time_bucket(INTERVAL {3} MICROSECONDS, {4}, {5}) - unnest(range({6})) * INTERVAL {3} "
      "MICROSECONDS AS window_start "
      "FROM in_0 WHERE {4} IS NOT NULL) GROUP BY {0}window_start",
      keys, size / 1000, calls, every / 1000, time, origin, size / every);
}

Result<std::unique_ptr<component::Operator>> AggregateSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const AggregatePlan> plan,
                      MakePlan(options_, inputs[0]));
  TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(*plan->input, plan->by));
  TW_ASSIGN_OR_RETURN(Accumulators accumulators,
                      Accumulators::Bind(*plan->input, plan->calls, plan->event_time));
  std::unique_ptr<component::Operator> made;
  if (plan->window && plan->window->session) {
    made = std::make_unique<SessionAggregate>(plan, std::move(keys), std::move(accumulators));
  } else if (plan->window && plan->window->kapacitor) {
    made = std::make_unique<KapacitorAggregate>(plan, std::move(keys), std::move(accumulators));
  } else {
    made = std::make_unique<PaneAggregate>(plan, std::move(keys), std::move(accumulators));
  }
  return made;
}

}  // namespace thalweg::operators
