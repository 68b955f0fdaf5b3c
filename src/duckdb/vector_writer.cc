#include "duckdb/vector_writer.h"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "data/type_tree.h"

namespace thalweg::duckdb {
namespace {

using data::TypeKind;
using data::TypeTree;

std::optional<duckdb_type> FlatType(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return DUCKDB_TYPE_BOOLEAN;
    case TypeKind::kTinyint:
      return DUCKDB_TYPE_TINYINT;
    case TypeKind::kSmallint:
      return DUCKDB_TYPE_SMALLINT;
    case TypeKind::kInteger:
      return DUCKDB_TYPE_INTEGER;
    case TypeKind::kBigint:
      return DUCKDB_TYPE_BIGINT;
    case TypeKind::kUtinyint:
      return DUCKDB_TYPE_UTINYINT;
    case TypeKind::kUsmallint:
      return DUCKDB_TYPE_USMALLINT;
    case TypeKind::kUinteger:
      return DUCKDB_TYPE_UINTEGER;
    case TypeKind::kUbigint:
      return DUCKDB_TYPE_UBIGINT;
    case TypeKind::kReal:
      return DUCKDB_TYPE_FLOAT;
    case TypeKind::kDouble:
      return DUCKDB_TYPE_DOUBLE;
    case TypeKind::kVarchar:
    case TypeKind::kJson:
      return DUCKDB_TYPE_VARCHAR;
    case TypeKind::kBlob:
      return DUCKDB_TYPE_BLOB;
    case TypeKind::kUuid:
      return DUCKDB_TYPE_UUID;
    case TypeKind::kDate:
      return DUCKDB_TYPE_DATE;
    case TypeKind::kTime:
      return DUCKDB_TYPE_TIME;
    case TypeKind::kTimeNs:
      return DUCKDB_TYPE_TIME_NS;
    case TypeKind::kTimestamp:
      return DUCKDB_TYPE_TIMESTAMP;
    case TypeKind::kTimestampNs:
      return DUCKDB_TYPE_TIMESTAMP_NS;
    case TypeKind::kTimestamptz:
      return DUCKDB_TYPE_TIMESTAMP_TZ;
    default:
      return std::nullopt;
  }
}

/// Empty for a type that no table stores.
TypeHandle FromTypeTree(const TypeTree& tree);

TypeHandle StructType(const TypeTree& tree) {
  std::vector<TypeHandle> children;
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (std::size_t i = 0; i < tree.children.size(); ++i) {
    children.push_back(FromTypeTree(tree.children[i]));
    if (!children.back()) return {};
    types.push_back(children.back().get());
    names.push_back(tree.names[i].c_str());
  }
  return TypeHandle(duckdb_create_struct_type(types.data(), names.data(), types.size()));
}

TypeHandle FromTypeTree(const TypeTree& tree) {
  if (const auto flat = FlatType(tree.kind)) {
    TypeHandle type(duckdb_create_logical_type(*flat));
    if (tree.kind == TypeKind::kJson) duckdb_logical_type_set_alias(type.get(), "JSON");
    return type;
  }
  switch (tree.kind) {
    case TypeKind::kDecimal:
      return TypeHandle(duckdb_create_decimal_type(static_cast<std::uint8_t>(tree.precision),
                                                   static_cast<std::uint8_t>(tree.scale)));
    case TypeKind::kList: {
      const TypeHandle item = FromTypeTree(tree.children[0]);
      return item ? TypeHandle(duckdb_create_list_type(item.get())) : TypeHandle();
    }
    case TypeKind::kMap: {
      const TypeHandle key = FromTypeTree(tree.children[0]), value = FromTypeTree(tree.children[1]);
      return key && value ? TypeHandle(duckdb_create_map_type(key.get(), value.get()))
                          : TypeHandle();
    }
    case TypeKind::kStruct:
      return StructType(tree);
    default:
      return {};
  }
}

/// Which rows are null. DuckDB's bitmap is made only where there is one.
void WriteValidity(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                   duckdb_vector vector) {
  if (array.null_count() == 0) return;
  duckdb_vector_ensure_validity_writable(vector);
  std::uint64_t* valid = duckdb_vector_get_validity(vector);
  for (std::int64_t i = 0; i < count; ++i) {
    if (array.IsNull(offset + i)) duckdb_validity_set_row_invalid(valid, static_cast<idx_t>(i));
  }
}

void WriteFixed(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                duckdb_vector vector) {
  const auto width = static_cast<std::size_t>(array.type()->byte_width());
  const std::uint8_t* values = array.data()->buffers[1]->data();
  std::memcpy(duckdb_vector_get_data(vector),
              values + static_cast<std::size_t>(array.offset() + offset) * width,
              static_cast<std::size_t>(count) * width);
}

void WriteBooleans(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                   duckdb_vector vector) {
  const std::uint8_t* bits = array.data()->buffers[1]->data();
  auto* out = static_cast<bool*>(duckdb_vector_get_data(vector));
  for (std::int64_t i = 0; i < count; ++i)
    out[i] = arrow::bit_util::GetBit(bits, array.offset() + offset + i);
}

/// DuckDB keeps decimals in the smallest integer that holds their digits.
template <typename T>
void WriteDecimals(const std::uint8_t* values, std::int64_t count, duckdb_vector vector) {
  auto* out = static_cast<std::uint8_t*>(duckdb_vector_get_data(vector));
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(out + static_cast<std::size_t>(i) * sizeof(T), values + 16 * i,
                sizeof(T));  // little endian
  }
}

