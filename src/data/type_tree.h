#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace thalweg::data {

/// Every SQL type of docs/specs/types.md, its arguments left out.
enum class TypeKind {
  kBoolean,
  kTinyint,
  kSmallint,
  kInteger,
  kBigint,
  kUtinyint,
  kUsmallint,
  kUinteger,
  kUbigint,
  kHugeint,
  kUhugeint,
  kBignum,
  kReal,
  kDouble,
  kDecimal,
  kVarchar,
  kBlob,
  kDate,
  kTime,
  kTimeNs,
  kTimetz,
  kTimestamp,
  kTimestamptz,
  kTimestampS,
  kTimestampMs,
  kTimestampNs,
  kTimestamptzNs,
  kUuid,
  kJson,
  kEnum,
  kBit,
  kInterval,
  kList,
  kArray,
  kStruct,
  kMap,
  kUnion,
  kVariant,
  kGeometry,
  kNull,
};

/// A type name, parsed. Which members have a meaning depends on the kind.
struct TypeTree {
  TypeKind kind = TypeKind::kNull;
  int precision = 0, scale = 0;  ///< kDecimal
  std::int32_t length = 0;       ///< kArray: elements per value, at least 1
  std::vector<std::string>
      names;  ///< kStruct, kUnion: of the children ("" for all: none given); kEnum: the values
  std::vector<TypeTree>
      children;  ///< kList, kArray: the element; kMap: key, value; kStruct, kUnion: the members
  bool operator==(const TypeTree&) const = default;

  /// One without arguments.
  static TypeTree Of(TypeKind kind) {
    TypeTree type;
    type.kind = kind;
    return type;
  }
};

/// Reads a type name as a person or DuckDB writes it. kInvalid, slug "unknown-type" (a near name in
/// the hint) or "invalid-type" (known name, wrong arguments or brackets).
Result<TypeTree> ParseType(std::string_view text);

/// The canonical spelling.
std::string ToString(const TypeTree& type);

}  // namespace thalweg::data
