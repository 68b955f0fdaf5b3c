#include "sql/lineage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace thalweg::sql {
namespace {

using Query = QueryShape::Query;
using Relation = QueryShape::Relation;
using Uses = QueryShape::Uses;
using Item = QueryShape::Item;

/// Wider queries are kept as one column of many sources: joins of a star with itself double at
/// every step.
constexpr std::size_t kMaxColumns = 4096;

constexpr int kNoTable = -1;
constexpr std::string_view kAll = "*";

/// A column of a table; kNoTable: whichever table has it. "*": all or any of them.
using Source = std::pair<int, std::string>;
/// Ids of sources, sorted.
using Sources = std::vector<int>;

void Merge(Sources& to, const Sources& from) {
  if (from.empty()) return;
  Sources merged;
  merged.reserve(to.size() + from.size());
  std::set_union(to.begin(), to.end(), from.begin(), from.end(), std::back_inserter(merged));
  to = std::move(merged);
}

struct Column {
  std::string name, folded;
  bool many = false;
  Sources sources;
  bool by_name = false;  // a many of exactly the columns that its sources name
};

/// Where a name may come from, when no relation has it for certain.
struct Candidates {
  Sources named;  // a column of that name among the many of something opaque
  Sources open;   // tables whose columns are not known
  Sources rest;   // anything opaque
  bool empty() const { return named.empty() && open.empty() && rest.empty(); }
  void Add(const Candidates& other) {
    Merge(named, other.named);
    Merge(open, other.open);
    Merge(rest, other.rest);
  }
};

class Resolver {
 public:
  Resolver(std::span<const TableRef> tables, const QueryShape& shape,
           std::optional<std::span<const data::Columns>> schemas)
      : tables_(tables), shape_(shape), schemas_(schemas) {}

  ResolvedColumns Run() {
    for (std::size_t id = 0; id < shape_.queries.size(); ++id) {
      columns_.emplace_back();
      columns_[id] =
          Limit(shape_.queries[id].combine == Query::Combine::kSelect ? Select(id) : Combine(id));
    }
    return Result();
  }

 private:
  // --- the columns of a query ---

  std::vector<Column> Select(std::size_t id) {
    const Query& query = shape_.queries[id];
    std::vector<Column>& columns = columns_[id];  // filled as it goes: later items see the aliases
    if (query.opaque && !query.relations.empty()) {
      columns.push_back(OneOfMany(Star(id, "")));
      columns.back().by_name = true;
    }
    for (const Item& item : query.items) {
      if (item.kind == Item::Kind::kStar) {
        for (Column& column : StarItem(id, item)) columns.push_back(std::move(column));
        if (columns.size() > kMaxColumns) columns = Limit(std::move(columns));
      } else {
        columns.push_back({item.name, ToLower(item.name), item.kind == Item::Kind::kMany,
                           SourcesOf(id, item.uses)});
      }
    }
    if (query.opaque && query.relations.empty()) columns.push_back(OneOfMany(columns));
    const Sources others = SourcesOf(id, query.reads);
    Merge(read_, others);
    return std::move(columns);
  }

  std::vector<Column> Combine(std::size_t id) {
    const Query& query = shape_.queries[id];
    std::vector<Column> left = columns_[static_cast<std::size_t>(query.left)];
    const std::vector<Column>& right = columns_[static_cast<std::size_t>(query.right)];
    columns_[id] = left;
    Merge(read_, SourcesOf(id, query.reads));
    if (query.combine == Query::Combine::kLeft) return left;
    if (query.combine == Query::Combine::kUnionByName) return ByName(std::move(left), right);
    const bool aligned =
        left.size() == right.size() &&
        std::equal(left.begin(), left.end(), right.begin(),
                   [](const Column& a, const Column& b) { return a.many == b.many; });
    if (!aligned) {
      left.insert(left.end(), right.begin(), right.end());
      return {OneOfMany(left)};
    }
    for (std::size_t i = 0; i < left.size(); ++i) Merge(left[i].sources, right[i].sources);
    return left;
  }

