#include "formats/cell_writer.h"

#include <cmath>
#include <string_view>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "formats/blob_text.h"
#include "formats/json_text.h"
#include "formats/time_text.h"

namespace thalweg::formats {
namespace {

bool IsJsonColumn(const arrow::Field& field) {
  if (!field.HasMetadata()) return false;
  const int at = field.metadata()->FindKey("thalweg.type");
  return at >= 0 && field.metadata()->value(at) == "json";
}

template <typename Array>
const Array& As(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

template <typename Array>
void AppendInteger(const arrow::Array& array, std::int64_t row, std::string* out) {
  const fmt::format_int digits(As<Array>(array).Value(row));
  out->append(digits.data(), digits.size());
}

template <typename Real>
void AppendReal(Real value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "-Infinity" : "Infinity");
  } else {
    fmt::format_to(std::back_inserter(*out), "{}", value);
  }
}

void AppendUuid(std::string_view bytes, std::string* out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out->push_back('-');
    fmt::format_to(std::back_inserter(*out), "{:02x}", static_cast<unsigned char>(bytes[i]));
  }
}

/// Where the value of a union's row lies.
struct Member {
  std::size_t part;
  std::shared_ptr<arrow::Array> values;
  std::int64_t row;
};
Member MemberOf(const arrow::Array& array, std::int64_t row) {
  const auto& all = As<arrow::UnionArray>(array);
  const int child = all.child_id(row);
  if (array.type_id() == arrow::Type::DENSE_UNION)
    row = As<arrow::DenseUnionArray>(array).value_offset(row);
  return {static_cast<std::size_t>(child), all.field(child), row};
}

}  // namespace

CellWriter::Form CellWriter::FormOf(const arrow::Field& field) {
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::DECIMAL128:
      return Form::kBare;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return Form::kReal;
    case arrow::Type::STRING:
      return IsJsonColumn(field) ? Form::kJson : Form::kQuoted;
    case arrow::Type::LIST:
    case arrow::Type::FIXED_SIZE_LIST:
      return Form::kList;
    case arrow::Type::STRUCT:
      return Form::kStruct;
    case arrow::Type::MAP:
      return Form::kMap;
    case arrow::Type::DICTIONARY:
      return Form::kDictionary;
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return Form::kUnion;
    default:
      return Form::kQuoted;
  }
}

CellWriter::CellWriter(const arrow::Field& field) : form_(FormOf(field)) {
  AppendJsonString(field.name(), &name_);
  const arrow::DataType& type = *field.type();
  if (type.id() == arrow::Type::TIMESTAMP) {
    const auto& stamp = static_cast<const arrow::TimestampType&>(type);
    ticks_per_second_ = TicksPerSecond(stamp.unit());
    utc_ = !stamp.timezone().empty();
  } else if (type.id() == arrow::Type::TIME64 || type.id() == arrow::Type::TIME32) {
    ticks_per_second_ = TicksPerSecond(static_cast<const arrow::TimeType&>(type).unit());
  }
  if (form_ == Form::kDictionary) {
    const auto& values = static_cast<const arrow::DictionaryType&>(type).value_type();
    parts_.emplace_back(*arrow::field("", values));
  } else if (form_ == Form::kMap) {
    for (const auto& part : type.field(0)->type()->fields()) parts_.emplace_back(*part);
  } else if (form_ == Form::kList || form_ == Form::kStruct || form_ == Form::kUnion) {
    for (const auto& part : type.fields()) parts_.emplace_back(*part);
  }
}

bool CellWriter::needs_quotes() const {
  return form_ != Form::kBare && form_ != Form::kReal;
}

