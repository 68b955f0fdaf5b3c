#include "sql/references.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "sql/functions.h"
#include "sql/table_name.h"

namespace thalweg::sql {
namespace {

using Query = QueryShape::Query;
using Relation = QueryShape::Relation;
using Uses = QueryShape::Uses;
using Item = QueryShape::Item;

/// The CTEs in sight, the innermost last. Bindings are undone in reverse.
class CteScopes {
 public:
  struct Binding {
    int query = -1;
    std::vector<std::string> columns;
  };

  std::size_t Mark() const { return bound_.size(); }
  void Bind(const std::string& name, Binding binding) {
    bindings_[name].push_back(std::move(binding));
    bound_.push_back(name);
  }
  void Release(std::size_t mark) {
    for (; bound_.size() > mark; bound_.pop_back()) bindings_[bound_.back()].pop_back();
  }
  const Binding* Find(const std::string& name) const {
    const auto it = bindings_.find(name);
    return it == bindings_.end() || it->second.empty() ? nullptr : &it->second.back();
  }

 private:
  std::unordered_map<std::string, std::vector<Binding>> bindings_;
  std::vector<std::string> bound_;
};

std::vector<std::string> FoldedTexts(const Node& array) {
  std::vector<std::string> texts;
  for (const Node text : array.children()) texts.push_back(ToLower(text.text()));
  return texts;
}

std::vector<std::string> Texts(const Node& array) {
  std::vector<std::string> texts;
  for (const Node text : array.children()) texts.emplace_back(text.text());
  return texts;
}

/// a.upper() is a call of upper with a: DuckDB's parser reads a as a schema.
bool IsSchemaOfTheEngine(std::string_view schema) {
  for (const std::string_view known :
       {"", "main", "pg_catalog", "information_schema", "system", "temp"}) {
    if (schema == known) return true;
  }
  return false;
}

class Walker {
 public:
  explicit Walker(const ParsedStatement& statement) : statement_(statement) {}

  References Run() {
    ReadQuery(statement_.query(), nullptr);
    return Finish();
  }

 private:
  /// A query that is being read, and the finished ones directly inside it.
  struct Frame {
    Frame* outer = nullptr;
    Query query;
    std::vector<int> inner;
  };

  int Close(Frame& frame) {
    const int id = static_cast<int>(shape_.queries.size());
    for (const int inner : frame.inner) shape_.queries[static_cast<std::size_t>(inner)].outer = id;
    if (frame.outer) {
      frame.query.outer_relations = static_cast<int>(frame.outer->query.relations.size());
      frame.outer->inner.push_back(id);
    }
    shape_.queries.push_back(std::move(frame.query));
    return id;
  }

  int ReadQuery(const Node& node, Frame* outer) {
    Frame frame{outer, {}, {}};
    const std::size_t mark = ctes_.Mark();
    BindCtes(node.Get("cte_map").Get("map"), frame);
    if (node.Is("SELECT_NODE")) {
      ReadSelect(node, frame);
    } else if (node.Is("SET_OPERATION_NODE")) {
      ReadSetOperation(node, frame);
    } else if (node.Is("RECURSIVE_CTE_NODE")) {
      ReadRecursion(node, frame);
    } else {
      Refuse("unsupported-statement", fmt::format("{} is not supported", node.type()), "",
             statement_.RangeOf(node));
    }
    ctes_.Release(mark);
    return Close(frame);
  }

  /// Each CTE sees those before it; its own name means what it meant outside, unless it is
  /// recursive.
  void BindCtes(const Node& map, Frame& frame) {
    for (const Node entry : map.children()) {
      const Node value = entry.Get("value");
      const int id = ReadQuery(value.Get("query").Get("node"), frame.outer);
      ctes_.Bind(ToLower(entry.Text("key")), {id, Texts(value.Get("aliases"))});
    }
  }

  void ReadSelect(const Node& node, Frame& frame) {
    ReadFrom(node.Get("from_table"), frame);
    for (const Node item : node.Get("select_list").children()) ReadItem(item, frame);
    for (const Node part : node.children()) {
      const std::string_view key = part.key();
      if (key == "cte_map" || key == "from_table" || key == "select_list" || key == "sample")
        continue;
      ReadExpression(part, frame.query.reads, frame);
    }
  }

