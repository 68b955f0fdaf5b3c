#include "duckdb/arrow_converter.h"

#include <charconv>
#include <cstring>
#include <utility>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/concatenate.h>
#include <arrow/c/bridge.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "duckdb/database.h"
#include "duckdb/logical_type.h"

namespace thalweg::duckdb {
namespace {

using ArrayDataRef = std::shared_ptr<arrow::ArrayData>;

/// The type that a column has where data/ knows no Arrow form of its own: DuckDB's, without
/// extension and dictionary.
std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::EXTENSION:
      return PlainType(static_cast<const arrow::ExtensionType&>(*type).storage_type());
    case arrow::Type::DICTIONARY:
      return PlainType(static_cast<const arrow::DictionaryType&>(*type).value_type());
    case arrow::Type::LIST:
      return arrow::list(PlainType(type->field(0)->type()));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          PlainType(type->field(0)->type()),
          static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return arrow::map(PlainType(map.key_type()), PlainType(map.item_type()));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) {
        fields.push_back(arrow::field(field->name(), PlainType(field->type())));
      }
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

/// "6d3d2541-9a1e-4ba9-a0a8-ba5a0ee4a2a2" as its 16 bytes.
bool ParseUuid(std::string_view text, std::uint8_t* out) {
  int digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    std::uint8_t digit = 0;
    if (digits == 32 || std::from_chars(&c, &c + 1, digit, 16).ec != std::errc()) return false;
    std::uint8_t& byte = out[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? digit << 4 : byte | digit);
    ++digits;
  }
  return digits == 32;
}

arrow::Result<ArrayDataRef> UuidBytes(const ArrayDataRef& source,
                                      const std::shared_ptr<arrow::DataType>& target) {
  const arrow::StringArray text(source);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bytes,
                        arrow::AllocateBuffer(text.length() * 16));
  std::memset(bytes->mutable_data(), 0, static_cast<std::size_t>(bytes->size()));
  for (std::int64_t i = 0; i < text.length(); ++i) {
    if (text.IsNull(i)) continue;
    if (!ParseUuid(text.GetView(i), bytes->mutable_data() + 16 * i)) {
      return arrow::Status::Invalid("not a uuid: ", text.GetView(i));
    }
  }
  // Concatenated columns begin at offset 0, so that the validity bits can be kept.
  return arrow::ArrayData::Make(target, source->length, {source->buffers[0], std::move(bytes)},
                                source->null_count);
}

arrow::Result<ArrayDataRef> DictionaryValues(const ArrayDataRef& source,
                                             const std::shared_ptr<arrow::DataType>& target) {
  const arrow::DictionaryArray array(source);
  const auto& values = static_cast<const arrow::StringArray&>(*array.dictionary());
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(array.length()));
  for (std::int64_t i = 0; i < array.length(); ++i) {
    ARROW_RETURN_NOT_OK(array.IsNull(i) ? builder.AppendNull()
                                        : builder.Append(values.GetView(array.GetValueIndex(i))));
  }
  ArrayDataRef data;
  ARROW_RETURN_NOT_OK(builder.FinishInternal(&data));
  data->type = target;
  return data;
}

/// The same values under the target type. Layouts are equal except where the types say otherwise.
arrow::Result<ArrayDataRef> Adapt(const ArrayDataRef& source,
                                  const std::shared_ptr<arrow::DataType>& target) {
  const arrow::Type::type from = source->type->id(), to = target->id();
  if (from == arrow::Type::EXTENSION) {
    auto storage = source->Copy();
    storage->type = static_cast<const arrow::ExtensionType&>(*source->type).storage_type();
    return Adapt(storage, target);
  }
  if (from == arrow::Type::DICTIONARY && to == arrow::Type::STRING)
    return DictionaryValues(source, target);
  if (from == arrow::Type::STRING && to == arrow::Type::FIXED_SIZE_BINARY)
    return UuidBytes(source, target);
  if (from != to || source->child_data.size() != static_cast<std::size_t>(target->num_fields())) {
    return arrow::Status::NotImplemented(source->type->ToString(), " as ", target->ToString());
  }
  auto adapted = source->Copy();
  adapted->type = target;
  for (std::size_t i = 0; i < adapted->child_data.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(
        adapted->child_data[i],
        Adapt(adapted->child_data[i], target->field(static_cast<int>(i))->type()));
  }
  return adapted;
}

