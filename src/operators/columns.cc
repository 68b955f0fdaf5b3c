#include "operators/columns.h"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/builder_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "operators/type_name.h"

namespace thalweg::operators {
namespace {

using BufferRef = std::shared_ptr<arrow::Buffer>;

struct Bits {
  BufferRef buffer;
  std::int64_t nulls = 0;
};

Bits PackValid(const std::vector<std::uint8_t>& valid) {
  Bits bits;
  std::string packed((valid.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < valid.size(); ++i) {
    if (valid[i] != 0) {
      packed[i / 8] = static_cast<char>(packed[i / 8] | (1 << (i % 8)));
    } else {
      ++bits.nulls;
    }
  }
  if (bits.nulls > 0) bits.buffer = arrow::Buffer::FromString(std::move(packed));
  return bits;
}

ArrayRef MakeFixed(std::shared_ptr<arrow::DataType> type, std::size_t rows, BufferRef values,
                   const std::vector<std::uint8_t>& valid) {
  Bits bits = PackValid(valid);
  return arrow::MakeArray(arrow::ArrayData::Make(std::move(type), static_cast<std::int64_t>(rows),
                                                 {std::move(bits.buffer), std::move(values)},
                                                 bits.nulls));
}

template <typename To>
BufferRef Narrow(const std::vector<std::int64_t>& values) {
  std::vector<To> narrow(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) narrow[i] = static_cast<To>(values[i]);
  return arrow::Buffer::FromVector(std::move(narrow));
}

template <typename From>
const std::int64_t* Widen(const arrow::ArrayData& column, std::vector<std::int64_t>* scratch) {
  const From* values = column.GetValues<From>(1);
  scratch->resize(static_cast<std::size_t>(column.length));
  for (std::size_t i = 0; i < scratch->size(); ++i)
    (*scratch)[i] = static_cast<std::int64_t>(values[i]);
  return scratch->data();
}

}  // namespace

ArrayRef MakeWide(std::shared_ptr<arrow::DataType> type, std::vector<std::int64_t> values,
                  const std::vector<std::uint8_t>& valid) {
  const std::size_t rows = values.size();
  return MakeFixed(std::move(type), rows, arrow::Buffer::FromVector(std::move(values)), valid);
}

ArrayRef MakeNumbers(const std::shared_ptr<arrow::DataType>& type, std::vector<std::int64_t> values,
                     const std::vector<std::uint8_t>& valid) {
  const std::size_t rows = values.size();
  BufferRef buffer;
  if (type->id() == arrow::Type::BOOL) {
    std::string packed((rows + 7) / 8, '\0');
    for (std::size_t i = 0; i < rows; ++i) {
      if (values[i] != 0) packed[i / 8] = static_cast<char>(packed[i / 8] | (1 << (i % 8)));
    }
    buffer = arrow::Buffer::FromString(std::move(packed));
  } else if (type->id() == arrow::Type::FLOAT) {
    std::vector<float> narrow(rows);
    for (std::size_t i = 0; i < rows; ++i)
      narrow[i] = static_cast<float>(std::bit_cast<double>(values[i]));
    buffer = arrow::Buffer::FromVector(std::move(narrow));
  } else {
    switch (type->byte_width()) {
      case 1:
        buffer = Narrow<std::int8_t>(values);
        break;
      case 2:
        buffer = Narrow<std::int16_t>(values);
        break;
      case 4:
        buffer = Narrow<std::int32_t>(values);
        break;
      default:
        return MakeWide(type, std::move(values), valid);
    }
  }
  return MakeFixed(type, rows, std::move(buffer), valid);
}

ArrayRef MakeText(const std::shared_ptr<arrow::DataType>& type,
                  const std::vector<std::optional<std::string>>& values) {
  std::string bytes;
  std::vector<std::int64_t> ends{0};
  std::vector<std::uint8_t> valid;
  for (const auto& value : values) {
    valid.push_back(value ? 1 : 0);
    if (value) bytes += *value;
    ends.push_back(static_cast<std::int64_t>(bytes.size()));
  }
  const bool large =
      type->id() == arrow::Type::LARGE_STRING || type->id() == arrow::Type::LARGE_BINARY;
  Bits bits = PackValid(valid);
  BufferRef offsets =
      large ? arrow::Buffer::FromVector(std::move(ends)) : Narrow<std::int32_t>(ends);
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, static_cast<std::int64_t>(values.size()),
      {std::move(bits.buffer), std::move(offsets), arrow::Buffer::FromString(std::move(bytes))},
      bits.nulls));
}