  void ReadSetOperation(const Node& node, Frame& frame) {
    const std::string_view kind = node.Text("setop_type");
    frame.query.combine = kind == "UNION"           ? Query::Combine::kUnion
                          : kind == "UNION_BY_NAME" ? Query::Combine::kUnionByName
                                                    : Query::Combine::kLeft;
    frame.query.left = ReadQuery(node.Get("left"), frame.outer);
    frame.query.right = ReadQuery(node.Get("right"), frame.outer);
    ReadExpression(node.Get("modifiers"), frame.query.reads, frame);
  }

  /// Only the right branch sees the name; for lineage it stands for the left branch, whose columns
  /// it has.
  void ReadRecursion(const Node& node, Frame& frame) {
    frame.query.combine = Query::Combine::kUnion;
    frame.query.left = ReadQuery(node.Get("left"), frame.outer);
    const std::size_t mark = ctes_.Mark();
    const std::string name = ToLower(node.Text("cte_name"));
    const CteScopes::Binding binding{frame.query.left, Texts(node.Get("aliases"))};
    ctes_.Bind(name, binding);
    ctes_.Bind("recurring." + name, binding);
    frame.query.right = ReadQuery(node.Get("right"), frame.outer);
    ctes_.Release(mark);
    ReadExpression(node.Get("modifiers"), frame.query.reads, frame);
  }

  void ReadFrom(const Node& node, Frame& frame) {
    if (!node || node.Is("EMPTY")) return;
    if (node.Is("BASE_TABLE")) return ReadBaseTable(node, frame);
    if (node.Is("JOIN")) return ReadJoins(node, frame);
    if (node.Is("SUBQUERY")) {
      return AddQuery(node, ReadQuery(node.Get("subquery").Get("node"), &frame), frame);
    }
    if (node.Is("TABLE_FUNCTION")) return ReadTableFunction(node, frame);
    if (node.Is("EXPRESSION_LIST")) return ReadValues(node, frame);
    if (node.Is("PIVOT")) return ReadPivot(node, frame);
    if (node.Is("SHOW_REF")) {
      return Refuse("statement-not-select", "DESCRIBE, SHOW and SUMMARIZE are no queries here",
                    "see `thalweg show`, `thalweg ls` and the thalweg.* tables", PlaceOfShow(node));
    }
    Refuse("unsupported-statement", fmt::format("{} is not supported in FROM", node.type()), "",
           statement_.RangeOf(node));
  }

  void ReadBaseTable(const Node& node, Frame& frame) {
    const std::string schema = ToLower(node.Text("schema_name"));
    const std::string name = ToLower(node.Text("table_name"));
    const CteScopes::Binding* cte = node.Has("catalog_name")
                                        ? nullptr
                                        : ctes_.Find(schema.empty() ? name : schema + "." + name);
    Relation relation;
    relation.name = node.Text("alias").empty() ? name : ToLower(node.Text("alias"));
    relation.columns = Texts(node.Get("column_name_alias"));
    if (cte) {
      if (const Node clause = node.Get("at_clause")) {
        Refuse("invalid-at-clause", "AT is for tables, and this is a CTE",
               "put AT behind the table inside the CTE", statement_.RangeOf(node));
      }
      relation.query = cte->query;
      for (std::size_t i = relation.columns.size(); i < cte->columns.size(); ++i) {
        relation.columns.push_back(cte->columns[i]);
      }
    } else {
      auto table = ReadTable(statement_, node);
      if (auto* finding = std::get_if<Finding>(&table)) {
        refused_.push_back(*std::move(finding));
        return;
      }
      relation.table = AddTable(std::get<TableRef>(std::move(table)));
    }
    frame.query.relations.push_back(std::move(relation));
  }

