#include "sql/fingerprint.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace thalweg::sql {
namespace {

// Keys whose texts are names that DuckDB compares without regard to case.
constexpr std::string_view kNameKeys[] = {
    "catalog",      "catalog_name",  "column",     "column_names",  "cte_name",
    "exclude_list", "function_name", "identifier", "relation_name", "schema",
    "schema_name",  "table",         "table_name", "using_columns",
};

bool IsNameKey(std::string_view key) {
  return std::binary_search(std::begin(kNameKeys), std::end(kNameKeys), key);
}

/// Positions say nothing; the list of parameters repeats the tree.
bool SaysNothing(std::string_view key) {
  return key == "query_location" || key == "named_param_map";
}

bool IsName(const Node& node) {
  const Node parent = node.parent();
  const std::string_view key = node.key().empty() ? parent.key() : node.key();
  if (IsNameKey(key)) return true;
  // A table's alias only qualifies columns; an expression's alias names a column.
  if (key == "alias") return !parent.Has("class");
  // {"key": name, "value": ...} of a CTE or of REPLACE.
  if (key == "key")
    return parent.parent().key() == "map" || parent.parent().key() == "replace_list";
  return false;
}

Hash128 HashSubtree(const Node& root, bool with_alias) {
  FieldHasher hasher;
  std::vector<std::size_t> ends;  // of the containers around the current node
  // Depth, kind and key of every node in document order determine the tree.
  const auto visit = [&](const Node& node) {
    hasher.Add(static_cast<std::int64_t>(ends.size() * 8 + static_cast<std::size_t>(node.kind())));
    hasher.Add(node == root ? std::string_view() : node.key());
    if (node.is_string() && IsName(node)) {
      hasher.Add(ToLower(node.text()));
    } else {
      hasher.Add(node.text());
    }
  };
  std::vector<Node> pending{root};
  while (!pending.empty()) {
    const Node node = pending.back();
    pending.pop_back();
    while (!ends.empty() && node.index() >= ends.back()) ends.pop_back();
    visit(node);
    if (!node.is_object() && !node.is_array()) continue;
    ends.push_back(node.end());
    const std::size_t first = pending.size();
    for (const Node child : node.children()) {
      if (SaysNothing(child.key())) continue;
      if (!with_alias && node == root && child.key() == "alias") continue;
      pending.push_back(child);
    }
    std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
  }
  return hasher.Finish();
}

}  // namespace

Hash128 Fingerprint(const Node& node) {
  return HashSubtree(node, true);
}

Hash128 ExpressionHash(const Node& expression) {
  return HashSubtree(expression, false);
}

}  // namespace thalweg::sql
