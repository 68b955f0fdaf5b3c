#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sql/analysis.h"

namespace thalweg::sql {
namespace {

using Json = nlohmann::json;
using Uses = QueryShape::Uses;
using Item = QueryShape::Item;
using Relation = QueryShape::Relation;
using Query = QueryShape::Query;

// Each pair of functions is one type, as a list of its members in the order of the struct: a cache
// has many.

template <typename T, typename Write>
Json List(const std::vector<T>& values, const Write& write) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(write(value));
  return list;
}

template <typename Read>
auto ReadList(const Json& list, const Read& read) {
  std::vector<decltype(read(list))> values;
  if (!list.is_array()) throw Json::type_error::create(302, "no list", &list);
  for (const Json& value : list) values.push_back(read(value));
  return values;
}

template <typename Enum>
Enum ReadEnum(const Json& json, Enum last) {
  const int value = json.get<int>();
  if (value < 0 || value > static_cast<int>(last)) {
    throw Json::out_of_range::create(401, "no such value", &json);
  }
  return static_cast<Enum>(value);
}

Json ToJson(const TextRange& range) {
  return {range.begin, range.end};
}
TextRange ReadRange(const Json& json) {
  return {json.at(0).get<std::size_t>(), json.at(1).get<std::size_t>()};
}

Json ToJson(const TableRef& table) {
  Json at;
  if (table.at) at = {static_cast<int>(table.at->unit), table.at->value};
  return {table.pipeline, table.table, at, ToJson(table.range), table.alias, table.alias_in_range};
}
TableRef ReadTable(const Json& json) {
  TableRef table;
  table.pipeline = json.at(0).get<std::string>();
  table.table = json.at(1).get<std::string>();
  if (const Json& at = json.at(2); !at.is_null()) {
    table.at =
        AtClause{ReadEnum(at.at(0), AtClause::Unit::kTimestamp), at.at(1).get<std::string>()};
  }
  table.range = ReadRange(json.at(3));
  table.alias = json.at(4).get<std::string>();
  table.alias_in_range = json.at(5).get<bool>();
  return table;
}

Json ToJson(const Finding& finding) {
  return {finding.slug, finding.message, finding.help, ToJson(finding.range)};
}
Finding ReadFinding(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::string>(),
          json.at(2).get<std::string>(), ReadRange(json.at(3))};
}

Json ToJson(const OutputColumn& column) {
  return {column.name, Json(column.sources)};
}
OutputColumn ReadOutput(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::vector<std::string>>()};
}

Json ToJson(const Uses& uses) {
  return {Json(uses.paths), Json(uses.subqueries), uses.all};
}
Uses ReadUses(const Json& json) {
  return {json.at(0).get<std::vector<QueryShape::Path>>(), json.at(1).get<std::vector<int>>(),
          json.at(2).get<bool>()};
}

Json ToJson(const Item& item) {
  const Json replaced = List(item.replaced, [](const Item::Replacement& r) -> Json {
    return {r.name, ToJson(r.uses)};
  });
  return {static_cast<int>(item.kind), item.name, ToJson(item.uses), item.star_of,
          Json(item.excluded),         replaced,  Json(item.renamed)};
}
Item ReadItem(const Json& json) {
  Item item;
  item.kind = ReadEnum(json.at(0), Item::Kind::kMany);
  item.name = json.at(1).get<std::string>();
  item.uses = ReadUses(json.at(2));
  item.star_of = json.at(3).get<std::string>();
  item.excluded = json.at(4).get<std::vector<std::string>>();
  item.replaced = ReadList(json.at(5), [](const Json& r) {
    return Item::Replacement{r.at(0).get<std::string>(), ReadUses(r.at(1))};
  });
  item.renamed = json.at(6).get<std::vector<std::pair<std::string, std::string>>>();
  return item;
}

Json ToJson(const Relation& relation) {
  return {relation.name,         relation.table,   relation.query, Json(relation.columns),
          Json(relation.merged), relation.natural, relation.hidden};
}
Relation ReadRelation(const Json& json) {
  Relation relation;
  relation.name = json.at(0).get<std::string>();
  relation.table = json.at(1).get<int>();
  relation.query = json.at(2).get<int>();
  relation.columns = json.at(3).get<std::vector<std::string>>();
  relation.merged = json.at(4).get<std::vector<std::string>>();
  relation.natural = json.at(5).get<bool>();
  relation.hidden = json.at(6).get<bool>();
  return relation;
}

Json ToJson(const Query& query) {
  return {static_cast<int>(query.combine),
          query.outer,
          query.outer_relations,
          query.in_from,
          List(query.relations, [](const Relation& r) { return ToJson(r); }),
          List(query.items, [](const Item& i) { return ToJson(i); }),
          ToJson(query.reads),
          query.opaque,
          query.left,
          query.right};
}
Query ReadQuery(const Json& json) {
  Query query;
  query.combine = ReadEnum(json.at(0), Query::Combine::kLeft);
  query.outer = json.at(1).get<int>();
  query.outer_relations = json.at(2).get<int>();
  query.in_from = json.at(3).get<bool>();
  query.relations = ReadList(json.at(4), ReadRelation);
  query.items = ReadList(json.at(5), ReadItem);
  query.reads = ReadUses(json.at(6));
  query.opaque = json.at(7).get<bool>();
  query.left = json.at(8).get<int>();
  query.right = json.at(9).get<int>();
  return query;
}