void CellWriter::AppendScalar(const arrow::Array& array, std::int64_t row, std::string* out) const {
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out->append(As<arrow::BooleanArray>(array).Value(row) ? "true" : "false");
      return;
    case arrow::Type::INT8:
      return AppendInteger<arrow::Int8Array>(array, row, out);
    case arrow::Type::INT16:
      return AppendInteger<arrow::Int16Array>(array, row, out);
    case arrow::Type::INT32:
      return AppendInteger<arrow::Int32Array>(array, row, out);
    case arrow::Type::INT64:
      return AppendInteger<arrow::Int64Array>(array, row, out);
    case arrow::Type::UINT8:
      return AppendInteger<arrow::UInt8Array>(array, row, out);
    case arrow::Type::UINT16:
      return AppendInteger<arrow::UInt16Array>(array, row, out);
    case arrow::Type::UINT32:
      return AppendInteger<arrow::UInt32Array>(array, row, out);
    case arrow::Type::UINT64:
      return AppendInteger<arrow::UInt64Array>(array, row, out);
    case arrow::Type::FLOAT:
      return AppendReal(As<arrow::FloatArray>(array).Value(row), out);
    case arrow::Type::DOUBLE:
      return AppendReal(As<arrow::DoubleArray>(array).Value(row), out);
    case arrow::Type::DECIMAL128:
      out->append(As<arrow::Decimal128Array>(array).FormatValue(row));
      return;
    case arrow::Type::STRING:
      out->append(As<arrow::StringArray>(array).GetView(row));
      return;
    case arrow::Type::BINARY:
      return AppendBlobAsText(As<arrow::BinaryArray>(array).GetView(row), out);
    case arrow::Type::FIXED_SIZE_BINARY:
      return AppendUuid(As<arrow::FixedSizeBinaryArray>(array).GetView(row), out);
    case arrow::Type::DATE32:
      return AppendDate(As<arrow::Date32Array>(array).Value(row), out);
    case arrow::Type::TIME64:
      return AppendTimeOfDay(As<arrow::Time64Array>(array).Value(row), ticks_per_second_, out);
    case arrow::Type::TIMESTAMP:
      return AppendTimestamp(As<arrow::TimestampArray>(array).Value(row), ticks_per_second_, utc_,
                             out);
    default:
      break;
  }
  const auto scalar = array.GetScalar(row);
  if (scalar.ok()) out->append((*scalar)->ToString());
}

void CellWriter::AppendText(const arrow::Array& array, std::int64_t row, std::string* out) const {
  if (array.IsNull(row)) return;
  switch (form_) {
    case Form::kBare:
    case Form::kReal:
    case Form::kQuoted:
    case Form::kJson:
      return AppendScalar(array, row, out);
    case Form::kUnion: {
      const Member member = MemberOf(array, row);
      return parts_[member.part].AppendText(*member.values, member.row, out);
    }
    case Form::kDictionary: {
      const auto& coded = As<arrow::DictionaryArray>(array);
      return parts_[0].AppendText(*coded.dictionary(), coded.GetValueIndex(row), out);
    }
    case Form::kList:
    case Form::kStruct:
    case Form::kMap:
      return AppendJson(array, row, out);
  }
}

void CellWriter::AppendJson(const arrow::Array& array, std::int64_t row, std::string* out) const {
  if (array.IsNull(row)) {
    out->append("null");
    return;
  }
  switch (form_) {
    case Form::kBare:
    case Form::kJson:
      return AppendScalar(array, row, out);
    case Form::kReal:
    case Form::kQuoted: {
      std::string text;
      AppendScalar(array, row, &text);
      const bool word = form_ == Form::kQuoted || text.back() == 'N' || text.back() == 'y';
      if (!word) {
        out->append(text);
      } else {
        AppendJsonString(text, out);
      }
      return;
    }
    case Form::kUnion: {
      const Member member = MemberOf(array, row);
      return parts_[member.part].AppendJson(*member.values, member.row, out);
    }
    case Form::kDictionary: {
      const auto& coded = As<arrow::DictionaryArray>(array);
      return parts_[0].AppendJson(*coded.dictionary(), coded.GetValueIndex(row), out);
    }
    case Form::kList:
      return AppendList(array, row, out);
    case Form::kStruct:
      return AppendStruct(array, row, out);
    case Form::kMap:
      return AppendMap(array, row, out);
  }
}

void CellWriter::AppendList(const arrow::Array& array, std::int64_t row, std::string* out) const {
  const auto append = [&](const auto& list) {
    const std::int64_t begin = list.value_offset(row);
    out->push_back('[');
    for (std::int64_t i = 0; i < list.value_length(row); ++i) {
      if (i > 0) out->push_back(',');
      parts_[0].AppendJson(*list.values(), begin + i, out);
    }
    out->push_back(']');
  };
  if (array.type_id() == arrow::Type::LIST) return append(As<arrow::ListArray>(array));
  append(As<arrow::FixedSizeListArray>(array));
}

void CellWriter::AppendStruct(const arrow::Array& array, std::int64_t row, std::string* out) const {
  const auto& record = As<arrow::StructArray>(array);
  out->push_back('{');
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (i > 0) out->push_back(',');
    out->append(parts_[i].name_);
    out->push_back(':');
    parts_[i].AppendJson(*record.field(static_cast<int>(i)), row, out);
  }
  out->push_back('}');
}

void CellWriter::AppendMap(const arrow::Array& array, std::int64_t row, std::string* out) const {
  const auto& map = As<arrow::MapArray>(array);
  out->push_back('{');
  std::string key;
  for (std::int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    if (i > map.value_offset(row)) out->push_back(',');
    key.clear();
    parts_[0].AppendText(*map.keys(), i, &key);
    AppendJsonString(key, out);
    out->push_back(':');
    parts_[1].AppendJson(*map.items(), i, out);
  }
  out->push_back('}');
}

}  // namespace thalweg::formats
