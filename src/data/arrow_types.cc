#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "data/type_tree.h"
#include "data/types.h"

namespace thalweg::data {
namespace {

constexpr char kTypeKey[] = "thalweg.type";
constexpr char kFieldIdKey[] =
    "PARQUET:field_id";  // the key that Arrow's Parquet reader and writer use
constexpr int kUuidBytes = 16;

using ArrowType = std::shared_ptr<arrow::DataType>;
using ArrowField = std::shared_ptr<arrow::Field>;

Status NotSupported(std::string_view type) {
  return Status::Unsupported(fmt::format("this type has no form in Arrow type={}; cast it", type))
      .WithFault(Fault::kUser)
      .WithSlug("type-not-supported");
}

Result<ArrowField> FieldOf(const std::string& name, const TypeTree& type);

Result<std::vector<ArrowField>> FieldsOf(const TypeTree& type) {
  std::vector<ArrowField> fields;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    TW_ASSIGN_OR_RETURN(ArrowField field, FieldOf(type.names[i], type.children[i]));
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<ArrowType> MapOf(const TypeTree& type) {
  TW_ASSIGN_OR_RETURN(const ArrowField key, FieldOf("key", type.children[0]));
  TW_ASSIGN_OR_RETURN(ArrowField value, FieldOf("value", type.children[1]));
  return ArrowType(std::make_shared<arrow::MapType>(key->WithNullable(false), std::move(value)));
}

Result<ArrowType> TypeOf(const TypeTree& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return arrow::boolean();
    case TypeKind::kTinyint:
      return arrow::int8();
    case TypeKind::kSmallint:
      return arrow::int16();
    case TypeKind::kInteger:
      return arrow::int32();
    case TypeKind::kBigint:
      return arrow::int64();
    case TypeKind::kUtinyint:
      return arrow::uint8();
    case TypeKind::kUsmallint:
      return arrow::uint16();
    case TypeKind::kUinteger:
      return arrow::uint32();
    case TypeKind::kUbigint:
      return arrow::uint64();
    case TypeKind::kReal:
      return arrow::float32();
    case TypeKind::kDouble:
      return arrow::float64();
    case TypeKind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case TypeKind::kVarchar:
    case TypeKind::kJson:
    case TypeKind::kEnum:
      return arrow::utf8();
    case TypeKind::kBlob:
      return arrow::binary();
    case TypeKind::kUuid:
      return arrow::fixed_size_binary(kUuidBytes);
    case TypeKind::kDate:
      return arrow::date32();
    case TypeKind::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeKind::kTimeNs:
      return arrow::time64(arrow::TimeUnit::NANO);
    case TypeKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeKind::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kTimestampS:
      return arrow::timestamp(arrow::TimeUnit::SECOND);
    case TypeKind::kTimestampMs:
      return arrow::timestamp(arrow::TimeUnit::MILLI);
    case TypeKind::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case TypeKind::kTimestamptzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case TypeKind::kInterval:
      return arrow::month_day_nano_interval();
    case TypeKind::kNull:
      return arrow::null();
    case TypeKind::kList: {
      TW_ASSIGN_OR_RETURN(ArrowField element, FieldOf("element", type.children[0]));
      return arrow::list(std::move(element));
    }
    case TypeKind::kArray: {
      TW_ASSIGN_OR_RETURN(ArrowField element, FieldOf("element", type.children[0]));
      return arrow::fixed_size_list(std::move(element), type.length);
    }
    case TypeKind::kStruct: {
      TW_ASSIGN_OR_RETURN(const std::vector<ArrowField> fields, FieldsOf(type));
      return arrow::struct_(fields);
    }
    case TypeKind::kMap:
      return MapOf(type);
    case TypeKind::kHugeint:
    case TypeKind::kUhugeint:
    case TypeKind::kBignum:
    case TypeKind::kTimetz:
    case TypeKind::kBit:
    case TypeKind::kUnion:
    case TypeKind::kVariant:
    case TypeKind::kGeometry:
      break;
  }
  return NotSupported(ToString(type));
}

Result<ArrowField> FieldOf(const std::string& name, const TypeTree& type) {
  TW_ASSIGN_OR_RETURN(ArrowType arrow_type, TypeOf(type));
  const bool marked = type.kind == TypeKind::kUuid || type.kind == TypeKind::kJson;
  std::shared_ptr<arrow::KeyValueMetadata> metadata;
  if (marked) metadata = arrow::key_value_metadata({kTypeKey}, {ToString(type)});
  return arrow::field(name, std::move(arrow_type), true, std::move(metadata));
}

std::string MetadataOf(const arrow::Field& field, const std::string& key) {
  if (field.metadata() == nullptr) return {};
  return field.metadata()->Get(key).ValueOr("");
}

Result<TypeTree> TreeOf(const arrow::Field& field);
Result<TypeTree> TreeOf(const arrow::DataType& type);

TypeTree TreeOfTimestamp(const arrow::TimestampType& type) {
  const bool instant = !type.timezone().empty();
  switch (type.unit()) {
    case arrow::TimeUnit::NANO:
      return TypeTree::Of(instant ? TypeKind::kTimestamptzNs : TypeKind::kTimestampNs);
    case arrow::TimeUnit::MICRO:
      return TypeTree::Of(instant ? TypeKind::kTimestamptz : TypeKind::kTimestamp);
    case arrow::TimeUnit::MILLI:
      return TypeTree::Of(instant ? TypeKind::kTimestamptz : TypeKind::kTimestampMs);
    case arrow::TimeUnit::SECOND:
      break;
  }
  return TypeTree::Of(instant ? TypeKind::kTimestamptz : TypeKind::kTimestampS);
}

Result<TypeTree> TreeOfDecimal(const arrow::DecimalType& type) {
  constexpr int kMaxPrecision = 38;
  if (type.precision() > kMaxPrecision || type.scale() < 0 || type.scale() > type.precision()) {
    return NotSupported(type.ToString());
  }
  TypeTree tree = TypeTree::Of(TypeKind::kDecimal);
  tree.precision = type.precision();
  tree.scale = type.scale();
  return tree;
}

Result<TypeTree> TreeOfChildren(TypeKind kind, const arrow::DataType& type) {
  TypeTree tree = TypeTree::Of(kind);
  for (const ArrowField& field : type.fields()) {
    TW_ASSIGN_OR_RETURN(TypeTree child, TreeOf(*field));
    tree.children.push_back(std::move(child));
    if (kind == TypeKind::kStruct) tree.names.push_back(field->name());
  }
  return tree;
}

Result<TypeTree> TreeOfExtension(const arrow::ExtensionType& type) {
  const std::string name = type.extension_name();
  if (name == "arrow.uuid") return TypeTree::Of(TypeKind::kUuid);
  if (name == "arrow.json") return TypeTree::Of(TypeKind::kJson);
  return NotSupported(type.ToString());
}

Result<TypeTree> TreeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
      return TypeTree::Of(TypeKind::kNull);
    case arrow::Type::BOOL:
      return TypeTree::Of(TypeKind::kBoolean);
    case arrow::Type::INT8:
      return TypeTree::Of(TypeKind::kTinyint);
    case arrow::Type::INT16:
      return TypeTree::Of(TypeKind::kSmallint);
    case arrow::Type::INT32:
      return TypeTree::Of(TypeKind::kInteger);
    case arrow::Type::INT64:
      return TypeTree::Of(TypeKind::kBigint);
    case arrow::Type::UINT8:
      return TypeTree::Of(TypeKind::kUtinyint);
    case arrow::Type::UINT16:
      return TypeTree::Of(TypeKind::kUsmallint);
    case arrow::Type::UINT32:
      return TypeTree::Of(TypeKind::kUinteger);
    case arrow::Type::UINT64:
      return TypeTree::Of(TypeKind::kUbigint);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return TypeTree::Of(TypeKind::kReal);
    case arrow::Type::DOUBLE:
      return TypeTree::Of(TypeKind::kDouble);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return TreeOfDecimal(static_cast<const arrow::DecimalType&>(type));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return TypeTree::Of(TypeKind::kVarchar);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return TypeTree::Of(TypeKind::kBlob);
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return TypeTree::Of(TypeKind::kDate);
    case arrow::Type::TIME32:
      return TypeTree::Of(TypeKind::kTime);
    case arrow::Type::TIME64: {
      const bool nanos =
          static_cast<const arrow::Time64Type&>(type).unit() == arrow::TimeUnit::NANO;
      return TypeTree::Of(nanos ? TypeKind::kTimeNs : TypeKind::kTime);
    }
    case arrow::Type::TIMESTAMP:
      return TreeOfTimestamp(static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DURATION:
    case arrow::Type::INTERVAL_MONTHS:
    case arrow::Type::INTERVAL_DAY_TIME:
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return TypeTree::Of(TypeKind::kInterval);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
      return TreeOfChildren(TypeKind::kList, type);
    case arrow::Type::FIXED_SIZE_LIST: {
      TW_ASSIGN_OR_RETURN(TypeTree tree, TreeOfChildren(TypeKind::kArray, type));
      tree.length = static_cast<const arrow::FixedSizeListType&>(type).list_size();
      return tree;
    }
    case arrow::Type::STRUCT:
      if (type.num_fields() == 0) return NotSupported(type.ToString());
      return TreeOfChildren(TypeKind::kStruct, type);
    case arrow::Type::MAP: {
      TypeTree tree = TypeTree::Of(TypeKind::kMap);
      const auto& map = static_cast<const arrow::MapType&>(type);
      for (const ArrowField& field : {map.key_field(), map.item_field()}) {
        TW_ASSIGN_OR_RETURN(TypeTree child, TreeOf(*field));
        tree.children.push_back(std::move(child));
      }
      return tree;
    }
    case arrow::Type::DICTIONARY:
      return TreeOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::EXTENSION:
      return TreeOfExtension(static_cast<const arrow::ExtensionType&>(type));
    default:
      return NotSupported(type.ToString());
  }
}

Result<TypeTree> TreeOf(const arrow::Field& field) {
  TW_ASSIGN_OR_RETURN(TypeTree tree, TreeOf(*field.type()));
  const std::string mark = MetadataOf(field, kTypeKey);
  if (mark == "json" && tree.kind == TypeKind::kVarchar) return TypeTree::Of(TypeKind::kJson);
  const bool sixteen_bytes = field.type()->id() == arrow::Type::FIXED_SIZE_BINARY &&
                             field.type()->byte_width() == kUuidBytes;
  if (mark == "uuid" && sixteen_bytes) return TypeTree::Of(TypeKind::kUuid);
  return tree;
}

}  // namespace

