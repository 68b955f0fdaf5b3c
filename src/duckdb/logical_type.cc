#include "duckdb/logical_type.h"

#include "duckdb/handle.h"

namespace thalweg::duckdb {
namespace {

using data::TypeKind;
using data::TypeTree;

TypeKind KindOf(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return TypeKind::kBoolean;
    case DUCKDB_TYPE_TINYINT:
      return TypeKind::kTinyint;
    case DUCKDB_TYPE_SMALLINT:
      return TypeKind::kSmallint;
    case DUCKDB_TYPE_INTEGER:
      return TypeKind::kInteger;
    case DUCKDB_TYPE_BIGINT:
      return TypeKind::kBigint;
    case DUCKDB_TYPE_UTINYINT:
      return TypeKind::kUtinyint;
    case DUCKDB_TYPE_USMALLINT:
      return TypeKind::kUsmallint;
    case DUCKDB_TYPE_UINTEGER:
      return TypeKind::kUinteger;
    case DUCKDB_TYPE_UBIGINT:
      return TypeKind::kUbigint;
    case DUCKDB_TYPE_HUGEINT:
      return TypeKind::kHugeint;
    case DUCKDB_TYPE_UHUGEINT:
      return TypeKind::kUhugeint;
    case DUCKDB_TYPE_BIGNUM:
      return TypeKind::kBignum;
    case DUCKDB_TYPE_FLOAT:
      return TypeKind::kReal;
    case DUCKDB_TYPE_DOUBLE:
      return TypeKind::kDouble;
    case DUCKDB_TYPE_DECIMAL:
      return TypeKind::kDecimal;
    case DUCKDB_TYPE_VARCHAR:
      return TypeKind::kVarchar;
    case DUCKDB_TYPE_BLOB:
      return TypeKind::kBlob;
    case DUCKDB_TYPE_BIT:
      return TypeKind::kBit;
    case DUCKDB_TYPE_UUID:
      return TypeKind::kUuid;
    case DUCKDB_TYPE_ENUM:
      return TypeKind::kEnum;
    case DUCKDB_TYPE_DATE:
      return TypeKind::kDate;
    case DUCKDB_TYPE_TIME:
      return TypeKind::kTime;
    case DUCKDB_TYPE_TIME_NS:
      return TypeKind::kTimeNs;
    case DUCKDB_TYPE_TIME_TZ:
      return TypeKind::kTimetz;
    case DUCKDB_TYPE_TIMESTAMP:
      return TypeKind::kTimestamp;
    case DUCKDB_TYPE_TIMESTAMP_S:
      return TypeKind::kTimestampS;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return TypeKind::kTimestampMs;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return TypeKind::kTimestampNs;
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return TypeKind::kTimestamptz;
    case DUCKDB_TYPE_INTERVAL:
      return TypeKind::kInterval;
    case DUCKDB_TYPE_LIST:
      return TypeKind::kList;
    case DUCKDB_TYPE_ARRAY:
      return TypeKind::kArray;
    case DUCKDB_TYPE_MAP:
      return TypeKind::kMap;
    case DUCKDB_TYPE_STRUCT:
      return TypeKind::kStruct;
    case DUCKDB_TYPE_UNION:
      return TypeKind::kUnion;
    case DUCKDB_TYPE_VARIANT:
      return TypeKind::kVariant;
    case DUCKDB_TYPE_GEOMETRY:
      return TypeKind::kGeometry;
    default:
      return TypeKind::kNull;
  }
}

void AddChild(TypeTree& tree, duckdb_logical_type child) {
  const TypeHandle owned(child);
  tree.children.push_back(ToTypeTree(owned.get()));
}

void AddStructMembers(TypeTree& tree, duckdb_logical_type type) {
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    tree.names.push_back(TakeText(duckdb_struct_type_child_name(type, i)));
    AddChild(tree, duckdb_struct_type_child_type(type, i));
  }
}

void AddUnionMembers(TypeTree& tree, duckdb_logical_type type) {
  for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i) {
    tree.names.push_back(TakeText(duckdb_union_type_member_name(type, i)));
    AddChild(tree, duckdb_union_type_member_type(type, i));
  }
}

}  // namespace

TypeTree ToTypeTree(duckdb_logical_type type) {
  TypeTree tree;
  tree.kind = KindOf(duckdb_get_type_id(type));
  switch (tree.kind) {
    case TypeKind::kVarchar:
      if (TakeText(duckdb_logical_type_get_alias(type)) == "JSON") tree.kind = TypeKind::kJson;
      break;
    case TypeKind::kDecimal:
      tree.precision = duckdb_decimal_width(type);
      tree.scale = duckdb_decimal_scale(type);
      break;
    case TypeKind::kEnum:
      for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
        tree.names.push_back(TakeText(duckdb_enum_dictionary_value(type, i)));
      }
      break;
    case TypeKind::kList:
      AddChild(tree, duckdb_list_type_child_type(type));
      break;
    case TypeKind::kArray:
      tree.length = static_cast<std::int32_t>(duckdb_array_type_array_size(type));
      AddChild(tree, duckdb_array_type_child_type(type));
      break;
    case TypeKind::kMap:
      AddChild(tree, duckdb_map_type_key_type(type));
      AddChild(tree, duckdb_map_type_value_type(type));
      break;
    case TypeKind::kStruct:
      AddStructMembers(tree, type);
      break;
    case TypeKind::kUnion:
      AddUnionMembers(tree, type);
      break;
    default:
      break;
  }
  return tree;
}

std::string CanonicalName(duckdb_logical_type type) {
  return data::ToString(ToTypeTree(type));
}

}  // namespace thalweg::duckdb