  static std::vector<Column> ByName(std::vector<Column> left, const std::vector<Column>& right) {
    std::map<std::string, std::size_t> at;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!left[i].folded.empty()) at.try_emplace(left[i].folded, i);
    }
    for (const Column& column : right) {
      const auto same = column.folded.empty() ? at.end() : at.find(column.folded);
      if (same == at.end()) {
        left.push_back(column);
      } else {
        Merge(left[same->second].sources, column.sources);
      }
    }
    return left;
  }

  static Column OneOfMany(const std::vector<Column>& columns) {
    Column all;
    all.many = true;
    for (const Column& column : columns) Merge(all.sources, column.sources);
    return all;
  }

  static std::vector<Column> Limit(std::vector<Column> columns) {
    if (columns.size() <= kMaxColumns) return columns;
    return {OneOfMany(columns)};
  }

  std::vector<Column> StarItem(std::size_t id, const Item& item) {
    std::vector<Column> columns;
    Sources replaced;
    std::map<std::string, Sources> replacements;
    for (const Item::Replacement& replacement : item.replaced) {
      Sources sources = SourcesOf(id, replacement.uses);
      Merge(replaced, sources);
      replacements.emplace(replacement.name, std::move(sources));
    }
    for (Column& column : Star(id, item.star_of)) {
      if (column.many) Merge(column.sources, replaced);
      if (!column.many && std::count(item.excluded.begin(), item.excluded.end(), column.folded)) {
        continue;
      }
      if (const auto it = replacements.find(column.folded); it != replacements.end()) {
        column.sources = it->second;
      }
      for (const auto& [from, to] : item.renamed) {
        if (column.many || column.folded != from) continue;
        column.name = to;
        column.folded = ToLower(to);
        break;
      }
      columns.push_back(std::move(column));
    }
    return columns;
  }

  /// All columns of FROM, or of one relation in sight; of a struct: whatever its fields are.
  std::vector<Column> Star(std::size_t id, const std::string& of) {
    std::vector<Column> columns;
    if (!of.empty()) {
      const Relation* relation = FindRelation(id, of);
      if (relation) return ColumnsOf(*relation);
      columns.push_back({"", "", true, Resolve(id, {of})});
      return columns;
    }
    const Scope scope = OwnScope(id);
    const bool merges = std::any_of(scope.begin(), scope.end(), [](const Relation& r) {
      return r.natural || !r.merged.empty();
    });
    for (const Relation& relation : scope) {
      if (relation.hidden) continue;
      for (Column& column : ColumnsOf(relation)) {
        if (merges && !column.many) {
          const Relation* first = FirstWith(scope, column.folded);
          if (first != &relation && Joins(relation, column.folded)) continue;  // shown there
          if (first == &relation)
            column.sources = FindVisible(scope, column.folded).value_or(column.sources);
        }
        columns.push_back(std::move(column));
        if (columns.size() > kMaxColumns) columns = Limit(std::move(columns));
      }
    }
    return columns;
  }

  // --- the columns of a relation ---

  std::vector<Column> ColumnsOf(const Relation& relation) {
    std::vector<Column> columns = relation.table >= 0
                                      ? TableColumns(relation.table)
                                      : columns_[static_cast<std::size_t>(relation.query)];
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
      if (i < columns.size() && !columns[i].many) {
        columns[i].name = relation.columns[i];
        columns[i].folded = ToLower(relation.columns[i]);
      } else {  // renames one of many
        Column renamed{relation.columns[i], ToLower(relation.columns[i]), false, {}};
        renamed.sources = OneOfMany(columns).sources;
        columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(std::min(i, columns.size())),
                       std::move(renamed));
      }
    }
    return columns;
  }

  std::vector<Column> TableColumns(int table) {
    std::vector<Column> columns;
    if (!schemas_) {
      columns.push_back({"", "", true, {Id({table, std::string(kAll)})}});
      return columns;
    }
    for (const data::Column& column : Schema(table)) {
      columns.push_back({column.name, ToLower(column.name), false, {Id({table, column.name})}});
    }
    return columns;
  }

  const data::Columns& Schema(int table) const {
    static const data::Columns kNone;
    const std::size_t index = static_cast<std::size_t>(table);
    return index < schemas_->size() ? (*schemas_)[index] : kNone;
  }

  /// The column of this name for certain; else whether it may be there.
  std::optional<Sources> Find(const Relation& relation, const std::string& name,
                              Candidates& candidates) {
    if (relation.columns.empty() && relation.table >= 0) {  // the common case, without a list
      if (!schemas_) {
        Merge(candidates.open, {Id({relation.table, name})});
        return {};
      }
      for (const data::Column& column : Schema(relation.table)) {
        if (ToLower(column.name) == name) return Sources{Id({relation.table, column.name})};
      }
      return {};
    }
    const bool listed = relation.columns.empty();
    const std::vector<Column> own = listed ? std::vector<Column>() : ColumnsOf(relation);
    const std::vector<Column>& columns =
        listed ? columns_[static_cast<std::size_t>(relation.query)] : own;
    for (const Column& column : columns) {
      if (!column.many && column.folded == name) return column.sources;
    }
    for (const Column& column : columns) {
      if (column.many) AddCandidates(column, name, candidates);
    }
    return {};
  }

  void AddCandidates(const Column& many, const std::string& name, Candidates& candidates) {
    bool found = false;
    for (const int id : many.sources) {
      const Source source = sources_[static_cast<std::size_t>(id)];
      if (source.second == kAll) {
        Merge(candidates.open, {Id({source.first, name})});
        found = true;
      } else if (ToLower(source.second) == name) {
        Merge(candidates.named, {id});
        found = true;
      }
    }
    if (!found && !many.by_name) Merge(candidates.rest, many.sources);
  }

  // --- names ---

  Sources SourcesOf(std::size_t id, const Uses& uses) {
    Sources sources;
    for (const QueryShape::Path& path : uses.paths) Merge(sources, Resolve(id, path));
    for (const int query : uses.subqueries) {
      for (const Column& column : columns_[static_cast<std::size_t>(query)]) {
        Merge(sources, column.sources);
      }
    }
    if (uses.all) Merge(sources, OneOfMany(Star(id, "")).sources);
    Merge(read_, sources);
    return sources;
  }

  Sources Resolve(std::size_t id, const QueryShape::Path& path) {
    if (path[0].starts_with('#')) return Positional(id, path[0]);
    if (path.size() >= 2) {
      if (const Relation* relation = FindRelation(id, path[0])) {
        Candidates candidates;
        if (auto sources = Find(*relation, path[1], candidates)) return *std::move(sources);
        if (!candidates.empty()) return Choose(candidates, path[1]);
      }
    }
    return ResolveName(id, path[0]);
  }

  /// The relations that a query sees at one level: its own, or the first ones of a query around it.
  using Scope = std::span<const Relation>;

  Scope OwnScope(std::size_t id) const { return shape_.queries[id].relations; }

  /// Calls `visit(scope)` from inside out until it returns true.
  template <typename Visit>
  void ForEachScope(std::size_t id, const Visit& visit) const {
    const Query* query = &shape_.queries[id];
    if (visit(Scope(query->relations))) return;
    while (query->outer >= 0) {
      const Query& outer = shape_.queries[static_cast<std::size_t>(query->outer)];
      const auto seen =
          std::min(static_cast<std::size_t>(query->outer_relations), outer.relations.size());
      if (visit(Scope(outer.relations).first(seen))) return;
      query = &outer;
    }
  }

  /// A column of FROM, an alias of the select list, a whole row; then the same of the query around
  /// it.
  Sources ResolveName(std::size_t id, const std::string& name) {
    Candidates candidates;
    std::optional<Sources> found;
    bool own = true;
    ForEachScope(id, [&](Scope scope) {
      Candidates here;
      auto sources = FindVisible(scope, name, here);
      if (sources && candidates.empty()) {
        found = std::move(sources);
      } else if (sources) {
        Merge(candidates.open, *sources);  // here or further inside: only binding can tell
        return true;
      } else if (const Column* alias = own ? FindAlias(id, name) : nullptr) {
        found = alias->sources;
      } else if (candidates.empty()) {
        for (const Relation& relation : scope) {
          if (relation.name == name) found = OneOfMany(ColumnsOf(relation)).sources;
        }
      }
      candidates.Add(here);
      const bool stay = own && shape_.queries[id].in_from && !candidates.empty();
      own = false;
      return found.has_value() || stay;
    });
    return found ? *std::move(found) : Choose(candidates, name);
  }

  Sources Choose(const Candidates& candidates, const std::string& name) {
    if (!candidates.named.empty()) return candidates.named;
    if (candidates.open.size() == 1) return candidates.open;
    if (candidates.open.empty() && !candidates.rest.empty()) return candidates.rest;
    return {Id({kNoTable, name})};
  }

  std::optional<Sources> FindVisible(Scope scope, const std::string& name) {
    Candidates ignored;
    return FindVisible(scope, name, ignored);
  }

  /// The first relation that has the name, and those whose column is joined with it by USING.
  std::optional<Sources> FindVisible(Scope scope, const std::string& name, Candidates& candidates) {
    for (const bool hidden : {false, true}) {
      std::optional<Sources> found;
      for (const Relation& relation : scope) {
        if (relation.hidden != hidden || (found && !Joins(relation, name))) continue;
        auto sources = Find(relation, name, candidates);
        if (!sources) continue;
        if (found) {
          Merge(*found, *sources);
        } else {
          found = std::move(sources);
        }
      }
      if (!found && !hidden) found = UsingOfOpenTables(scope, name, candidates);
      if (found || !candidates.empty()) return found;
    }
    return {};
  }

  /// USING says that both sides have the column, even if nothing else is known of them; and then no
  /// other has.
  std::optional<Sources> UsingOfOpenTables(Scope scope, const std::string& name,
                                           Candidates& candidates) {
    Candidates joined;
    std::size_t before = 0;  // relations left of the first USING with this name
    bool merging = false;
    for (const Relation& relation : scope) {
      const bool merges = std::count(relation.merged.begin(), relation.merged.end(), name) > 0;
      if (relation.hidden || (merging && !merges)) continue;
      merging = merging || merges;
      before += !merging;
      if (before > 1 || Find(relation, name, joined)) return {};
    }
    if (!merging || joined.open.empty() || !joined.rest.empty()) return {};
    candidates = {};
    return joined.open;
  }

  static bool Joins(const Relation& relation, const std::string& name) {
    return relation.natural ||
           std::find(relation.merged.begin(), relation.merged.end(), name) != relation.merged.end();
  }

  /// The first relation that has the column for certain.
  const Relation* FirstWith(Scope scope, const std::string& name) {
    Candidates ignored;
    for (const Relation& relation : scope) {
      if (!relation.hidden && Find(relation, name, ignored)) return &relation;
    }
    return nullptr;
  }

  const Relation* FindRelation(std::size_t id, const std::string& name) const {
    const Relation* found = nullptr;
    ForEachScope(id, [&](Scope scope) {
      const auto it = std::find_if(scope.begin(), scope.end(),
                                   [&](const Relation& relation) { return relation.name == name; });
      if (it != scope.end()) found = &*it;
      return found != nullptr;
    });
    return found;
  }

  const Column* FindAlias(std::size_t id, const std::string& name) const {
    for (const Column& column : columns_[id]) {
      if (!column.many && column.folded == name) return &column;
    }
    return nullptr;
  }

  /// #2: the second column of FROM.
  Sources Positional(std::size_t id, const std::string& path) {
    std::size_t position = 0;
    for (const char c : path.substr(1, 9))
      position = position * 10 + static_cast<std::size_t>(c - '0');
    const std::vector<Column> columns = Star(id, "");
    for (const Column& column : columns) {
      if (column.many) break;
      if (--position == 0) return column.sources;
    }
    return OneOfMany(columns).sources;
  }

  // --- names of sources ---

  int Id(Source source) {
    const auto [it, added] = ids_.try_emplace(std::move(source), static_cast<int>(sources_.size()));
    if (added) sources_.push_back(it->first);
    return it->second;
  }

  std::string Name(const Source& source) const {
    if (source.first == kNoTable) return source.second;
    const TableRef& table = tables_[static_cast<std::size_t>(source.first)];
    const std::string name = table.table + "." + source.second;
    return table.pipeline.empty() ? name : table.pipeline + "." + name;
  }

  std::vector<std::string> Names(const Sources& sources) const {
    std::vector<std::string> names;
    for (const int id : sources) names.push_back(Name(sources_[static_cast<std::size_t>(id)]));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  ResolvedColumns Result() {
    ResolvedColumns result;
    if (columns_.empty()) return result;
    for (const Column& column : columns_.back()) {
      result.outputs.push_back(
          {column.many ? "" : column.name, column.many, Names(column.sources)});
      Merge(read_, column.sources);
    }
    result.read = Names(read_);
    return result;
  }

  std::span<const TableRef> tables_;
  const QueryShape& shape_;
  std::optional<std::span<const data::Columns>> schemas_;
  std::vector<std::vector<Column>> columns_;  // by query
  std::map<Source, int> ids_;
  std::vector<Source> sources_;
  Sources read_;
};