  /// The parser copies parts of a statement (CASE x WHEN, named windows): one place is one table.
  int AddTable(TableRef table) {
    const auto [it, added] =
        table_at_.try_emplace(table.range.begin, static_cast<int>(tables_.size()));
    if (added) tables_.push_back(std::move(table));
    return it->second;
  }

  void AddQuery(const Node& node, int query, Frame& frame) {
    shape_.queries[static_cast<std::size_t>(query)].in_from = true;
    Relation relation;
    relation.name = ToLower(node.Text("alias"));
    relation.query = query;
    relation.columns = Texts(node.Get("column_name_alias"));
    frame.query.relations.push_back(std::move(relation));
  }

  /// Joins nest to the left, as deep as there are tables.
  void ReadJoins(const Node& outermost, Frame& frame) {
    std::vector<Node> joins;
    Node leftmost = outermost;
    for (; leftmost.Is("JOIN"); leftmost = leftmost.Get("left")) joins.push_back(leftmost);
    ReadFrom(leftmost, frame);
    for (auto join = joins.rbegin(); join != joins.rend(); ++join) ReadJoin(*join, frame);
  }

  /// The right side of a join and its condition.
  void ReadJoin(const Node& node, Frame& frame) {
    const std::size_t first = frame.query.relations.size();
    ReadFrom(node.Get("right"), frame);
    const std::string_view type = node.Text("join_type");
    const std::vector<std::string> columns = FoldedTexts(node.Get("using_columns"));
    for (std::size_t i = first; i < frame.query.relations.size(); ++i) {
      Relation& right = frame.query.relations[i];
      right.merged.insert(right.merged.end(), columns.begin(), columns.end());
      right.natural = right.natural || node.Text("ref_type") == "NATURAL";
      right.hidden = right.hidden || type == "SEMI" || type == "ANTI";
    }
    for (const std::string& column : columns) frame.query.reads.paths.push_back({column});
    ReadExpression(node.Get("condition"), frame.query.reads, frame);
  }

  void ReadTableFunction(const Node& node, Frame& frame) {
    const Node function = node.Get("function");
    const std::string name = ToLower(function.Text("function_name"));
    if (!IsAllowedTableFunction(name)) {
      Refuse("table-function-not-allowed",
             fmt::format("the table function {}() cannot be called in a statement", name),
             "declare a source node, such as  data: {source: {files: data.csv}},  and read it by "
             "its name; "
             "range, generate_series and unnest are allowed",
             statement_.RangeOf(node));
      return;
    }
    Frame inner{&frame, {}, {}};
    Item item;
    item.name = name;
    ReadExpression(function.Get("children"), item.uses, inner);
    inner.query.items.push_back(std::move(item));
    if (node.Has("with_ordinality")) AddColumn("ordinality", inner.query);
    inner.query.opaque = name == "unnest";  // of a struct: its fields
    AddQuery(node, Close(inner), frame);
    Relation& relation = frame.query.relations.back();
    if (relation.name.empty()) relation.name = name;
  }

  void ReadValues(const Node& node, Frame& frame) {
    Frame inner{&frame, {}, {}};
    for (const Node row : node.Get("values").children()) {
      std::size_t column = 0;
      for (const Node value : row.children()) {
        if (column == inner.query.items.size()) {
          AddColumn(fmt::format("col{}", column), inner.query);
        }
        Uses uses;
        ReadExpression(value, uses, inner);
        Append(inner.query.items[column].uses, std::move(uses));
        ++column;
      }
    }
    AddQuery(node, Close(inner), frame);
  }

  void ReadPivot(const Node& node, Frame& frame) {
    Frame inner{&frame, {}, {}};
    ReadFrom(node.Get("source"), inner);
    Item cells;
    cells.kind = Item::Kind::kMany;
    for (const Node part : node.children()) {
      if (part.key() != "source") ReadExpression(part, cells.uses, inner);
    }
    // UNPIVOT names its columns as texts.
    for (const Node pivot : node.Get("pivots").children()) {
      if (!node.Has("unpivot_names")) break;
      for (const Node entry : pivot.Get("entries").children()) {
        for (const Node value : entry.Get("values").children()) {
          cells.uses.paths.push_back({ToLower(value.Text("value"))});
        }
      }
    }
    inner.query.items.push_back(std::move(cells));
    inner.query.opaque = true;
    AddQuery(node, Close(inner), frame);
  }

