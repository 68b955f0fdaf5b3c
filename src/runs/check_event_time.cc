#include "runs/check_event_time.h"

#include <string>
#include <vector>

#include <arrow/type.h>
#include <fmt/format.h>

#include "flow/event_time.h"

namespace thalweg::runs {

namespace {

Span PlaceOf(const spec::Node& node) {
  const component::Value* value = node.value.Find("event_time");
  if (value == nullptr) return node.name_span;
  const component::Value* column = value->Find("column");
  return column == nullptr ? value->span() : column->span();
}

}  // namespace

bool CheckEventTime(const spec::Node& node, const arrow::Schema& rows, Diagnostics& diagnostics) {
  if (!node.event_time) return true;
  const std::string& column = node.event_time->column;
  if (rows.GetFieldIndex(column) < 0) {
    std::vector<std::string> timestamps;
    for (const auto& field : rows.fields()) {
      if (field->type()->id() == arrow::Type::TIMESTAMP) timestamps.push_back(field->name());
    }
    std::string near = Nearest(column, rows.field_names());
    if (near.empty() && timestamps.size() == 1) near = timestamps.front();
    diagnostics.Error(
        "unknown-column",
        fmt::format("node \"{}\": event_time names \"{}\", which its rows do not have", node.name,
                    column),
        PlaceOf(node), near.empty() ? "" : fmt::format("did you mean \"{}\"?", near),
        fmt::format("its columns are {}", fmt::join(rows.field_names(), ", ")));
    return false;
  }
  const auto found = flow::FindTimeColumn(rows, column);
  if (found.ok()) return true;
  diagnostics.Error(found.status().slug(),
                    fmt::format("node \"{}\": {}", node.name, found.status().message()),
                    PlaceOf(node), "", found.status().hint());
  return false;
}

}  // namespace thalweg::runs