/// The columns that `many` stand for: a source of the same name, else all.
std::vector<std::string> SourcesByName(const std::vector<std::string>& sources,
                                       const std::string& name) {
  std::vector<std::string> same;
  const std::string folded = ToLower(name);
  for (const std::string& source : sources) {
    const std::size_t dot = source.rfind('.');
    if (ToLower(dot == source.npos ? source : source.substr(dot + 1)) == folded) {
      same.push_back(source);
    }
  }
  return same.empty() ? sources : same;
}

/// Which resolved column an output of the engine is: by position, as long as no `many` is between.
const ResolvedColumns::Column& Match(const std::vector<ResolvedColumns::Column>& resolved,
                                     std::size_t position, std::size_t outputs,
                                     const ResolvedColumns::Column& anything) {
  const auto is_many = [](const ResolvedColumns::Column& c) { return c.many; };
  const auto first = std::find_if(resolved.begin(), resolved.end(), is_many);
  const std::size_t before = static_cast<std::size_t>(first - resolved.begin());
  if (position < before) return resolved[position];
  const auto last = std::find_if(resolved.rbegin(), resolved.rend(), is_many);
  const std::size_t behind = static_cast<std::size_t>(last - resolved.rbegin());
  if (first == resolved.end()) return anything;
  if (position + behind >= outputs) return resolved[resolved.size() - (outputs - position)];
  const bool only_one = before + behind + 1 == resolved.size();
  return only_one ? *first : anything;
}

}  // namespace