  void ReadItem(const Node& node, Frame& frame) {
    Item item;
    item.name = std::string(node.Text("alias"));
    if (node.Is("STAR") && !node.Get("columns").truth()) {
      ReadStar(node, item, frame);
    } else {
      ReadExpression(node, item.uses, frame);
      if (item.uses.all || (item.name.empty() && node.Text("function_name") == "unnest")) {
        item.kind = Item::Kind::kMany;
      } else if (item.name.empty() && node.Is("COLUMN_REF")) {
        const Node names = node.Get("column_names");
        item.name = std::string(names.Child(names.count() - 1).text());
      }
    }
    frame.query.items.push_back(std::move(item));
  }

  void ReadStar(const Node& node, Item& item, Frame& frame) {
    item.kind = Item::Kind::kStar;
    item.star_of = ToLower(node.Text("relation_name"));
    item.excluded = FoldedTexts(node.Get("exclude_list"));
    for (const Node name : node.Get("qualified_exclude_list").children()) {
      item.excluded.push_back(ToLower(name.Text("column")));
    }
    for (const Node entry : node.Get("rename_list").children()) {
      item.renamed.emplace_back(ToLower(entry.Get("key").Text("column")), entry.Text("value"));
    }
    for (const Node entry : node.Get("replace_list").children()) {
      Item::Replacement replacement{ToLower(entry.Text("key")), {}};
      ReadExpression(entry.Get("value"), replacement.uses, frame);
      item.replaced.push_back(std::move(replacement));
    }
  }

  /// Adds what an expression, or anything that contains expressions, reads. A loop over the
  /// subtree: expressions may be nested deeply.
  void ReadExpression(const Node& root, Uses& uses, Frame& frame) {
    if (!root) return;
    const std::size_t outer_lambdas = lambdas_.size();
    for (std::size_t i = root.index(); i < root.end();) {
      const Node node = statement_.tree[i++];
      while (lambdas_.size() > outer_lambdas && node.index() >= lambdas_.back().end)
        lambdas_.pop_back();
      if (!node.is_object()) continue;
      const std::string_view kind = node.expression_class();
      if (kind == "COLUMN_REF") {
        ReadColumn(node, uses, frame);
        i = node.end();
      } else if (kind == "STAR") {
        uses.all = true;
      } else if (kind == "POSITIONAL_REFERENCE") {
        uses.paths.push_back({fmt::format("#{}", node.Text("index"))});
      } else if (kind == "FUNCTION") {
        ReadMethodCall(node, uses);
      } else if (kind == "LAMBDA" && IsFunction(node)) {
        lambdas_.push_back({LambdaNames(node.Get("lhs")), node.end()});
      } else if (node.key() == "subquery") {
        const int id = ReadQuery(node.Get("node"), &frame);
        if (node.parent().Text("subquery_type") != "EXISTS") uses.subqueries.push_back(id);
        i = node.end();
      }
    }
    lambdas_.resize(outer_lambdas);
  }

  static void ReadMethodCall(const Node& call, Uses& uses) {
    if (IsSchemaOfTheEngine(ToLower(call.Text("schema")))) return;
    QueryShape::Path path;
    if (call.Has("catalog")) path.push_back(ToLower(call.Text("catalog")));
    path.push_back(ToLower(call.Text("schema")));
    uses.paths.push_back(std::move(path));
  }

  void ReadColumn(const Node& node, Uses& uses, const Frame& frame) {
    QueryShape::Path path = FoldedTexts(node.Get("column_names"));
    if (path.empty() || IsLambdaName(path[0])) return;
    if (path.size() >= 3) RefusePipelineIn(node, path, frame);
    uses.paths.push_back(std::move(path));
  }