ArrayRef MakeGroups(const std::vector<std::int16_t>& key_groups) {
  return MakeFixed(arrow::int16(), key_groups.size(), arrow::Buffer::FromVector(key_groups), {});
}

ArrayRef RepeatText(std::string_view text, std::int64_t rows) {
  const auto length = static_cast<std::int32_t>(text.size());
  std::vector<std::int32_t> offsets(static_cast<std::size_t>(rows) + 1);
  for (std::size_t i = 1; i < offsets.size(); ++i) offsets[i] = offsets[i - 1] + length;
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(rows) * text.size());
  for (std::int64_t row = 0; row < rows; ++row) bytes += text;
  return arrow::MakeArray(
      arrow::ArrayData::Make(arrow::utf8(), rows,
                             {nullptr, arrow::Buffer::FromVector(std::move(offsets)),
                              arrow::Buffer::FromString(std::move(bytes))},
                             0));
}

NumberForm FormOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
      return NumberForm::kInteger;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return NumberForm::kReal;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return NumberForm::kText;
    default:
      return NumberForm::kOther;
  }
}

const std::int64_t* WideValues(const arrow::ArrayData& column, std::vector<std::int64_t>* scratch) {
  switch (column.type->id()) {
    case arrow::Type::BOOL: {
      scratch->resize(static_cast<std::size_t>(column.length));
      for (std::int64_t i = 0; i < column.length; ++i) {
        (*scratch)[static_cast<std::size_t>(i)] =
            arrow::bit_util::GetBit(column.buffers[1]->data(), column.offset + i);
      }
      return scratch->data();
    }
    case arrow::Type::FLOAT: {
      const float* values = column.GetValues<float>(1);
      scratch->resize(static_cast<std::size_t>(column.length));
      for (std::size_t i = 0; i < scratch->size(); ++i) {
        (*scratch)[i] = std::bit_cast<std::int64_t>(static_cast<double>(values[i]));
      }
      return scratch->data();
    }
    case arrow::Type::INT8:
      return Widen<std::int8_t>(column, scratch);
    case arrow::Type::UINT8:
      return Widen<std::uint8_t>(column, scratch);
    case arrow::Type::INT16:
      return Widen<std::int16_t>(column, scratch);
    case arrow::Type::UINT16:
      return Widen<std::uint16_t>(column, scratch);
    case arrow::Type::UINT32:
      return Widen<std::uint32_t>(column, scratch);
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
      return Widen<std::int32_t>(column, scratch);
    default:
      // What has another layout would be read past its end.
      TW_CHECK(arrow::is_primitive(column.type->id()) && column.type->byte_width() == 8);
      return column.GetValues<std::int64_t>(1);
  }
}

const std::uint8_t* Validity(const arrow::ArrayData& column, std::vector<std::uint8_t>* scratch) {
  if (column.GetNullCount() == 0) return nullptr;
  scratch->resize(static_cast<std::size_t>(column.length));
  for (std::int64_t i = 0; i < column.length; ++i) {
    (*scratch)[static_cast<std::size_t>(i)] = column.IsValid(i) ? 1 : 0;
  }
  return scratch->data();
}

