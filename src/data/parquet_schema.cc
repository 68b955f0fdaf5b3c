#include "data/parquet_schema.h"

#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include "data/arrow_status.h"

namespace thalweg::data {
namespace {

using ArrowType = std::shared_ptr<arrow::DataType>;
using ArrowField = std::shared_ptr<arrow::Field>;

// Files name what is inside a list or map as they like; ToArrow's names are used everywhere else.
ArrowField Element(const ArrowField& field) {
  return field->WithName("element");
}
ArrowType MapOf(const ArrowField& entries, bool sorted) {
  const arrow::FieldVector& pair = entries->type()->fields();
  return std::make_shared<arrow::MapType>(pair[0]->WithName("key")->WithNullable(false),
                                          pair[1]->WithName("value"), sorted);
}

// Rebuilds a field bottom up: children first, then `change` on the field itself.
template <typename Change>
Result<ArrowField> Rebuilt(const ArrowField& field, const Change& change) {
  const arrow::DataType& type = *field->type();
  std::vector<ArrowField> children;
  for (const ArrowField& child : type.fields()) {
    TW_ASSIGN_OR_RETURN(ArrowField rebuilt, Rebuilt(child, change));
    children.push_back(std::move(rebuilt));
  }
  ArrowType rebuilt = field->type();
  switch (type.id()) {
    case arrow::Type::STRUCT:
      rebuilt = arrow::struct_(children);
      break;
    case arrow::Type::LIST:
      rebuilt = arrow::list(Element(children[0]));
      break;
    case arrow::Type::LARGE_LIST:
      rebuilt = arrow::large_list(Element(children[0]));
      break;
    case arrow::Type::FIXED_SIZE_LIST:
      rebuilt = arrow::fixed_size_list(
          Element(children[0]), static_cast<const arrow::FixedSizeListType&>(type).list_size());
      break;
    case arrow::Type::MAP:
      rebuilt = MapOf(children[0], static_cast<const arrow::MapType&>(type).keys_sorted());
      break;
    default:
      break;
  }
  return change(field->WithType(std::move(rebuilt)));
}

template <typename Change>
Result<std::shared_ptr<arrow::Schema>> Rebuilt(const arrow::Schema& schema, const Change& change) {
  std::vector<ArrowField> fields;
  for (const ArrowField& field : schema.fields()) {
    TW_ASSIGN_OR_RETURN(ArrowField rebuilt, Rebuilt(field, change));
    fields.push_back(std::move(rebuilt));
  }
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::ArrayData> Relabelled(const arrow::ArrayData& data, const ArrowType& type) {
  std::shared_ptr<arrow::ArrayData> copy = data.Copy();
  copy->type = type;
  // The children of an extension type are its storage's, which stays as it is.
  if (type->id() == arrow::Type::EXTENSION) return copy;
  for (std::size_t i = 0; i < copy->child_data.size(); ++i) {
    const ArrowType& child = type->field(static_cast<int>(i))->type();
    copy->child_data[i] = Relabelled(*copy->child_data[i], child);
  }
  return copy;
}

Status NotReadable(std::string why, std::string hint) {
  return Status::Unsupported(std::move(why))
      .WithFault(Fault::kUser)
      .WithSlug("type-not-storable")
      .WithHint(std::move(hint));
}

// Arrow's view of a Parquet column, put right where the engine sees another type: Arrow drops that
// a time is in UTC and takes ENUM, INTERVAL and BSON for bytes.
Status CorrectLeaf(const parquet::ColumnDescriptor& leaf, ArrowField& field) {
  using parquet::ConvertedType;
  const auto& logical = leaf.logical_type();
  const auto converted = leaf.converted_type();
  if (converted == ConvertedType::INTERVAL || (logical && logical->is_interval())) {
    field = field->WithType(arrow::month_day_nano_interval());
  } else if (converted == ConvertedType::ENUM || (logical && logical->is_enum())) {
    field = field->WithType(arrow::utf8());
  } else if (converted == ConvertedType::BSON || (logical && logical->is_BSON())) {
    return NotReadable("BSON columns cannot be read", "write the file anew with a JSON column");
  } else if (logical && logical->is_time() &&
             static_cast<const parquet::TimeLogicalType&>(*logical).is_adjusted_to_utc()) {
    return NotReadable("times of day in UTC (timetz) are not kept",
                       "write the file anew with local times");
  }
  return Status::Ok();
}

Result<ArrowField> Corrected(const parquet::arrow::SchemaField& node,
                             const parquet::SchemaDescriptor& schema) {
  ArrowField field = node.field;
  if (node.column_index >= 0) {
    const bool known = field->type()->id() != arrow::Type::EXTENSION;
    if (known) TW_RETURN_IF_ERROR(CorrectLeaf(*schema.Column(node.column_index), field));
    return field;
  }
  std::vector<ArrowField> children;
  for (const parquet::arrow::SchemaField& child : node.children) {
    TW_ASSIGN_OR_RETURN(ArrowField corrected, Corrected(child, schema));
    children.push_back(std::move(corrected));
  }
  switch (field->type()->id()) {
    case arrow::Type::STRUCT:
      return field->WithType(arrow::struct_(children));
    case arrow::Type::LIST:
      return field->WithType(arrow::list(Element(children[0])));
    case arrow::Type::MAP:
      return field->WithType(MapOf(children[0], /*sorted=*/false));
    default:
      return Status::Unsupported(
          fmt::format("this nesting is not known type={}", field->type()->ToString()));
  }
}

}  // namespace

parquet::ArrowReaderProperties ParquetReaderProperties() {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);  // row group by row group: flat memory
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  properties.set_arrow_extensions_enabled(true);
  return properties;
}

Result<std::shared_ptr<arrow::Schema>> WithExtensions(const arrow::Schema& schema) {
  return Rebuilt(schema, [](ArrowField field) -> Result<ArrowField> {
    TW_ASSIGN_OR_RETURN(const Column column, FromArrow(*field));
    if (field->type()->id() == arrow::Type::EXTENSION) return field;
    if (column.type == "uuid") return field->WithType(arrow::extension::uuid());
    if (column.type == "json") return field->WithType(arrow::extension::json(field->type()));
    return field;
  });
}

Result<std::shared_ptr<arrow::Schema>> WithoutExtensions(const arrow::Schema& schema) {
  return Rebuilt(schema, [](ArrowField field) -> Result<ArrowField> {
    if (field->type()->id() != arrow::Type::EXTENSION) return field;
    TW_ASSIGN_OR_RETURN(Column column, FromArrow(*field));
    TW_ASSIGN_OR_RETURN(const ArrowField plain, ToArrow(column));
    const auto& extension = static_cast<const arrow::ExtensionType&>(*field->type());
    return field->WithType(extension.storage_type())->WithMergedMetadata(plain->metadata());
  });
}

Batch Relabelled(const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    columns.push_back(Relabelled(*batch.column_data(i), schema->field(i)->type()));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

Result<Columns> ColumnsOfFooter(const parquet::FileMetaData& footer) {
  parquet::arrow::SchemaManifest manifest;
  const arrow::Status read = parquet::arrow::SchemaManifest::Make(
      footer.schema(), /*metadata=*/nullptr, ParquetReaderProperties(), &manifest);
  TW_RETURN_IF_ERROR(FromArrowStatus(read, "cannot read the schema"));
  Columns columns;
  for (const parquet::arrow::SchemaField& node : manifest.schema_fields) {
    const Result<ArrowField> field = Corrected(node, *footer.schema());
    if (!field.ok())
      return field.status().Annotate(fmt::format("column \"{}\"", node.field->name()));
    TW_ASSIGN_OR_RETURN(Column column, FromArrow(**field));
    column.field_id = 0;
    columns.push_back(std::move(column));
  }
  return StoredColumns(columns);
}

}  // namespace thalweg::data
