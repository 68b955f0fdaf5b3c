#include "sql/portability.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "sql/functions.h"
#include "sql/spark_differences.h"

namespace thalweg::sql {
namespace {

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsWholeNumberType(std::string_view id) {
  return IsOneOf(id, {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                      "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"});
}

bool IsFractionalType(const Node& type) {
  if (type.Text("id") == "DECIMAL") return type.Get("type_info").Has("scale");  // 0 is left out
  return IsOneOf(type.Text("id"), {"DOUBLE", "FLOAT"});
}

/// An expression that visibly is not a whole number.
bool IsFractional(const Node& expression) {
  if (expression.Is("VALUE_CONSTANT")) return IsFractionalType(expression.Get("value").Get("type"));
  if (expression.Is("OPERATOR_CAST")) return IsFractionalType(expression.Get("cast_type"));
  const std::string name = ToLower(expression.Text("function_name"));
  return IsOneOf(name, {"/", "avg", "mean", "median", "sqrt", "exp", "ln", "log", "log10", "pow",
                        "power", "stddev", "variance", "quantile_cont", "random"});
}

bool IsInterval(const Node& expression) {
  const std::string name = ToLower(expression.Text("function_name"));
  return (name.starts_with("to_") &&
          IsOneOf(name, {"to_years", "to_quarters", "to_months", "to_weeks", "to_days", "to_hours",
                         "to_minutes", "to_seconds"})) ||
         expression.Get("cast_type").Text("id") == "INTERVAL";
}

bool IsUnderCast(const Node& expression) {
  return expression.parent().Is("OPERATOR_CAST");
}

std::string UpperCase(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return upper;
}

class PortabilityFinder {
 public:
  explicit PortabilityFinder(const ParsedStatement& statement)
      : statement_(statement), tokens_(statement.tokens) {}

  std::vector<Finding> Run() {
    for (std::size_t i = statement_.query().index();
         i < statement_.query().end() && findings_.size() < kMaxFindings; ++i) {
      const Node node = statement_.tree[i];
      if (!node.is_object()) continue;
      if (!node.expression_class().empty()) {
        Expression(node);
      } else {
        Clause(node);
      }
    }
    Literals();
    return std::move(findings_);
  }

 private:
  // --- expressions ---

  void Expression(const Node& node) {
    const std::string_view kind = node.expression_class();
    if (kind == "FUNCTION") return Function(node);
    if (kind == "WINDOW") return Window(node);
    if (kind == "STAR") return Star(node);
    if (kind == "CAST") return Cast(node);
    if (kind == "LAMBDA") return Lambda(node);
    if (kind == "COLLATE") return Construct("collate", PlaceOfWord(node, "COLLATE"));
    if (kind == "POSITIONAL_REFERENCE" && node.location()) {
      return Construct("positional-reference", SymbolRange(node, 2));
    }
    if (node.Is("ARRAY_EXTRACT")) return ArrayIndex(node);
    if (node.Is("ARRAY_SLICE")) return Construct("array-slice", BracketRange(node));
    if (node.Is("ARRAY_CONSTRUCTOR")) return Construct("list-literal", BracketRange(node));
    if (node.Is("OPERATOR_TRY")) return Construct("try", PlaceOfWord(node, "TRY"));
  }

  void Function(const Node& node) {
    const std::string name = ToLower(node.Text("function_name"));
    const auto location = node.location();
    if (!location) return;  // made by the parser: the text says it in another way
    const std::size_t at = tokens_.IndexAt(*location);
    const std::size_t last = LastOfName(at);
    if (!node.Get("is_operator").truth() &&
        !(tokens_.IsName(last) && ToLower(tokens_.Name(last)) == name)) {
      return Syntax(node, name, at);
    }
    if (IsMethodCall(node)) return Construct("method-call", statement_.RangeOf(node));
    if (IsSubstringFromZero(node, name))
      return Construct("substring-zero", statement_.RangeOf(node));
    if (IsDateInterval(node, name)) return Construct("date-interval", statement_.RangeOf(node));
    if (IsExtractSecond(node, name)) return Construct("extract-second", statement_.RangeOf(node));
    NamedFunction(node, name);
  }

  void NamedFunction(const Node& node, const std::string& name) {
    if (const SparkDifference* difference = FindFunctionDifference(name)) {
      if (IsExcused(node, name)) return;
      return Add(*difference, statement_.RangeOf(node));
    }
    const bool in_from = node.parent().Is("TABLE_FUNCTION");
    if (IsPortableFunction(name) || in_from) return;
    findings_.push_back({"not-on-spark",
                         fmt::format("{}() is not part of the portable profile", name),
                         "see whether Spark has it; if not, give each engine its own text, "
                         "sql: {duckdb: ..., spark: ...}",
                         statement_.RangeOf(node)});
  }

