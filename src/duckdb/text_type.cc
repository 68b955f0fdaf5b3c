#include "duckdb/text_type.h"

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/type_tree.h"
#include "duckdb/handle.h"

namespace thalweg::duckdb {
namespace {

using data::TypeKind;
using data::TypeTree;
using formats::ColumnBuilder;
using CastHandle = Handle<duckdb_cast_function, duckdb_destroy_cast_function>;
using ScalarHandle = Handle<duckdb_scalar_function, duckdb_destroy_scalar_function>;

/// The real type; none for kinds that are read by DuckDB itself.
std::optional<duckdb_type> SimpleType(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean: return DUCKDB_TYPE_BOOLEAN;
    case TypeKind::kTinyint: return DUCKDB_TYPE_TINYINT;
    case TypeKind::kSmallint: return DUCKDB_TYPE_SMALLINT;
    case TypeKind::kInteger: return DUCKDB_TYPE_INTEGER;
    case TypeKind::kBigint: return DUCKDB_TYPE_BIGINT;
    case TypeKind::kUtinyint: return DUCKDB_TYPE_UTINYINT;
    case TypeKind::kUsmallint: return DUCKDB_TYPE_USMALLINT;
    case TypeKind::kUinteger: return DUCKDB_TYPE_UINTEGER;
    case TypeKind::kUbigint: return DUCKDB_TYPE_UBIGINT;
    case TypeKind::kReal: return DUCKDB_TYPE_FLOAT;
    case TypeKind::kDouble: return DUCKDB_TYPE_DOUBLE;
    case TypeKind::kDecimal: return DUCKDB_TYPE_DECIMAL;
    case TypeKind::kDate: return DUCKDB_TYPE_DATE;
    case TypeKind::kTime: return DUCKDB_TYPE_TIME;
    case TypeKind::kTimeNs: return DUCKDB_TYPE_TIME_NS;
    case TypeKind::kTimestamp: return DUCKDB_TYPE_TIMESTAMP;
    case TypeKind::kTimestampS: return DUCKDB_TYPE_TIMESTAMP_S;
    case TypeKind::kTimestampMs: return DUCKDB_TYPE_TIMESTAMP_MS;
    case TypeKind::kTimestampNs: return DUCKDB_TYPE_TIMESTAMP_NS;
    case TypeKind::kTimestamptz: return DUCKDB_TYPE_TIMESTAMP_TZ;
    default: return std::nullopt;
  }
}

/// Bytes of a value in a DuckDB vector.
std::size_t WidthOf(const TypeTree& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kTinyint:
    case TypeKind::kUtinyint: return 1;
    case TypeKind::kSmallint:
    case TypeKind::kUsmallint: return 2;
    case TypeKind::kInteger:
    case TypeKind::kUinteger:
    case TypeKind::kReal:
    case TypeKind::kDate: return 4;
    case TypeKind::kDecimal: return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    default: return 8;
  }
}

/// Builders of one text type, one for each thread that casts at the moment.
class Builders {
 public:
  Builders(std::shared_ptr<arrow::Field> field, formats::TimeRules rules)
      : field_(std::move(field)), rules_(std::move(rules)) {}

  std::unique_ptr<ColumnBuilder> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto builder = std::move(idle_.back());
        idle_.pop_back();
        return builder;
      }
    }
    return ColumnBuilder::Make(*field_, rules_, {}).value();  // checked when the type was made
  }
  void Return(std::unique_ptr<ColumnBuilder> builder) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(builder));
  }

 private:
  const std::shared_ptr<arrow::Field> field_;
  const formats::TimeRules rules_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ColumnBuilder>> idle_;
};

/// The low bytes of each carrier are the bytes of the value.
void FillCarriers(const arrow::Array& values, duckdb_hugeint* carriers) {
  const arrow::ArrayData& data = *values.data();
  const std::size_t rows = static_cast<std::size_t>(data.length);
  std::memset(static_cast<void*>(carriers), 0, rows * sizeof(duckdb_hugeint));
  if (data.type->id() == arrow::Type::BOOL) {
    const auto& booleans = static_cast<const arrow::BooleanArray&>(values);
    for (std::size_t i = 0; i < rows; ++i) carriers[i].lower = booleans.Value(static_cast<std::int64_t>(i));
    return;
  }
  const std::size_t width = static_cast<std::size_t>(data.type->byte_width());
  const std::uint8_t* bytes = data.buffers[1]->data();
  const auto fill = [&](auto size) {
    for (std::size_t i = 0; i < rows; ++i) std::memcpy(&carriers[i], bytes + i * size(), size());
  };
  switch (width) {
    case 1: return fill(std::integral_constant<std::size_t, 1>());
    case 2: return fill(std::integral_constant<std::size_t, 2>());
    case 4: return fill(std::integral_constant<std::size_t, 4>());
    case 8: return fill(std::integral_constant<std::size_t, 8>());
    default: return fill(std::integral_constant<std::size_t, 16>());
  }
}

std::string_view ViewOf(const duckdb_string_t& text) {
  auto* pointer = const_cast<duckdb_string_t*>(&text);
  return {duckdb_string_t_data(pointer), duckdb_string_t_length(text)};
}

