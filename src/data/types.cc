#include "data/types.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "data/type_names.h"
#include "data/type_tree.h"

namespace thalweg::data {
namespace {

// The cast to write for a kind that no table can hold (docs/specs/types.md); none for the others.
std::optional<std::string_view> CastFor(TypeKind kind) {
  switch (kind) {
    case TypeKind::kUhugeint:
      return "CAST({} AS DECIMAL(38,0)) or CAST({} AS UBIGINT)";
    case TypeKind::kTimetz:
      return "CAST({} AS TIME), which drops the offset, or CAST({} AS VARCHAR)";
    case TypeKind::kTimestamptzNs:
      return "CAST({} AS TIMESTAMPTZ), which cuts to microseconds";
    case TypeKind::kBignum:
    case TypeKind::kBit:
      return "CAST({} AS VARCHAR)";
    case TypeKind::kInterval:
      return "CAST({} AS VARCHAR), or epoch({}) for seconds (a month is 30 days)";
    case TypeKind::kUnion:
      return "union_extract({}, 'member') for each member";
    case TypeKind::kVariant:
      return "CAST({} AS JSON)";
    case TypeKind::kGeometry:
      return "CAST({} AS VARCHAR) or ST_AsWKB({})";
    default:
      return std::nullopt;
  }
}

std::string Filled(std::string_view cast, std::string_view expression) {
  std::string out;
  for (std::size_t i = 0; i < cast.size(); ++i) {
    if (cast.substr(i, 2) == "{}") {
      out += expression;
      ++i;
    } else {
      out += cast[i];
    }
  }
  return out;
}

Status NotStorable(const Column& column, const TypeTree& culprit, bool nested) {
  const std::string quoted = fmt::format("\"{}\"", column.name);
  std::string hint;
  if (culprit.kind == TypeKind::kStruct) {
    hint = "give its fields names: {'a': 1, 'b': 2} instead of row(1, 2)";
  } else if (nested) {
    hint = fmt::format("inside it write {}", Filled(*CastFor(culprit.kind), "x"));
  } else {
    hint = fmt::format("write {}", Filled(*CastFor(culprit.kind), quoted));
  }
  return Status::Unsupported(fmt::format("a table cannot keep this type exactly column={} type={}",
                                         quoted, column.type))
      .WithFault(Fault::kUser)
      .WithSlug("type-not-storable")
      .WithHint(std::move(hint));
}

// The stored form of `type`, or which part of it cannot be stored.
std::optional<TypeTree> Stored(const TypeTree& type, const TypeTree** culprit) {
  *culprit = &type;
  if (CastFor(type.kind)) return std::nullopt;
  switch (type.kind) {
    case TypeKind::kHugeint:
      return TypeTree::Of(TypeKind::kBigint);
    case TypeKind::kNull:
      return TypeTree::Of(TypeKind::kInteger);
    case TypeKind::kEnum:
      return TypeTree::Of(TypeKind::kVarchar);
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
      return TypeTree::Of(TypeKind::kTimestamp);
    default:
      break;
  }
  if (type.kind == TypeKind::kStruct && type.names[0].empty()) return std::nullopt;
  TypeTree stored = type;
  if (type.kind == TypeKind::kArray) stored.kind = TypeKind::kList, stored.length = 0;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    std::optional<TypeTree> child = Stored(type.children[i], culprit);
    if (!child) return std::nullopt;
    stored.children[i] = std::move(*child);
  }
  return stored;
}

const Column* Matching(const Columns& columns, const Column& wanted) {
  const auto by_id = [&](const Column& c) {
    return wanted.field_id != 0 && c.field_id == wanted.field_id;
  };
  // A column without an id, or whose id the other side never gave, is known by its name.
  const auto by_name = [&](const Column& c) {
    return c.name == wanted.name && (c.field_id == 0 || wanted.field_id == 0);
  };
  auto found = std::ranges::find_if(columns, by_id);
  if (found == columns.end()) found = std::ranges::find_if(columns, by_name);
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace

Result<std::string> CanonicalType(std::string_view type) {
  TW_ASSIGN_OR_RETURN(const TypeTree tree, ParseType(type));
  return ToString(tree);
}

Result<std::string> StoredType(const Column& column) {
  TW_ASSIGN_OR_RETURN(const TypeTree type, ParseType(column.type));
  const TypeTree* culprit = nullptr;
  const std::optional<TypeTree> stored = Stored(type, &culprit);
  if (!stored) return NotStorable(column, *culprit, culprit != &type);
  return ToString(*stored);
}

Result<Columns> StoredColumns(const Columns& columns) {
  Columns stored = columns;
  std::map<std::string, std::string> seen;  // folded name -> name
  for (Column& column : stored) {
    if (column.name.empty()) {
      return Status::Invalid("a column has no name; add AS and a name").WithSlug("unnamed-column");
    }
    const auto [other, is_new] = seen.try_emplace(ToLower(column.name), column.name);
    if (!is_new) {
      return Status::Invalid(
                 fmt::format("two columns have the same name first=\"{}\" second=\"{}\"",
                             other->second, column.name))
          .WithSlug("duplicate-column")
          .WithHint("rename one of them with AS, or leave it out with * EXCLUDE");
    }
    TW_ASSIGN_OR_RETURN(column.type, StoredType(column));
  }
  return stored;
}

Status CheckStorable(const Column& column) {
  TW_ASSIGN_OR_RETURN(const std::string stored, StoredType(column));
  TW_ASSIGN_OR_RETURN(const std::string canonical, CanonicalType(column.type));
  if (stored == canonical) return Status::Ok();
  return Status::Unsupported(
             fmt::format("a table keeps this type as another one column=\"{}\" type={} stored={}",
                         column.name, column.type, stored))
      .WithFault(Fault::kUser)
      .WithSlug("type-not-storable")
      .WithHint(fmt::format("write CAST(\"{}\" AS {})", column.name, stored));
}

std::string ToString(const Columns& columns) {
  std::string out;
  for (const Column& column : columns) {
    if (!out.empty()) out += ", ";
    out += column.name + " " + column.type;
  }
  return out;
}

std::vector<std::string> SchemaChanges(const Columns& before, const Columns& after) {
  std::vector<std::string> changes;
  std::vector<std::string> kept_before, kept_after;  // by the name afterwards
  for (const Column& old : before) {
    const Column* now = Matching(after, old);
    if (now == nullptr) {
      changes.push_back(fmt::format("removed {} {}", old.name, old.type));
      continue;
    }
    kept_before.push_back(now->name);
    if (now->name != old.name)
      changes.push_back(fmt::format("renamed {} -> {}", old.name, now->name));
    if (now->type != old.type) {
      changes.push_back(fmt::format("retyped {}: {} -> {}", now->name, old.type, now->type));
    }
  }
  for (const Column& now : after) {
    if (Matching(before, now) != nullptr) {
      kept_after.push_back(now.name);
    } else {
      changes.push_back(fmt::format("added {} {}", now.name, now.type));
    }
  }
  if (kept_before != kept_after) changes.push_back(fmt::format("moved: now {}", ToString(after)));
  return changes;
}

}  // namespace thalweg::data