Status FromErrorData(duckdb_error_data raw) {
  const ErrorHandle error(raw);
  if (raw == nullptr || !duckdb_error_data_has_error(raw)) return {};
  return FromDuckDbError(static_cast<int>(duckdb_error_data_error_type(raw)),
                         duckdb_error_data_message(raw));
}

Result<std::shared_ptr<arrow::Schema>> SourceSchema(duckdb_result& result,
                                                    duckdb_arrow_options options) {
  const idx_t count = duckdb_column_count(&result);
  std::vector<TypeHandle> types;
  std::vector<duckdb_logical_type> raw_types;
  std::vector<const char*> names;
  for (idx_t i = 0; i < count; ++i) {
    types.emplace_back(duckdb_column_logical_type(&result, i));
    raw_types.push_back(types.back().get());
    names.push_back(duckdb_column_name(&result, i));
  }
  ArrowSchema raw{};
  TW_RETURN_IF_ERROR(
      FromErrorData(duckdb_to_arrow_schema(options, raw_types.data(), names.data(), count, &raw)));
  auto schema = arrow::ImportSchema(&raw);
  if (!schema.ok())
    return data::FromArrowStatus(schema.status(), "reading the columns of a result");
  return *std::move(schema);
}

}  // namespace

Result<std::unique_ptr<ArrowConverter>> ArrowConverter::Make(duckdb_result& result) {
  auto converter = std::make_unique<ArrowConverter>();
  converter->options_ = ArrowOptionsHandle(duckdb_result_get_arrow_options(&result));
  TW_ASSIGN_OR_RETURN(converter->source_schema_, SourceSchema(result, converter->options_.get()));

  arrow::FieldVector fields;
  for (int i = 0; i < converter->source_schema_->num_fields(); ++i) {
    const TypeHandle type(duckdb_column_logical_type(&result, static_cast<idx_t>(i)));
    const auto& source = converter->source_schema_->field(i);
    data::Column column{.field_id = 0, .name = source->name(), .type = CanonicalName(type.get())};
    Result<std::shared_ptr<arrow::Field>> field = data::ToArrow(column);
    fields.push_back(field.ok() ? *field : arrow::field(source->name(), PlainType(source->type())));
    converter->columns_.push_back(std::move(column));
  }
  converter->schema_ = arrow::schema(std::move(fields));
  return converter;
}

Status ArrowConverter::Add(duckdb_data_chunk chunk) {
  ArrowArray raw{};
  TW_RETURN_IF_ERROR(FromErrorData(duckdb_data_chunk_to_arrow(options_.get(), chunk, &raw)));
  auto batch = arrow::ImportRecordBatch(&raw, source_schema_);
  if (!batch.ok()) return data::FromArrowStatus(batch.status(), "reading rows of a result");
  pending_rows_ += (*batch)->num_rows();
  pending_bytes_ += arrow::util::TotalBufferSize(**batch);
  pending_.push_back(*std::move(batch));
  return {};
}

Result<data::Batch> ArrowConverter::Take() {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < source_schema_->num_fields(); ++i) {
    arrow::ArrayVector pieces;
    for (const data::Batch& batch : pending_) pieces.push_back(batch->column(i));
    auto whole = pieces.size() == 1 ? arrow::Result<std::shared_ptr<arrow::Array>>(pieces.front())
                                    : arrow::Concatenate(pieces);
    if (!whole.ok()) return data::FromArrowStatus(whole.status(), "joining rows of a result");
    auto adapted = Adapt((*whole)->data(), schema_->field(i)->type());
    if (!adapted.ok()) {
      return data::FromArrowStatus(
          adapted.status(), "converting column " + columns_[static_cast<std::size_t>(i)].name);
    }
    columns.push_back(arrow::MakeArray(*std::move(adapted)));
  }
  data::Batch batch = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_),
                                               pending_rows_, std::move(columns));
  pending_.clear();
  pending_rows_ = pending_bytes_ = 0;
  return batch;
}

}  // namespace thalweg::duckdb