void SetNull(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

/// VARCHAR -> carrier.
bool CastTexts(duckdb_function_info info, idx_t count, duckdb_vector input, duckdb_vector output) {
  Builders& builders = **static_cast<std::shared_ptr<Builders>*>(duckdb_cast_function_get_extra_info(info));
  std::unique_ptr<ColumnBuilder> builder = builders.Take();
  const auto* texts = static_cast<const duckdb_string_t*>(duckdb_vector_get_data(input));
  std::uint64_t* valid = duckdb_vector_get_validity(input);
  bool good = true;
  std::string reason;
  for (idx_t row = 0; row < count; ++row) {
    if (valid != nullptr && !duckdb_validity_row_is_valid(valid, row)) {
      builder->AppendNull();
      SetNull(output, row);
    } else if (!builder->AppendText(ViewOf(texts[row]), &reason)) {
      builder->AppendNull();
      duckdb_cast_function_set_row_error(info, reason.c_str(), row, output);
      good = false;
    }
  }
  FillCarriers(*builder->Finish(), static_cast<duckdb_hugeint*>(duckdb_vector_get_data(output)));
  builders.Return(std::move(builder));
  return good;
}

/// Carrier -> value.
template <std::size_t Width>
void TakeValues(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  const idx_t count = duckdb_data_chunk_get_size(input);
  const auto* carriers = static_cast<const duckdb_hugeint*>(duckdb_vector_get_data(vector));
  auto* values = static_cast<std::uint8_t*>(duckdb_vector_get_data(output));
  std::uint64_t* valid = duckdb_vector_get_validity(vector);
  for (idx_t row = 0; row < count; ++row) std::memcpy(values + row * Width, &carriers[row], Width);
  if (valid == nullptr) return;
  for (idx_t row = 0; row < count; ++row) {
    if (!duckdb_validity_row_is_valid(valid, row)) SetNull(output, row);
  }
}

duckdb_scalar_function_t TakerOf(std::size_t width) {
  switch (width) {
    case 1: return TakeValues<1>;
    case 2: return TakeValues<2>;
    case 4: return TakeValues<4>;
    case 8: return TakeValues<8>;
    default: return TakeValues<16>;
  }
}

void AlwaysTrue(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  std::memset(duckdb_vector_get_data(output), 1, duckdb_data_chunk_get_size(input));
}

Status Register(duckdb_connection connection, const TypeTree& type, duckdb_type simple,
                std::shared_ptr<Builders> builders, const TextType& names) {
  const TypeHandle carrier(duckdb_create_logical_type(DUCKDB_TYPE_HUGEINT));
  const TypeHandle varchar(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const TypeHandle value(simple == DUCKDB_TYPE_DECIMAL
                             ? duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision),
                                                          static_cast<std::uint8_t>(type.scale))
                             : duckdb_create_logical_type(simple));
  duckdb_logical_type_set_alias(carrier.get(), names.column_type.c_str());

  const CastHandle cast(duckdb_create_cast_function());
  duckdb_cast_function_set_source_type(cast.get(), varchar.get());
  duckdb_cast_function_set_target_type(cast.get(), carrier.get());
  duckdb_cast_function_set_implicit_cast_cost(cast.get(), -1);
  duckdb_cast_function_set_function(cast.get(), CastTexts);
  duckdb_cast_function_set_extra_info(cast.get(), new std::shared_ptr<Builders>(std::move(builders)),
                                      [](void* p) { delete static_cast<std::shared_ptr<Builders>*>(p); });

  const ScalarHandle take(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(take.get(), names.function.c_str());
  duckdb_scalar_function_add_parameter(take.get(), carrier.get());
  duckdb_scalar_function_set_return_type(take.get(), value.get());
  duckdb_scalar_function_set_special_handling(take.get());
  duckdb_scalar_function_set_function(take.get(), TakerOf(WidthOf(type)));

  if (duckdb_register_logical_type(connection, carrier.get(), nullptr) == DuckDBError ||
      duckdb_register_cast_function(connection, cast.get()) == DuckDBError ||
      duckdb_register_scalar_function(connection, take.get()) == DuckDBError) {
    return Status::Internal("a type for texts cannot be registered name=" + names.column_type);
  }
  return {};
}

}  // namespace

Result<TextType> TextTypes::Get(duckdb_connection connection, const std::string& type,
                                const formats::TimeRules& rules) {
  TW_ASSIGN_OR_RETURN(const TypeTree tree, data::ParseType(type));
  const std::optional<duckdb_type> simple = SimpleType(tree.kind);
  if (!simple) return TextType{.column_type = type, .function = ""};

  const std::string key = fmt::format("{}\n{}\n{}", type, rules.date_format, rules.timestamp_format);
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;

  TW_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Field> field,
                      data::ToArrow(data::Column{.field_id = 0, .name = "", .type = type}));
  TW_RETURN_IF_ERROR(ColumnBuilder::Make(*field, rules, {}).status());
  const TextType names{.column_type = fmt::format("thalweg_text_{}", known_.size()),
                       .function = fmt::format("thalweg_value_{}", known_.size())};
  TW_RETURN_IF_ERROR(
      Register(connection, tree, *simple, std::make_shared<Builders>(field, rules), names));
  known_.emplace(key, names);
  return names;
}

Status TextTypes::RegisterTouch(duckdb_connection connection) {
  const TypeHandle any(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
  const TypeHandle boolean(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
  const ScalarHandle touch(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(touch.get(), kTouchFunction);
  duckdb_scalar_function_set_varargs(touch.get(), any.get());
  duckdb_scalar_function_set_return_type(touch.get(), boolean.get());
  duckdb_scalar_function_set_special_handling(touch.get());
  duckdb_scalar_function_set_volatile(touch.get());
  duckdb_scalar_function_set_function(touch.get(), AlwaysTrue);
  if (duckdb_register_scalar_function(connection, touch.get()) == DuckDBError) {
    return Status::Internal("a function cannot be registered name=" + std::string(kTouchFunction));
  }
  return {};
}

}  // namespace thalweg::duckdb