  /// The difference does not show in this call.
  bool IsExcused(const Node& node, const std::string& name) const {
    if (IsOneOf(name, {"array_agg", "max_by", "min_by"})) return node.Has("filter");
    if (name == "log") return node.Get("children").count() == 2;
    if (name == "date_trunc") return IsUnderCast(node);
    return node.parent().Is("TABLE_FUNCTION");  // reported there
  }

  /// A function that the text does not name: literals, EXTRACT, AT TIME ZONE ...
  void Syntax(const Node& node, const std::string& name, std::size_t at) {
    // The place of a list, struct or map is what stands first in its brackets.
    const auto opens = [&](std::string_view bracket) {
      return at > 0 && tokens_.IsSymbol(at - 1, bracket);
    };
    if (name == "list_value" && opens("[")) {
      Construct("list-literal", Between(at - 1));
    } else if (name == "struct_pack" && opens("{")) {
      Construct("struct-literal", Between(at - 1));
    } else if (name == "map" && opens("{")) {
      Construct("map-literal", Between(at - 1));
    } else if (name == "row" && tokens_.IsSymbol(at, "(") &&
               !node.parent().parent().Is("COMPARE_IN") &&
               node.parent().expression_class() != "LAMBDA") {
      Construct("tuple", Between(at));
    } else if (name == "timezone") {
      Construct("at-time-zone", TokenAt(at));
    } else if (name == "regexp_full_match") {
      Construct("regex-match", TokenAt(at));
    } else if (name == "list_apply" && tokens_.IsSymbol(at, "[") &&
               node.parent().parent().expression_class() != "FUNCTION") {
      Construct("list-comprehension", Between(at));
    } else if (IsExtractSecond(node, name)) {
      Construct("extract-second", TokenAt(at));
    } else if (name == "~~~") {
      Add(*FindFunctionDifference(name), TokenAt(at));
    }
  }

  bool IsMethodCall(const Node& node) const {
    const std::string schema = ToLower(node.Text("schema"));
    return !schema.empty() && !IsOneOf(schema, {"main", "pg_catalog", "system"});
  }

  static bool IsSubstringFromZero(const Node& node, const std::string& name) {
    if (name != "substring" && name != "substr") return false;
    const Node from = node.Get("children").Child(1);
    return from.integer_literal() == 0;
  }

  static bool IsDateInterval(const Node& node, const std::string& name) {
    if (name != "+" && name != "-") return false;
    const Node operands = node.Get("children");
    const bool one_is_interval = IsInterval(operands.Child(0)) != IsInterval(operands.Child(1));
    return operands.count() == 2 && one_is_interval && !IsUnderCast(node);
  }

  static bool IsExtractSecond(const Node& node, const std::string& name) {
    if (name != "date_part" || IsUnderCast(node)) return false;
    const std::string part = ToLower(node.Get("children").Child(0).Get("value").Text("value"));
    return part == "second" || part == "seconds" || part == "sec";
  }

  void Window(const Node& node) {
    const std::string_view start = node.Text("start"), end = node.Text("end");
    const std::size_t at = tokens_.IndexAt(node.location().value_or(0));
    if (start.ends_with("_GROUPS") || end.ends_with("_GROUPS")) {
      Construct("groups-frame", WordFrom(at, "GROUPS", node));
    }
    if (node.Has("exclude_clause")) {
      Construct("frame-exclude", WordFrom(at, "EXCLUDE", node));
    }
    if (node.location()) NamedFunction(node, ToLower(node.Text("function_name")));
  }

  void Star(const Node& node) {
    const auto location = node.location();
    if (!location) return;
    const std::size_t at = tokens_.IndexAt(*location);
    if (node.Get("columns").truth()) {
      const bool order_by_all = tokens_.IsWord(at, "ALL");
      if (!order_by_all) Construct("columns", TokenAt(at));
      return;
    }
    if (node.Has("exclude_list") || node.Has("qualified_exclude_list")) {
      Construct("star-exclude", WordFrom(at, "EXCLUDE", node));
    }
    if (node.Has("replace_list")) Construct("star-replace", WordFrom(at, "REPLACE", node));
    if (node.Has("rename_list")) Construct("star-rename", WordFrom(at, "RENAME", node));
    if (node.parent().parent().expression_class() == "FUNCTION")
      Construct("star-like", TokenAt(at));
  }

