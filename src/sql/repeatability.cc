#include "sql/repeatability.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "sql/functions.h"
#include "sql/total_order.h"

namespace thalweg::sql {
namespace {

constexpr std::string_view kPromise = "or promise it with `deterministic: true` on the node";

/// Window functions whose value needs an order of the rows; rank and its kin do not.
bool WindowNeedsOrder(std::string_view type) {
  for (const std::string_view one :
       {"WINDOW_ROW_NUMBER", "WINDOW_NTILE", "WINDOW_LAG", "WINDOW_LEAD", "WINDOW_FIRST_VALUE",
        "WINDOW_LAST_VALUE", "WINDOW_NTH_VALUE", "WINDOW_FILL"}) {
    if (type == one) return true;
  }
  return false;
}

/// Without an ORDER BY all rows are peers: only a frame that counts rows cuts them apart.
bool FrameCountsRows(const Node& window) {
  const std::string_view start = window.Text("start"), end = window.Text("end");
  return start.ends_with("_ROWS") || end.ends_with("_ROWS");
}

class RepeatabilityFinder {
 public:
  explicit RepeatabilityFinder(const ParsedStatement& statement) : statement_(statement) {}

  std::vector<Finding> Run() {
    for (std::size_t i = statement_.query().index();
         i < statement_.query().end() && findings_.size() < kMaxFindings; ++i) {
      const Node node = statement_.tree[i];
      if (!node.is_object()) continue;
      const std::string_view kind = node.expression_class();
      if (kind == "FUNCTION") Function(node);
      if (kind == "WINDOW") Window(node);
      if (kind == "COLUMN_REF") Keyword(node);
      if (node.key() == "sample") Sample(node);
      if (node.Is("JOIN") && node.Text("ref_type") == "POSITIONAL") PositionalJoin(node);
      if (node.Is("DISTINCT_MODIFIER") && node.Has("distinct_on_targets")) DistinctOn(node);
      if (node.Is("LIMIT_MODIFIER") || node.Is("LIMIT_PERCENT_MODIFIER")) Limit(node);
    }
    return std::move(findings_);
  }

 private:
  void Function(const Node& node) {
    const std::string name = ToLower(node.Text("function_name"));
    const bool from_today = name == "age" && node.Get("children").count() == 1;
    if (IsVolatile(name) || from_today) return Volatile(node, name);
    if (!IsAggregate(name)) return;
    const bool ordered = node.Get("order_bys").Get("orders").count() > 0;
    if (DependsOnOrder(name) && !ordered) Unordered(node, name);
    TiesAndApproximations(node, name);
  }

  void Window(const Node& node) {
    const std::string name = ToLower(node.Text("function_name"));
    const bool ordered = node.Get("orders").count() > 0 || node.Get("arg_orders").count() > 0;
    const bool needs_order =
        WindowNeedsOrder(node.type()) || DependsOnOrder(name) || FrameCountsRows(node);
    if (needs_order && !ordered) {
      Add("unordered-window",
          fmt::format("{}() OVER (...) has no ORDER BY: its rows have no order", name),
          fmt::format("add ORDER BY to the window, {}", kPromise), statement_.RangeOf(node));
    }
    TiesAndApproximations(node, name);
  }

  void Volatile(const Node& node, const std::string& name) {
    Add("volatile-function", fmt::format("{} may give another value every time", name),
        "take the value from a parameter, or accept that the node always runs",
        statement_.RangeOf(node));
  }

  void Keyword(const Node& node) {
    const Node names = node.Get("column_names");
    if (names.count() != 1) return;
    const std::string name = ToLower(names.Child(0).text());
    if (IsVolatileKeyword(name)) Volatile(node, name);
  }

  void Unordered(const Node& node, const std::string& name) {
    Add("unordered-aggregate", fmt::format("{}() takes rows in any order", name),
        fmt::format("write {}(x ORDER BY key), {}", name, kPromise), statement_.RangeOf(node));
  }

  void TiesAndApproximations(const Node& node, const std::string& name) {
    if (DependsOnTies(name)) {
      Add("ties", fmt::format("{}() picks any of several rows that are equally good", name),
          name == "mode"
              ? fmt::format("count and order the values yourself, {}", kPromise)
              : fmt::format("order by something unique, as in first(x ORDER BY y, key), {}",
                            kPromise),
          statement_.RangeOf(node));
    }
    if (IsApproximate(name)) {
      Add("approximate", fmt::format("{}() depends on how rows are split among threads", name),
          fmt::format("use an exact function such as quantile_cont, {}", kPromise),
          statement_.RangeOf(node));
    }
  }