  /// What replaces a table in the engine's text has the table's name only.
  void RefusePipelineIn(const Node& node, const QueryShape::Path& path, const Frame& frame) {
    const std::string& pipeline = path[0];
    const std::string& name = path[1];
    for (const Frame* at = &frame; at; at = at->outer) {
      for (const Relation& relation : at->query.relations) {
        if (relation.name == pipeline) return;
        if (relation.table < 0) continue;
        const TableRef& table = tables_[static_cast<std::size_t>(relation.table)];
        if (table.pipeline != pipeline || table.table != name || relation.name != name) continue;
        return Refuse("qualified-column", "a column is qualified with its table only",
                      fmt::format("write {}.{}, or give the table an alias", name, path[2]),
                      statement_.RangeOf(node));
      }
    }
  }

  /// DuckDB also reads a -> 'key' as a lambda: it is one only as a function's argument or after
  /// LAMBDA.
  bool IsFunction(const Node& lambda) const {
    const std::size_t at = statement_.tokens.IndexAt(lambda.location().value_or(0));
    if (at > 0 && statement_.tokens.IsWord(at - 1, "LAMBDA")) return true;
    const Node call = lambda.parent().parent();
    return TakesLambda(call.Text("function_name"));
  }

  static std::vector<std::string> LambdaNames(const Node& names) {
    std::vector<std::string> folded;
    if (names.Is("COLUMN_REF")) folded = FoldedTexts(names.Get("column_names"));
    for (const Node name : names.Get("children").children()) {
      folded.push_back(ToLower(name.Get("column_names").Child(0).text()));
    }
    return folded;
  }

  bool IsLambdaName(const std::string& name) const {
    return std::any_of(lambdas_.begin(), lambdas_.end(), [&](const Lambda& lambda) {
      return std::find(lambda.names.begin(), lambda.names.end(), name) != lambda.names.end();
    });
  }

  static void AddColumn(std::string name, Query& query) {
    query.items.emplace_back();
    query.items.back().name = std::move(name);
  }

  static void Append(Uses& to, Uses from) {
    std::move(from.paths.begin(), from.paths.end(), std::back_inserter(to.paths));
    to.subqueries.insert(to.subqueries.end(), from.subqueries.begin(), from.subqueries.end());
    to.all = to.all || from.all;
  }

  TextRange PlaceOfShow(const Node& node) const {
    const std::size_t end = statement_.tokens.IndexAt(
        statement_.FirstLocation(node).value_or(statement_.tokens.text().size()));
    for (const std::string_view word : {"DESCRIBE", "DESC", "SHOW", "SUMMARIZE"}) {
      const std::size_t at = statement_.WordBefore(end, word);
      if (at < statement_.tokens.size()) return statement_.TokenRange(at);
    }
    return statement_.WholeRange();
  }

  void Refuse(std::string slug, std::string message, std::string help, TextRange range) {
    refused_.push_back({std::move(slug), std::move(message), std::move(help), range});
  }

  /// Puts the tables in the order of the text.
  References Finish() {
    std::vector<int> place(tables_.size());
    int next = 0;
    for (const auto& [begin, index] : table_at_) place[static_cast<std::size_t>(index)] = next++;
    References references;
    references.tables.resize(tables_.size());
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      references.tables[static_cast<std::size_t>(place[i])] = std::move(tables_[i]);
    }
    for (Query& query : shape_.queries) {
      for (Relation& relation : query.relations) {
        if (relation.table >= 0) relation.table = place[static_cast<std::size_t>(relation.table)];
      }
    }
    references.shape = std::move(shape_);
    references.refused = std::move(refused_);
    return references;
  }

  const ParsedStatement& statement_;
  CteScopes ctes_;
  QueryShape shape_;
  std::vector<TableRef> tables_;
  std::map<std::size_t, int> table_at_;  // begin of its range -> index into tables_
  struct Lambda {
    std::vector<std::string> names;
    std::size_t end = 0;  // of its subtree
  };
  std::vector<Lambda> lambdas_;  // around what is being read
  std::vector<Finding> refused_;
};

}  // namespace

References CollectReferences(const ParsedStatement& statement) {
  return Walker(statement).Run();
}

}  // namespace thalweg::sql