  void Cast(const Node& node) {
    const auto location = node.location();
    if (!location) return;
    const std::size_t at = tokens_.IndexAt(*location);
    if (const auto [first, end] = TypeTokens(at); first < end) Type(first, end);
    if (IsWholeNumberType(node.Get("cast_type").Text("id")) && IsFractional(node.Get("child"))) {
      Construct("rounding-cast", TokenAt(at));
    }
  }

  /// The tokens of the type in x::type and CAST(x AS type).
  std::pair<std::size_t, std::size_t> TypeTokens(std::size_t at) const {
    if (tokens_.IsSymbol(at, "::")) {
      std::size_t end = at + 2;
      if (tokens_.IsSymbol(end, "(")) end = tokens_.Closing(end) + 1;
      while (tokens_.IsSymbol(end, "[")) end = tokens_.Closing(end) + 1;
      return {at + 1, std::min(end, tokens_.size())};
    }
    if (!tokens_.IsSymbol(at + 1, "(")) return {at, at};
    const std::size_t close = tokens_.Closing(at + 1);
    std::size_t type = close;
    for (std::size_t i = at + 2; i < close; ++i) {
      if (tokens_.IsSymbol(i, "(") || tokens_.IsSymbol(i, "[") || tokens_.IsSymbol(i, "{")) {
        i = tokens_.Closing(i);
      } else if (tokens_.IsWord(i, "AS")) {
        type = i + 1;
      }
    }
    return {type, close};
  }

  /// A type may hold others: STRUCT(a VARCHAR[]).
  void Type(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      if (tokens_.IsSymbol(i, "[")) {
        Construct("array-type", {tokens_[i].begin, tokens_[tokens_.Closing(i)].end});
      }
      if (tokens_[i].kind != TokenKind::kWord) continue;
      const std::string word = UpperCase(tokens_.Text(i));
      const SparkDifference* difference = FindTypeDifference(word);
      if (word == "TIMESTAMP" && tokens_.IsWord(i + 1, "WITH")) {
        difference = FindTypeDifference("TIMESTAMPTZ");
      }
      // A name within STRUCT(...) may look like a type: then a type follows it.
      const bool is_field = i > first && tokens_.IsName(i + 1) && i + 1 < end && difference;
      if (difference && !is_field) Add(*difference, TokenAt(i));
    }
  }

  void Lambda(const Node& node) {
    const auto location = node.location();
    if (!location) return;
    const std::size_t at = tokens_.IndexAt(*location);
    if (at > 0 && tokens_.IsWord(at - 1, "LAMBDA")) return Construct("lambda", TokenAt(at - 1));
    const bool is_json = !TakesLambda(ToLower(node.parent().parent().Text("function_name")));
    if (is_json && tokens_.IsSymbol(at, "-")) {
      Construct("json-arrow", {tokens_[at].begin, tokens_[at + 1].end});
    }
  }

  void ArrayIndex(const Node& node) {
    const Node index = node.Get("children").Child(1);
    if (index.Get("value").Get("value").is_string()) return;  // a field or a key
    Construct("array-index", BracketRange(node));
  }

  // --- clauses ---

  void Clause(const Node& node) {
    if (node.Is("JOIN")) {
      if (node.Text("ref_type") == "ASOF") Construct("asof-join", statement_.RangeOf(node));
      if (node.Text("ref_type") == "POSITIONAL")
        Construct("positional-join", statement_.RangeOf(node));
    } else if (node.Is("PIVOT")) {
      Construct("pivot", statement_.RangeOf(node));
    } else if (node.Is("TABLE_FUNCTION")) {
      TableFunction(node);
    } else if (node.Is("EXPRESSION_LIST")) {
      Values(node);
    } else if (node.Is("SET_OPERATION_NODE") && node.Text("setop_type") == "UNION_BY_NAME") {
      const auto right = statement_.FirstLocation(node.Get("right"));
      const std::size_t before = right ? tokens_.IndexAt(*right) : tokens_.size();
      const std::size_t at = statement_.WordBefore(before, "UNION");
      Construct("union-by-name", at < tokens_.size() ? TokenAt(at) : statement_.WholeRange());
    } else if (node.Is("DISTINCT_MODIFIER") && node.Has("distinct_on_targets")) {
      Construct("distinct-on", PlaceOfWord(node, "DISTINCT"));
    } else if (node.Is("LIMIT_PERCENT_MODIFIER")) {
      Construct("limit-percent", PlaceOfWord(node, "LIMIT"));
    } else if (node.Is("RECURSIVE_CTE_NODE") && node.Has("key_targets")) {
      Construct("using-key", PlaceOfWord(node.Get("key_targets"), "USING"));
    } else if (node.key() == "sample") {
      const std::size_t from = tokens_.IndexAt(statement_.FirstLocation(node.parent()).value_or(0));
      const bool of_query = node.parent().Has("select_list");
      Construct("sample", WordFrom(from, of_query ? "SAMPLE" : "TABLESAMPLE", node));
    }
  }

