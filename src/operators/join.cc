#include "operators/join.h"

#include <algorithm>

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/columns.h"
#include "operators/join_plan.h"
#include "operators/key_codec.h"
#include "operators/type_name.h"

namespace thalweg::operators {

component::OptionsOf<AsofOptions> AsofOptions::Describe() {
  return component::OptionsOf<AsofOptions>("asof", "The latest row that is not later.")
      .Field("tolerance", &AsofOptions::tolerance,
             {.doc = "A row that is older than this is no partner. Without it every age will do.",
              .example = "5s"})
      .Field("missing", &AsofOptions::missing,
             {.doc = "A row without a partner gets NULLs, or is dropped.",
              .default_text = "null",
              .choices = {"null", "drop"}})
      .Shorthand("tolerance");
}

component::OptionsOf<JoinOptions> JoinOptions::Describe() {
  using O = JoinOptions;
  return component::OptionsOf<O>("join", "Joins rows of several nodes by key and event time.")
      .Field("on", &O::on,
             {.doc = "Key columns, of the same name in all inputs.",
              .example = "[host]",
              .required = true,
              .scalar_or_list = true})
      .Field(
          "tolerance", &O::tolerance,
          {.doc = "Per frame: rows whose times are so close become one row. 0s: equal times. The "
                  "same tumbling or hopping window, or key of a group, of several inputs is one "
                  "frame.",
           .example = "1s"})
      .Field("within", &O::within,
             {.doc = "Pairs of rows of two inputs whose times differ by no more than this.",
              .example = "10s"})
      .Field("asof", &O::asof,
             {.doc = "Each row of the first input with the latest row of the second that is not "
                     "later. A duration in place of the map is the tolerance.",
              .example = "{tolerance: 5s, missing: drop}"});
}

data::Batch AsOutput(const JoinPlan& plan, std::size_t input, const data::Batch& rows) {
  const JoinPlan::Input& from = plan.inputs[input];
  Arrays columns;
  for (int c = 0; c < plan.output->num_fields(); ++c) {
    const auto& field = plan.output->field(c);
    const int at = from.columns[static_cast<std::size_t>(c)];
    const bool key = std::find(plan.on.begin(), plan.on.end(), field->name()) != plan.on.end();
    if (at >= 0) {
      columns.push_back(rows->column(at));
    } else if (key) {
      columns.push_back(rows->GetColumnByName(field->name()));
    } else {
      columns.push_back(arrow::MakeArrayOfNull(field->type(), rows->num_rows()).ValueOrDie());
    }
  }
  return MakeRows(plan.output, rows->num_rows(), std::move(columns));
}

data::Batch KeyColumns(const arrow::RecordBatch& rows, const std::vector<std::string>& on) {
  Arrays columns;
  arrow::FieldVector fields;
  for (const std::string& name : on) {
    columns.push_back(rows.GetColumnByName(name));
    fields.push_back(rows.schema()->GetFieldByName(name));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), rows.num_rows(), columns);
}

namespace {

Result<JoinPlan::Input> BindInput(const data::EdgeType& edge) {
  JoinPlan::Input input{edge.schema, -1, 1, {}};
  if (!edge.event_time)
    return UserError("no-event-time", "join needs event time: set event_time on the sources");
  TW_ASSIGN_OR_RETURN(input.time, FindColumn(*edge.schema, *edge.event_time));
  TW_ASSIGN_OR_RETURN(input.ns_per_unit,
                      NanosecondsPerUnit(*edge.schema->field(input.time)->type()));
  if (edge.changes != data::Changes::kAppend)
    return UserError("changing-input", "join needs rows that never change");
  return input;
}

Status CheckKeys(const std::vector<std::string>& on, const data::EdgeType& first,
                 const data::EdgeType& edge) {
  TW_ASSIGN_OR_RETURN(const KeyCodec a, KeyCodec::Make(*first.schema, on));
  TW_ASSIGN_OR_RETURN(const KeyCodec b, KeyCodec::Make(*edge.schema, on));
  for (std::size_t i = 0; i < on.size(); ++i) {
    if (!a.fields()[i]->type()->Equals(*b.fields()[i]->type())) {
      return UserError("different-types",
                       fmt::format("column \"{}\" is {} in one input and {} in another: cast one",
                                   on[i], TypeName(*a.fields()[i]), TypeName(*b.fields()[i])));
    }
  }
  return {};
}

/// Columns of the same name are one column.
Status MergeColumns(std::span<const data::EdgeType> edges, JoinPlan* plan) {
  arrow::FieldVector fields;
  for (const data::EdgeType& edge : edges) {
    if (edge.event_time != edges[0].event_time) {
      return UserError("different-event-time",
                       "a join with tolerance needs event time of the same name in all inputs");
    }
    for (const auto& field : edge.schema->fields()) {
      const auto known = std::find_if(fields.begin(), fields.end(),
                                      [&](const auto& f) { return f->name() == field->name(); });
      if (known == fields.end()) {
        fields.push_back(field);
      } else if (!(*known)->type()->Equals(*field->type())) {
        return UserError("different-types",
                         fmt::format("column \"{}\" has different types in the inputs: cast one",
                                     field->name()));
      }
    }
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    for (const auto& field : fields)
      plan->inputs[i].columns.push_back(edges[i].schema->GetFieldIndex(field->name()));
  }
  plan->output = arrow::schema(std::move(fields));
  return {};
}

/// The left columns, then the right ones without the keys.
void PairColumns(std::span<const data::EdgeType> edges, JoinPlan* plan) {
  arrow::FieldVector fields = edges[0].schema->fields();
  for (int c = 0; c < edges[0].schema->num_fields(); ++c) {
    plan->inputs[0].columns.push_back(c);
    plan->inputs[1].columns.push_back(-1);
  }
  for (int c = 0; c < edges[1].schema->num_fields(); ++c) {
    const auto& field = edges[1].schema->field(c);
    if (std::find(plan->on.begin(), plan->on.end(), field->name()) != plan->on.end()) continue;
    const bool taken = edges[0].schema->GetFieldIndex(field->name()) >= 0;
    fields.push_back(taken ? field->WithName("right_" + field->name()) : field);
    plan->inputs[0].columns.push_back(-1);
    plan->inputs[1].columns.push_back(c);
  }
  plan->output = arrow::schema(std::move(fields));
}

Result<std::shared_ptr<JoinPlan>> MakePlan(const JoinOptions& options,
                                           std::span<const data::EdgeType> edges) {
  if (options.tolerance.has_value() + options.within.has_value() + options.asof.has_value() != 1) {
    return UserError("bad-join", "join needs exactly one of tolerance, within and asof");
  }
  auto plan = std::make_shared<JoinPlan>();
  plan->on = options.on;
  if (options.asof) {
    plan->inner = options.asof->missing == "drop";
    if (options.asof->tolerance) plan->tolerance = options.asof->tolerance->count();
  } else {
    plan->distance = (options.tolerance ? *options.tolerance : *options.within).count();
  }
  if (edges.size() < 2 || (!options.tolerance && edges.size() != 2)) {
    return UserError("input-count", options.tolerance ? "join reads at least two nodes"
                                                      : "this join reads exactly two nodes");
  }
  for (const data::EdgeType& edge : edges) {
    TW_ASSIGN_OR_RETURN(JoinPlan::Input input, BindInput(edge));
    TW_RETURN_IF_ERROR(CheckKeys(options.on, edges[0], edge));
    plan->inputs.push_back(std::move(input));
  }
  if (options.tolerance) {
    TW_RETURN_IF_ERROR(MergeColumns(edges, plan.get()));
  } else {
    PairColumns(edges, plan.get());
  }
  return plan;
}

}  // namespace

