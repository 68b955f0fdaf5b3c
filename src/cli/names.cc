#include "cli/names.h"

#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/diagnostic.h"

namespace thalweg::cli {
namespace {

/// `name_of` gives {pipeline, name} of an entry.
template <typename Entry, typename NameOf>
Result<Entry> Find(std::vector<Entry> all, const std::string& wanted, std::string_view what,
                   const NameOf& name_of) {
  const auto [pipeline, name] = SplitName(wanted);
  std::vector<std::string> names, owners;
  std::vector<Entry> found;
  for (auto& entry : all) {
    const auto [owner, own] = name_of(entry);
    names.push_back(own);
    if (own != name || (!pipeline.empty() && owner != pipeline)) continue;
    owners.push_back(owner);
    found.push_back(std::move(entry));
  }
  if (found.size() == 1) return std::move(found.front());
  if (found.size() > 1) {
    return Status::Invalid(fmt::format("several pipelines have a {} \"{}\": {}", what, name,
                                       fmt::join(owners, ", ")))
        .WithSlug(fmt::format("ambiguous-{}", what))
        .WithHint(fmt::format("write {}.{}", owners.front(), name));
  }
  const std::string near = Nearest(name, names);
  return Status::NotFound(fmt::format("there is no {} \"{}\" in this home", what, wanted))
      .WithSlug(fmt::format("unknown-{}", what))
      .WithHint(near.empty() ? "thalweg ls lists the tables"
                             : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace

std::pair<std::string, std::string> SplitName(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

Result<catalog::Catalog::TableRecord> FindTable(catalog::Catalog& catalog,
                                                const std::string& name) {
  TW_ASSIGN_OR_RETURN(auto tables, catalog.Tables());
  return Find(std::move(tables), name, "table",
              [](const auto& table) { return std::pair(table.pipeline, table.table); });
}

Result<catalog::NodeRecord> FindNode(catalog::Catalog& catalog, const std::string& name) {
  TW_ASSIGN_OR_RETURN(auto nodes, catalog.Nodes());
  return Find(std::move(nodes), name, "node",
              [](const auto& node) { return std::pair(node.pipeline, node.name); });
}

std::string RowCount(const data::Manifest& manifest) {
  return (manifest.rows_exact() ? "" : "<= ") + FormatCount(manifest.rows);
}

std::string ShortInstant(Instant instant) {
  std::string text = FormatInstant(instant).substr(0, 19);
  if (text.size() == 19) text[10] = ' ';
  return text + "Z";
}

}  // namespace thalweg::cli
