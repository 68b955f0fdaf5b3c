#include "connectors/files/text_columns.h"

#include <algorithm>

#include "base/ascii.h"

namespace thalweg::connectors {
namespace {

const FileColumnOptions* FindDeclared(const FilesSourceBody& body, std::string_view name) {
  for (const auto& [declared, options] : body.columns) {
    if (EqualIgnoringCase(declared, name)) return &options;
  }
  return nullptr;
}

}  // namespace

bool HasForms(const FilesSourceBody& body) {
  return std::any_of(body.columns.begin(), body.columns.end(),
                     [](const auto& column) { return !column.second.from.empty(); });
}

std::vector<component::TextColumn> DeclaredColumns(const FilesSourceBody& body) {
  std::vector<component::TextColumn> columns;
  for (const auto& [name, options] : body.columns) {
    component::TextColumn column{.name = name};
    if (options.type) column.type = options.from.empty() ? options.type->text : "varchar";
    if (options.default_value) column.default_value = options.default_value->text;
    column.position = static_cast<int>(options.position.value_or(0));
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::vector<formats::TextColumnSpec>> ToSpecs(
    const FilesSourceBody& body, const std::vector<component::TextColumn>& columns) {
  std::vector<formats::TextColumnSpec> specs;
  for (const component::TextColumn& column : columns) {
    formats::TextColumnSpec spec{.name = column.name, .type = column.type};
    spec.default_text = column.default_value;
    spec.position = column.position;
    const FileColumnOptions* declared = FindDeclared(body, column.name);
    if (declared != nullptr && !declared->from.empty()) {
      spec.type = declared->type->text;
      spec.from = declared->from;
    }
    TW_RETURN_IF_ERROR(data::CheckStorable({0, spec.name, spec.type}));
    specs.push_back(std::move(spec));
  }
  return specs;
}

data::Columns ToColumns(const std::vector<formats::TextColumnSpec>& specs,
                        const std::string& file_name_column) {
  data::Columns columns;
  for (const formats::TextColumnSpec& spec : specs) columns.push_back({0, spec.name, spec.type});
  if (!file_name_column.empty()) columns.push_back({0, file_name_column, "varchar"});
  return columns;
}

}  // namespace thalweg::connectors