/// Relations of the queries around it that a query sees are read before it.
bool SeesEarlierOnly(const QueryShape& shape, int id) {
  const Query* query = &shape.queries[static_cast<std::size_t>(id)];
  while (query->outer >= 0 && query->outer < static_cast<int>(shape.queries.size())) {
    const Query& outer = shape.queries[static_cast<std::size_t>(query->outer)];
    const int size = static_cast<int>(outer.relations.size());
    if (query->outer_relations < 0 || query->outer_relations > size || &outer <= query)
      return false;
    for (int i = 0; i < query->outer_relations; ++i) {
      if (outer.relations[static_cast<std::size_t>(i)].query >= id) return false;
    }
    query = &outer;
  }
  return true;
}

/// What resolving relies on: inner queries come first, tables exist, paths have parts.
bool IsSound(const Analysis& analysis) {
  const int tables = static_cast<int>(analysis.tables.size());
  const int queries = static_cast<int>(analysis.shape.queries.size());
  const auto uses_are_sound = [](const Uses& uses, int id) {
    for (const QueryShape::Path& path : uses.paths) {
      if (path.empty() || path[0].empty()) return false;
    }
    for (const int query : uses.subqueries) {
      if (query < 0 || query >= id) return false;
    }
    return true;
  };
  for (int id = 0; id < queries; ++id) {
    const Query& query = analysis.shape.queries[static_cast<std::size_t>(id)];
    if (query.outer != -1 && (query.outer <= id || query.outer >= queries)) return false;
    if (!SeesEarlierOnly(analysis.shape, id)) return false;
    const bool combines = query.combine != Query::Combine::kSelect;
    if (combines && (query.left < 0 || query.left >= id || query.right < 0 || query.right >= id))
      return false;
    for (const Relation& relation : query.relations) {
      const bool is_table = relation.table >= 0 && relation.table < tables && relation.query == -1;
      const bool is_query = relation.table == -1 && relation.query >= 0 && relation.query < id;
      if (!is_table && !is_query) return false;
    }
    if (!uses_are_sound(query.reads, id)) return false;
    for (const Item& item : query.items) {
      if (!uses_are_sound(item.uses, id)) return false;
      for (const Item::Replacement& r : item.replaced) {
        if (!uses_are_sound(r.uses, id)) return false;
      }
    }
  }
  return true;
}

std::optional<Hash128> ReadHash(const std::string& hex) {
  Hash128 hash;
  const auto read = [&](std::size_t from, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(hex.data() + from, hex.data() + from + 16, value, 16);
    return error == std::errc() && end == hex.data() + from + 16;
  };
  if (hex.size() != 32 || !read(0, hash.high) || !read(16, hash.low)) return {};
  return hash;
}

Status NotOurs() {
  return Status(Code::kCorrupt,
                "the text is no analysis of this version: analyse the statement again");
}

}  // namespace

std::string Encode(const Analysis& analysis) {
  const auto findings = [](const std::vector<Finding>& list) {
    return List(list, [](const Finding& f) { return ToJson(f); });
  };
  Json json = {
      {"version", kProfileVersion},
      {"tables", List(analysis.tables, [](const TableRef& t) { return ToJson(t); })},
      {"parameters", Json(analysis.parameters)},
      {"columns_read", Json(analysis.columns_read)},
      {"outputs", List(analysis.outputs, [](const OutputColumn& c) { return ToJson(c); })},
      {"fingerprint", analysis.fingerprint.ToHex()},
      {"not_repeatable", findings(analysis.not_repeatable)},
      {"warnings", findings(analysis.warnings)},
      {"shape", List(analysis.shape.queries, [](const Query& q) { return ToJson(q); })},
  };
  return json.dump();
}

Result<Analysis> Decode(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  Analysis analysis;
  try {
    if (json.at("version").get<int>() != kProfileVersion) return NotOurs();
    analysis.tables = ReadList(json.at("tables"), ReadTable);
    analysis.parameters = json.at("parameters").get<std::vector<std::string>>();
    analysis.columns_read = json.at("columns_read").get<std::vector<std::string>>();
    analysis.outputs = ReadList(json.at("outputs"), ReadOutput);
    const auto hash = ReadHash(json.at("fingerprint").get<std::string>());
    if (!hash) return NotOurs();
    analysis.fingerprint = *hash;
    analysis.not_repeatable = ReadList(json.at("not_repeatable"), ReadFinding);
    analysis.warnings = ReadList(json.at("warnings"), ReadFinding);
    analysis.shape.queries = ReadList(json.at("shape"), ReadQuery);
  } catch (const Json::exception&) {
    return NotOurs();
  }
  if (!IsSound(analysis)) return NotOurs();
  return analysis;
}

}  // namespace thalweg::sql