void WriteDecimals(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                   duckdb_vector vector) {
  const std::uint8_t* values = array.data()->buffers[1]->data() + 16 * (array.offset() + offset);
  const int digits = static_cast<const arrow::Decimal128Type&>(*array.type()).precision();
  if (digits <= 4) return WriteDecimals<std::int16_t>(values, count, vector);
  if (digits <= 9) return WriteDecimals<std::int32_t>(values, count, vector);
  if (digits <= 18) return WriteDecimals<std::int64_t>(values, count, vector);
  WriteDecimals<__int128>(values, count, vector);
}

/// DuckDB orders uuids as signed numbers: the first bit is turned.
void WriteUuids(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                duckdb_vector vector) {
  const std::uint8_t* bytes = array.data()->buffers[1]->data() + 16 * (array.offset() + offset);
  auto* out = static_cast<duckdb_hugeint*>(duckdb_vector_get_data(vector));
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t high = 0, low = 0;
    for (int b = 0; b < 8; ++b) {
      high = high << 8 | bytes[16 * i + b];
      low = low << 8 | bytes[16 * i + 8 + b];
    }
    out[i].upper = static_cast<std::int64_t>(high ^ (std::uint64_t{1} << 63));
    out[i].lower = low;
  }
}

void WriteTexts(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                duckdb_vector vector) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(array);
  const bool nulls = array.null_count() > 0;
  for (std::int64_t i = 0; i < count; ++i) {
    if (nulls && array.IsNull(offset + i)) continue;
    const std::string_view text = texts.GetView(offset + i);
    duckdb_unsafe_vector_assign_string_element_len(vector, static_cast<idx_t>(i), text.data(),
                                                   text.size());
  }
}

/// Lists, and maps, which are lists of pairs.
void WriteLists(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                duckdb_vector vector) {
  const auto& lists = static_cast<const arrow::ListArray&>(array);
  const std::int32_t begin = lists.value_offset(offset), end = lists.value_offset(offset + count);
  auto* entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector));
  for (std::int64_t i = 0; i < count; ++i) {
    entries[i].offset = static_cast<std::uint64_t>(lists.value_offset(offset + i) - begin);
    entries[i].length = static_cast<std::uint64_t>(lists.value_length(offset + i));
  }
  const auto items = static_cast<idx_t>(end - begin);
  duckdb_list_vector_reserve(vector, items);
  duckdb_list_vector_set_size(vector, items);
  WriteVector(*lists.values(), begin, end - begin, duckdb_list_vector_get_child(vector));
}

void WriteStructs(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                  duckdb_vector vector) {
  const auto& structs = static_cast<const arrow::StructArray&>(array);
  for (int i = 0; i < structs.num_fields(); ++i) {
    WriteVector(*structs.field(i), offset, count,
                duckdb_struct_vector_get_child(vector, static_cast<idx_t>(i)));
  }
}

}  // namespace

Result<TypeHandle> MakeLogicalType(const data::Column& column) {
  TW_RETURN_IF_ERROR(data::CheckStorable(column));
  TW_ASSIGN_OR_RETURN(const TypeTree tree, data::ParseType(column.type));
  TypeHandle type = FromTypeTree(tree);
  if (!type) return Status::Internal("no DuckDB type for a column type=" + column.type);
  return type;
}

void WriteVector(const arrow::Array& array, std::int64_t offset, std::int64_t count,
                 duckdb_vector vector) {
  if (count == 0) return;
  WriteValidity(array, offset, count, vector);
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return WriteBooleans(array, offset, count, vector);
    case arrow::Type::DECIMAL128:
      return WriteDecimals(array, offset, count, vector);
    case arrow::Type::FIXED_SIZE_BINARY:
      return WriteUuids(array, offset, count, vector);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return WriteTexts(array, offset, count, vector);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return WriteLists(array, offset, count, vector);
    case arrow::Type::STRUCT:
      return WriteStructs(array, offset, count, vector);
    default:
      return WriteFixed(array, offset, count, vector);
  }
}

}  // namespace thalweg::duckdb