Result<component::Bound> JoinSpec::Bind(std::span<const data::EdgeType> inputs,
                                        const component::MakeEvaluator&) const {
  TW_ASSIGN_OR_RETURN(const auto plan, MakePlan(options_, inputs));
  component::Bound bound;
  bound.output.schema = plan->output;
  bound.output.event_time = inputs[0].event_time;
  for (const data::EdgeType& edge : inputs) {
    bound.output.bounded &= edge.bounded;
    bound.output.deterministic &= edge.deterministic;
    bound.partition_by.push_back(options_.on);
  }
  data::EdgeType side;
  side.schema = plan->output;
  side.bounded = bound.output.bounded;
  bound.sides.emplace_back("rejects", side);
  if (!options_.tolerance) bound.sides.emplace_back("late", side);
  return bound;
}

std::optional<std::string> JoinSpec::Lower(component::Dialect dialect,
                                           std::span<const data::EdgeType> inputs) const {
  const auto made = MakePlan(options_, inputs);
  if (!made.ok() || options_.tolerance || dialect != component::Dialect::kDuckDb)
    return std::nullopt;
  const JoinPlan& plan = **made;
  const std::int64_t distance = options_.asof ? plan.tolerance.value_or(0) : plan.distance;
  if (distance % 1000 != 0) return std::nullopt;
  using data::QuoteIdentifier;
  const std::string left = "l." + QuoteIdentifier(*inputs[0].event_time);
  const std::string right = "r." + QuoteIdentifier(*inputs[1].event_time);
  const std::string interval = fmt::format("INTERVAL {} MICROSECONDS", distance / 1000);
  const std::string close =
      options_.asof && plan.tolerance ? fmt::format("{} >= {} - {}", right, left, interval) : "";
  std::string list, equal;
  for (int c = 0; c < plan.output->num_fields(); ++c) {
    const bool is_left = plan.inputs[0].columns[static_cast<std::size_t>(c)] >= 0;
    const JoinPlan::Input& input = plan.inputs[is_left ? 0 : 1];
    const std::string& name =
        input.schema->field(input.columns[static_cast<std::size_t>(c)])->name();
    std::string value = (is_left ? "l." : "r.") + QuoteIdentifier(name);
    if (!is_left && !close.empty()) value = fmt::format("CASE WHEN {} THEN {} END", close, value);
    list += fmt::format("{}{} AS {}", c == 0 ? "" : ", ", value,
                        QuoteIdentifier(plan.output->field(c)->name()));
  }
  for (const std::string& name : options_.on)
    equal += fmt::format("l.{0} = r.{0} AND ", QuoteIdentifier(name));
  if (!options_.asof) {
    return fmt::format(
        "SELECT {} FROM in_0 AS l JOIN in_1 AS r ON {}{} BETWEEN {} - {} AND {} + {}", list, equal,
        right, left, interval, left, interval);
  }
  return fmt::format(
      "SELECT {} FROM in_0 AS l ASOF {} JOIN in_1 AS r ON {}{} >= {} WHERE {} IS NOT "
      "NULL{}",
      list, plan.inner ? "" : "LEFT", equal, left, right, left,
      plan.inner && !close.empty() ? " AND " + close : "");
}

Result<std::unique_ptr<component::Operator>> JoinSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(const auto plan, MakePlan(options_, inputs));
  if (options_.asof) return MakeAsofJoin(plan);
  return options_.tolerance ? MakeFrameJoin(plan) : MakeIntervalJoin(plan);
}

}  // namespace thalweg::operators
