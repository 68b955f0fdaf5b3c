#include "sql/total_order.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "sql/fingerprint.h"
#include "sql/functions.h"

namespace thalweg::sql {
namespace {

/// Calls `visit` for the expression and everything in it, without its subqueries.
template <typename Visit>
void ForEachPart(const Node& expression, const Visit& visit) {
  for (std::size_t i = expression.index(); i < expression.end();) {
    const Node part = expression.Other(i++);
    if (!part.is_object()) continue;
    visit(part);
    if (part.expression_class() == "SUBQUERY") i = part.end();
  }
}

bool HasAggregate(const Node& expression) {
  bool found = false;
  ForEachPart(expression, [&](const Node& part) {
    found = found || (part.expression_class() == "FUNCTION" &&
                      IsAggregate(ToLower(part.Text("function_name"))));
  });
  return found;
}

bool IsConstant(const Node& expression) {
  bool constant = true;
  ForEachPart(expression, [&](const Node& part) {
    const std::string_view kind = part.expression_class();
    if (kind == "COLUMN_REF" || kind == "STAR" || kind == "SUBQUERY" || kind == "WINDOW" ||
        kind == "POSITIONAL_REFERENCE" || IsAggregate(ToLower(part.Text("function_name")))) {
      constant = false;
    }
  });
  return constant;
}

bool HasStar(const Node& expression) {
  bool found = false;
  ForEachPart(expression,
              [&](const Node& part) { found = found || part.expression_class() == "STAR"; });
  return found;
}

bool ReadsColumn(const Node& expression, std::string_view name) {
  bool found = false;
  ForEachPart(expression, [&](const Node& part) {
    const Node names = part.Get("column_names");
    found = found || (names && ToLower(names.Child(names.count() - 1).text()) == name);
  });
  return found;
}

std::string OutputName(const Node& item) {
  if (!item.Text("alias").empty()) return ToLower(item.Text("alias"));
  const Node names = item.Get("column_names");
  return names ? ToLower(names.Child(names.count() - 1).text()) : std::string();
}

/// Select items and their hashes, to find what ORDER BY and GROUP BY mean by a number, a name or
/// the same expression again.
class SelectList {
 public:
  explicit SelectList(const Node& list) {
    for (const Node item : list.children()) {
      items_.push_back(item);
      names_.push_back(OutputName(item));
      hashes_.push_back(ExpressionHash(item));
      has_star_ = has_star_ || HasStar(item);
    }
  }

  bool has_star() const { return has_star_; }
  const std::vector<Node>& items() const { return items_; }
  const std::vector<Hash128>& hashes() const { return hashes_; }

  /// Of a key of GROUP BY, where a column of the tables comes before an alias: abs(a) AS a ...
  /// GROUP BY a.
  Hash128 GroupMeaning(const Node& key) const {
    const Node names = key.Get("column_names");
    for (std::size_t i = 0; names && names.count() == 1 && i < items_.size(); ++i) {
      if (names_[i] == ToLower(names.Child(0).text()) && ReadsColumn(items_[i], names_[i])) {
        return ExpressionHash(key);
      }
    }
    return Meaning(key);
  }

  /// Of a key of ORDER BY: a position, an alias, or an expression.
  Hash128 Meaning(const Node& key) const {
    if (const auto position = key.integer_literal(); position && !has_star_) {
      if (*position >= 1 && static_cast<std::size_t>(*position) <= items_.size()) {
        return hashes_[static_cast<std::size_t>(*position) - 1];
      }
    }
    const Node names = key.Get("column_names");
    if (names && names.count() == 1) {
      const std::string name = ToLower(names.Child(0).text());
      const auto it = std::find(names_.begin(), names_.end(), name);
      if (it != names_.end()) return hashes_[static_cast<std::size_t>(it - names_.begin())];
    }
    return ExpressionHash(key);
  }

 private:
  std::vector<Node> items_;
  std::vector<std::string> names_;
  std::vector<Hash128> hashes_;
  bool has_star_ = false;
};

Node ModifierOf(const Node& query, std::string_view type) {
  for (const Node modifier : query.Get("modifiers").children()) {
    if (modifier.Is(type)) return modifier;
  }
  return {};
}

bool IsOrderByAll(const Node& order) {
  const Node key = order.Get("orders").Child(0).Get("expression");
  return key.Is("STAR") && key.Get("columns").truth() && !key.Has("expr");
}

bool IsGrouped(const Node& select) {
  return select.Get("group_expressions").count() > 0 ||
         select.Text("aggregate_handling") == "FORCE_AGGREGATES";
}

/// The hashes of what the rows are unique by; none: not known.
std::optional<std::vector<Hash128>> GroupKeys(const Node& select, const SelectList& list) {
  std::vector<Hash128> keys;
  if (select.Text("aggregate_handling") == "FORCE_AGGREGATES") {  // GROUP BY ALL
    for (std::size_t i = 0; i < list.items().size(); ++i) {
      if (!HasAggregate(list.items()[i])) keys.push_back(list.hashes()[i]);
    }
    return keys;
  }
  if (!IsGrouped(select) || select.Get("group_sets").count() > 1) return {};
  for (const Node key : select.Get("group_expressions").children()) {
    keys.push_back(list.GroupMeaning(key));
  }
  return keys;
}

Node LeftmostSelect(Node query) {
  while (query.Is("SET_OPERATION_NODE")) {
    if (query.Text("setop_type") == "UNION_BY_NAME") return {};
    query = query.Get("left");
  }
  return query;
}

bool HasOneRow(const Node& select, const SelectList& list) {
  if (!select.Is("SELECT_NODE") || IsGrouped(select)) return false;
  if (select.Get("from_table").Is("EMPTY")) return true;
  return std::any_of(list.items().begin(), list.items().end(), HasAggregate);
}

}  // namespace

bool LimitIsRepeatable(const Node& query) {
  const Node order = ModifierOf(query, "ORDER_MODIFIER");
  if (order && IsOrderByAll(order)) return true;
  const Node select = LeftmostSelect(query);
  if (!select.Is("SELECT_NODE")) return false;
  const SelectList list(select.Get("select_list"));
  const bool is_set_operation = select != query;
  if (!is_set_operation && HasOneRow(select, list)) return true;
  if (list.has_star()) return false;

  std::set<Hash128> ordered;
  for (const Node entry : order.Get("orders").children()) {
    ordered.insert(list.Meaning(entry.Get("expression")));
  }
  const auto is_ordered = [&](const Hash128& hash) { return ordered.contains(hash); };
  bool all_columns = true;
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const bool same_in_every_row = !is_set_operation && IsConstant(list.items()[i]);
    all_columns = all_columns && (same_in_every_row || is_ordered(list.hashes()[i]));
  }
  if (all_columns || is_set_operation) return all_columns;
  const auto keys = GroupKeys(select, list);
  return keys && std::all_of(keys->begin(), keys->end(), is_ordered);
}

}  // namespace thalweg::sql