std::string_view TextAt(const arrow::ArrayData& column, std::int64_t row) {
  const bool large = column.type->id() == arrow::Type::LARGE_STRING ||
                     column.type->id() == arrow::Type::LARGE_BINARY;
  const auto bytes = [&](std::int64_t begin, std::int64_t end) {
    if (begin == end) return std::string_view();
    return std::string_view(reinterpret_cast<const char*>(column.buffers[2]->data()) + begin,
                            static_cast<std::size_t>(end - begin));
  };
  if (large) {
    const auto* offsets = column.GetValues<std::int64_t>(1) + row;
    return bytes(offsets[0], offsets[1]);
  }
  const auto* offsets = column.GetValues<std::int32_t>(1) + row;
  return bytes(offsets[0], offsets[1]);
}

Result<std::int64_t> NanosecondsPerUnit(const arrow::DataType& type) {
  arrow::TimeUnit::type unit;
  if (type.id() == arrow::Type::TIMESTAMP) {
    unit = static_cast<const arrow::TimestampType&>(type).unit();
  } else if (type.id() == arrow::Type::DURATION) {
    unit = static_cast<const arrow::DurationType&>(type).unit();
  } else {
    return UserError("bad-time-type", fmt::format("event time must be a timestamp, not {}: cast it",
                                                  TypeName(type)));
  }
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1'000'000'000;
    case arrow::TimeUnit::MILLI:
      return 1'000'000;
    case arrow::TimeUnit::MICRO:
      return 1'000;
    default:
      return 1;
  }
}

std::int64_t ToNanoseconds(std::int64_t value, std::int64_t ns_per_unit) {
  std::int64_t ns = 0;
  if (!__builtin_mul_overflow(value, ns_per_unit, &ns)) [[likely]]
    return ns;
  // The very ends mean never and always.
  return value < 0 ? std::numeric_limits<std::int64_t>::min() + 1
                   : std::numeric_limits<std::int64_t>::max() - 1;
}

Result<data::Batch> GatherRows(const data::SchemaRef& schema, const std::vector<RowRef>& rows) {
  Arrays columns;
  for (int c = 0; c < schema->num_fields(); ++c) {
    auto made = arrow::MakeBuilder(schema->field(c)->type());
    if (!made.ok()) return data::FromArrowStatus(made.status(), "cannot copy rows");
    arrow::ArrayBuilder& builder = **made;
    for (std::size_t i = 0; i < rows.size();) {
      arrow::Status added;
      if (rows[i].batch == nullptr) {
        added = builder.AppendNull();
        ++i;
      } else {
        // Neighbours are copied in one go.
        std::size_t end = i + 1;
        while (end < rows.size() && rows[end].batch == rows[i].batch &&
               rows[end].row == rows[i].row + static_cast<std::int64_t>(end - i)) {
          ++end;
        }
        added = builder.AppendArraySlice(arrow::ArraySpan(*rows[i].batch->column_data(c)),
                                         rows[i].row, static_cast<std::int64_t>(end - i));
        i = end;
      }
      if (!added.ok()) return data::FromArrowStatus(added, "cannot copy rows");
    }
    auto array = builder.Finish();
    if (!array.ok()) return data::FromArrowStatus(array.status(), "cannot copy rows");
    columns.push_back(*std::move(array));
  }
  return MakeRows(schema, static_cast<std::int64_t>(rows.size()), std::move(columns));
}

std::shared_ptr<arrow::Schema> Unconst(const data::SchemaRef& schema) {
  return std::const_pointer_cast<arrow::Schema>(schema);
}

data::Batch MakeRows(const data::SchemaRef& schema, std::int64_t rows, Arrays columns) {
  return arrow::RecordBatch::Make(Unconst(schema), rows, std::move(columns));
}

Status UserError(std::string slug, std::string message) {
  return Status(Code::kInvalid, Fault::kUser, std::move(message)).WithSlug(std::move(slug));
}

}  // namespace thalweg::operators