  void Sample(const Node& node) {
    // The sample of a table is written behind it, that of a query at its end.
    const auto from = statement_.FirstLocation(node.parent());
    const std::size_t first = statement_.tokens.IndexAt(from.value_or(0));
    const std::string_view word = node.parent().Has("select_list") ? "SAMPLE" : "TABLESAMPLE";
    const std::size_t at = Unclaimed(word, first);
    Add("sample", "a sample takes other rows every time",
        fmt::format("filter by a hash of a key, {}", kPromise),
        at < statement_.tokens.size() ? statement_.TokenRange(at) : statement_.RangeOf(node));
  }

  void PositionalJoin(const Node& node) {
    Add("positional-join", "POSITIONAL JOIN pairs rows by an order that tables do not have",
        "join by a key", statement_.RangeOf(node));
  }

  void DistinctOn(const Node& node) {
    for (const Node modifier : node.parent().children()) {
      if (modifier.Is("ORDER_MODIFIER")) return;
    }
    const auto first = statement_.FirstLocation(node);
    const std::size_t at =
        first ? statement_.WordBefore(statement_.tokens.IndexAt(*first), "DISTINCT")
              : statement_.tokens.size();
    Add("unordered-distinct-on", "DISTINCT ON keeps any row of a group",
        fmt::format("add an ORDER BY, {}", kPromise),
        at < statement_.tokens.size() ? statement_.TokenRange(at) : statement_.RangeOf(node));
  }

  void Limit(const Node& node) {
    const Node query = node.parent().parent();
    const Node limit = node.Get("limit"), offset = node.Get("offset");
    if ((limit ? limit : offset).integer_literal() == 0) return;
    if (query.parent().key() == "subquery" &&
        query.parent().parent().Text("subquery_type") == "EXISTS") {
      return;
    }
    if (LimitIsRepeatable(query)) return;
    bool ordered = false;
    for (const Node modifier : node.parent().children()) {
      ordered = ordered || modifier.Is("ORDER_MODIFIER");
    }
    Add("unordered-limit",
        ordered ? "which rows are kept is open when several have the same ORDER BY values"
                : "which rows are kept is open without an ORDER BY",
        ordered ? fmt::format("add all columns or a unique key to ORDER BY, or ORDER BY ALL, {}",
                              kPromise)
                : fmt::format("add ORDER BY ALL, {}", kPromise),
        LimitRange(limit ? limit : offset));
  }

  /// From the keyword to the first token of its value. Parameters have no place in the tree: then
  /// the first LIMIT that no other finding has.
  TextRange LimitRange(const Node& value) {
    const Tokens& tokens = statement_.tokens;
    const auto location = statement_.FirstLocation(value);
    if (location) {
      const std::size_t at = tokens.IndexAt(*location);
      for (std::size_t i = at; i-- > 0;) {
        if (!IsLimitWord(i)) continue;
        claimed_.push_back(i);
        return {tokens[i].begin, std::max(tokens[at].end, tokens[i].end)};
      }
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool with_parameter = tokens[i + 1].kind == TokenKind::kParameter;
      if (!IsLimitWord(i) || !with_parameter || IsClaimed(i)) continue;
      claimed_.push_back(i);
      return {tokens[i].begin, tokens[i + 1].end};
    }
    return statement_.WholeRange();
  }

  bool IsLimitWord(std::size_t i) const {
    const Tokens& tokens = statement_.tokens;
    return tokens.IsWord(i, "LIMIT") || tokens.IsWord(i, "OFFSET") || tokens.IsWord(i, "FETCH");
  }

  std::size_t Unclaimed(std::string_view word, std::size_t from) {
    std::size_t at = statement_.WordFrom(from, word);
    while (at < statement_.tokens.size() && IsClaimed(at)) at = statement_.WordFrom(at + 1, word);
    claimed_.push_back(at);
    return at;
  }
  bool IsClaimed(std::size_t index) const {
    return std::find(claimed_.begin(), claimed_.end(), index) != claimed_.end();
  }

  void Add(std::string slug, std::string message, std::string help, TextRange range) {
    findings_.push_back({std::move(slug), std::move(message), std::move(help), range});
  }

  const ParsedStatement& statement_;
  std::vector<std::size_t> claimed_;  // tokens that findings point at
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> FindNotRepeatable(const ParsedStatement& statement) {
  return RepeatabilityFinder(statement).Run();
}

}  // namespace thalweg::sql
