#include "runs/bind_operator.h"

#include <algorithm>

#include <arrow/type.h>
#include <fmt/format.h>

#include "component/scan.h"
#include "runs/check_event_time.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kRejects = "rejects";

bool HasSide(const component::Bound& bound, std::string_view side) {
  return std::any_of(bound.sides.begin(), bound.sides.end(),
                     [&](const auto& known) { return known.first == side; });
}

Result<data::Columns> ColumnsOf(const arrow::Schema& schema) {
  TW_ASSIGN_OR_RETURN(data::Columns columns, data::FromArrow(schema));
  for (const data::Column& column : columns) TW_RETURN_IF_ERROR(data::CheckStorable(column));
  return columns;
}

Result<std::shared_ptr<const OperatorPlan>> Bind(const spec::Node& node,
                                                 std::vector<data::EdgeType> inputs,
                                                 const component::MakeEvaluator& make_evaluator) {
  const auto& body = std::get<spec::OperatorBody>(node.body);
  auto plan = std::make_shared<OperatorPlan>();
  TW_ASSIGN_OR_RETURN(plan->bound, body.spec->Bind(inputs, make_evaluator));
  if (node.on_error != spec::OnError::kFail && !plan->bound.stateless) {
    return Status::Unsupported(
               fmt::format("on_error cannot set rows of {} aside: it keeps state", body.name))
        .WithSlug("on-error-with-state")
        .WithHint("set bad rows aside in a filter or map in front of it");
  }
  if (node.on_error == spec::OnError::kQuarantine && !HasSide(plan->bound, kRejects)) {
    plan->bound.sides.emplace_back(kRejects, inputs.front());
  }
  const bool by_check = std::any_of(
      node.checks.begin(), node.checks.end(),
      [](const spec::CheckSpec& check) { return check.severity == spec::Severity::kQuarantine; });
  if (by_check && HasSide(plan->bound, kRejects)) {
    return Status::Invalid(
               fmt::format("a check cannot quarantine rows of {}: its rejects are rows that it "
                           "cannot use",
                           body.name))
        .WithSlug("check-cannot-quarantine")
        .WithHint("put the check on a SQL node that reads this one");
  }
  if (node.event_time) plan->bound.output.event_time = node.event_time->column;
  TW_ASSIGN_OR_RETURN(plan->columns, ColumnsOf(*plan->bound.output.schema));
  for (auto& [side, edge] : plan->bound.sides) {
    if (side == kRejects) {
      TW_ASSIGN_OR_RETURN(edge.schema, data::ToArrow(component::RejectColumns()));
      edge.event_time.reset();
    }
    TW_ASSIGN_OR_RETURN(data::Columns columns, ColumnsOf(*edge.schema));
    plan->sides.emplace_back(side, std::move(columns));
  }
  plan->inputs = std::move(inputs);
  return std::shared_ptr<const OperatorPlan>(std::move(plan));
}

}  // namespace

Result<std::shared_ptr<const OperatorPlan>> BindOperator(
    const spec::Node& node, std::vector<data::EdgeType> inputs,
    const component::MakeEvaluator& make_evaluator, Diagnostics& diagnostics) {
  auto plan = Bind(node, std::move(inputs), make_evaluator);
  if (plan.ok()) {
    if (CheckEventTime(node, *(*plan)->bound.output.schema, diagnostics)) return plan;
    return std::shared_ptr<const OperatorPlan>();
  }
  const Status& error = plan.status();
  if (error.fault() != Fault::kUser) return error;
  const auto& body = std::get<spec::OperatorBody>(node.body);
  const component::Value* value = node.value.Find(body.name);
  Diagnostic diagnostic;
  diagnostic.slug = error.slug();
  diagnostic.message = fmt::format("node \"{}\": {}", node.name, error.message());
  diagnostic.code = error.code();
  diagnostic.span = value == nullptr ? node.name_span : value->span();
  diagnostic.help = error.hint();
  diagnostics.Add(std::move(diagnostic));
  return std::shared_ptr<const OperatorPlan>();
}

std::string SideOf(const std::string& node, const std::string& table) {
  if (table.size() > node.size() + 1 && table.starts_with(node) && table[node.size()] == '_')
    return table.substr(node.size() + 1);
  return "";
}

}  // namespace thalweg::runs