  void TableFunction(const Node& node) {
    const std::string name = ToLower(node.Get("function").Text("function_name"));
    const TextRange range = statement_.RangeOf(node);
    if (node.Has("with_ordinality"))
      Construct("ordinality", WordFrom(tokens_.IndexAt(range.begin), "ORDINALITY", node));
    if (name == "unnest") Construct("table-unnest", range);
    if (name == "generate_series") Construct("table-generate-series", range);
    if (name == "range" && !node.Has("column_name_alias")) Construct("table-range", range);
  }

  void Values(const Node& node) {
    const Node around =
        node.parent().parent().parent();  // node <- query node <- "subquery" <- SUBQUERY
    if (node.Has("column_name_alias") || around.Has("column_name_alias") || around.Has("aliases"))
      return;
    const auto first = statement_.FirstLocation(node);
    const std::size_t at =
        first ? statement_.WordBefore(tokens_.IndexAt(*first), "VALUES") : tokens_.size();
    Construct("values-names", at < tokens_.size() ? TokenAt(at) : statement_.RangeOf(node));
  }

  // --- literals ---

  void Literals() {
    for (std::size_t i = 0; i < tokens_.size() && findings_.size() < kMaxFindings; ++i) {
      const std::string_view text = tokens_.Text(i);
      if (tokens_[i].kind == TokenKind::kNumber && text.find('_') != text.npos) {
        Construct("number-underscore", TokenAt(i));
      }
      if (tokens_[i].kind != TokenKind::kString) continue;
      if (text[0] == '$') {
        Construct("dollar-string", TokenAt(i));
      } else if (text[0] == 'e' || text[0] == 'E') {
        Construct("escape-string", TokenAt(i));
      } else if (text.find('\\') != text.npos) {
        Construct("backslash", TokenAt(i));
      }
    }
  }

  // --- places ---

  TextRange TokenAt(std::size_t index) const { return statement_.TokenRange(index); }

  /// From an opening bracket to its closing one.
  TextRange Between(std::size_t open) const {
    const std::size_t close = tokens_.Closing(open);
    return {tokens_[open].begin, close < tokens_.size() ? tokens_[close].end : tokens_[open].end};
  }

  std::size_t LastOfName(std::size_t at) const {
    while (tokens_.IsName(at) && tokens_.IsSymbol(at + 1, ".") && tokens_.IsName(at + 2)) at += 2;
    return at;
  }

  /// The brackets before the last part of x[i]; these nodes have no place of their own.
  TextRange BracketRange(const Node& node) const {
    std::optional<std::size_t> inside;
    for (const Node child : node.Get("children").children()) {
      if (const auto at = statement_.FirstLocation(child)) inside = at;
    }
    if (!inside) return statement_.RangeOf(node);
    for (std::size_t i = tokens_.IndexAt(*inside) + 1; i-- > 0;) {
      if (tokens_.IsSymbol(i, "[")) return Between(i);
    }
    return statement_.RangeOf(node);
  }

  TextRange PlaceOfWord(const Node& node, std::string_view word) const {
    if (const auto first = statement_.FirstLocation(node)) {
      const std::size_t at = tokens_.IndexAt(*first);
      if (tokens_.IsWord(at, word)) return TokenAt(at);
      const std::size_t before = statement_.WordBefore(at, word);
      if (before < tokens_.size()) return TokenAt(before);
      const std::size_t behind = statement_.WordFrom(at, word);
      if (behind < tokens_.size()) return TokenAt(behind);
    }
    return statement_.RangeOf(node);
  }

  TextRange WordFrom(std::size_t from, std::string_view word, const Node& otherwise) const {
    const std::size_t at = statement_.WordFrom(from, word);
    return at < tokens_.size() ? TokenAt(at) : statement_.RangeOf(otherwise);
  }

  TextRange SymbolRange(const Node& node, std::size_t tokens) const {
    const std::size_t at = tokens_.IndexAt(*node.location());
    return {tokens_[at].begin, tokens_[std::min(at + tokens, tokens_.size()) - 1].end};
  }

  void Construct(std::string_view name, TextRange range) { Add(ConstructDifference(name), range); }

  void Add(const SparkDifference& difference, TextRange range) {
    findings_.push_back(
        {std::string(Slug(difference)), std::string(difference.message), Help(difference), range});
  }

  const ParsedStatement& statement_;
  const Tokens& tokens_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> FindUnportable(const ParsedStatement& statement) {
  return PortabilityFinder(statement).Run();
}

}  // namespace thalweg::sql
