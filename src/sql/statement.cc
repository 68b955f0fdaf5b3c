#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "sql/analysis.h"
#include "sql/scanner.h"

namespace thalweg::sql {

component::Statement MakeStatement(const std::string& text, const Analysis& analysis,
                                   std::vector<component::Input> inputs,
                                   std::vector<component::Parameter> parameters) {
  TW_CHECK(inputs.size() == analysis.tables.size());
  component::Statement statement;
  statement.text = ExecutableText(text);
  for (std::size_t i = 0; i < analysis.tables.size(); ++i) {
    const TableRef& table = analysis.tables[i];
    component::TableSlot slot;
    slot.begin = table.range.begin;
    slot.end = table.range.end;
    slot.input = i;
    if (table.alias_in_range) {
      slot.alias = table.alias;
    } else if (table.alias.empty()) {
      slot.alias = table.table;
    }
    statement.slots.push_back(std::move(slot));
  }
  statement.inputs = std::move(inputs);
  std::erase_if(parameters, [&](const component::Parameter& parameter) {
    return !std::binary_search(analysis.parameters.begin(), analysis.parameters.end(),
                               ToLower(parameter.name));
  });
  statement.parameters = std::move(parameters);
  return statement;
}

}  // namespace thalweg::sql