ResolvedColumns ResolveColumns(std::span<const TableRef> tables, const QueryShape& shape) {
  return Resolver(tables, shape, std::nullopt).Run();
}

ResolvedColumns ResolveColumns(std::span<const TableRef> tables, const QueryShape& shape,
                               std::span<const data::Columns> input_columns) {
  return Resolver(tables, shape, input_columns).Run();
}

Lineage ResolveLineage(const Analysis& analysis, std::span<const data::Columns> input_columns,
                       const data::Columns& output) {
  ResolvedColumns resolved = ResolveColumns(analysis.tables, analysis.shape, input_columns);
  ResolvedColumns::Column anything;
  anything.many = true;
  for (const ResolvedColumns::Column& column : resolved.outputs) {
    anything.sources.insert(anything.sources.end(), column.sources.begin(), column.sources.end());
  }
  std::sort(anything.sources.begin(), anything.sources.end());
  anything.sources.erase(std::unique(anything.sources.begin(), anything.sources.end()),
                         anything.sources.end());

  Lineage lineage;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const ResolvedColumns::Column& column = Match(resolved.outputs, i, output.size(), anything);
    lineage.columns.push_back({output[i].name, column.many
                                                   ? SourcesByName(column.sources, output[i].name)
                                                   : column.sources});
  }
  lineage.columns_read = std::move(resolved.read);
  return lineage;
}

}  // namespace thalweg::sql