Result<std::shared_ptr<arrow::Field>> ToArrow(const Column& column) {
  TW_ASSIGN_OR_RETURN(const TypeTree type, ParseType(column.type));
  Result<ArrowField> field = FieldOf(column.name, type);
  if (!field.ok()) return field.status().Annotate(fmt::format("column \"{}\"", column.name));
  if (column.field_id == 0) return field;
  return (*field)->WithMergedMetadata(
      arrow::key_value_metadata({kFieldIdKey}, {std::to_string(column.field_id)}));
}

Result<Column> FromArrow(const arrow::Field& field) {
  const Result<TypeTree> type = TreeOf(field);
  if (!type.ok()) return type.status().Annotate(fmt::format("column \"{}\"", field.name()));
  Column column;
  column.name = field.name();
  column.type = ToString(*type);
  column.field_id = std::atoi(MetadataOf(field, kFieldIdKey).c_str());
  return column;
}

Result<std::shared_ptr<arrow::Schema>> ToArrow(const Columns& columns) {
  std::vector<ArrowField> fields;
  for (const Column& column : columns) {
    TW_ASSIGN_OR_RETURN(ArrowField field, ToArrow(column));
    fields.push_back(std::move(field));
  }
  return arrow::schema(std::move(fields));
}

Result<Columns> FromArrow(const arrow::Schema& schema) {
  Columns columns;
  for (const ArrowField& field : schema.fields()) {
    TW_ASSIGN_OR_RETURN(Column column, FromArrow(*field));
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace thalweg::data
