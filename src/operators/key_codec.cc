#include "operators/key_codec.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <fmt/format.h>

#include "operators/type_name.h"

namespace thalweg::operators {
namespace {

constexpr char kNull = 0, kValue = 1;

template <typename Real>
void AppendReal(const std::uint8_t* at, std::string* out) {
  Real value;
  std::memcpy(&value, at, sizeof value);
  if (value == 0) value = 0;
  if (std::isnan(value)) value = std::numeric_limits<Real>::quiet_NaN();
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename Offset>
void AppendText(const arrow::ArrayData& data, std::int64_t row, std::string* out) {
  const Offset* offsets = data.GetValues<Offset>(1);
  const auto length = static_cast<std::uint32_t>(offsets[row + 1] - offsets[row]);
  out->append(reinterpret_cast<const char*>(&length), sizeof length);
  if (length > 0) {
    out->append(reinterpret_cast<const char*>(data.buffers[2]->data()) + offsets[row], length);
  }
}

std::shared_ptr<arrow::Buffer> ToBuffer(std::vector<std::uint8_t> bytes) {
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return arrow::Buffer::FromString(std::move(text));
}

/// Collects the decoded values of one column.
struct Assembly {
  std::string values;
  std::string offsets;
  std::vector<std::uint8_t> valid;
  std::int64_t rows = 0, nulls = 0;

  void AddValid(bool is_valid) {
    if ((rows & 7) == 0) valid.push_back(0);
    if (is_valid) {
      valid.back() = static_cast<std::uint8_t>(valid.back() | (1 << (rows & 7)));
    } else {
      ++nulls;
    }
    ++rows;
  }
  template <typename Offset>
  void AddOffset() {
    const auto end = static_cast<Offset>(values.size());
    offsets.append(reinterpret_cast<const char*>(&end), sizeof end);
  }
};

}  // namespace

Result<int> FindColumn(const arrow::Schema& schema, const std::string& name) {
  const int index = schema.GetFieldIndex(name);
  if (index >= 0) return index;
  return Status(Code::kInvalid, Fault::kUser,
                fmt::format("there is no column \"{}\"; the input has {}", name,
                            fmt::join(schema.field_names(), ", ")))
      .WithSlug("unknown-column");
}

Result<KeyCodec> KeyCodec::Make(const arrow::Schema& schema,
                                const std::vector<std::string>& columns) {
  KeyCodec codec;
  for (const std::string& name : columns) {
    TW_ASSIGN_OR_RETURN(const int index, FindColumn(schema, name));
    const auto& field = schema.field(index);
    Column column{index, Layout::kFixed, 0, false, false};
    switch (field->type()->id()) {
      case arrow::Type::BOOL:
        column.layout = Layout::kBoolean;
        break;
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        column.layout = Layout::kBytes;
        break;
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        column.layout = Layout::kLargeBytes;
        break;
      case arrow::Type::FLOAT:
      case arrow::Type::DOUBLE:
        column.real = true;
        column.single = field->type()->id() == arrow::Type::FLOAT;
        [[fallthrough]];
      default:
        if (!arrow::is_fixed_width(field->type()->id()) ||
            field->type()->id() == arrow::Type::DICTIONARY ||
            arrow::is_nested(field->type()->id())) {
          return Status(Code::kInvalid, Fault::kUser,
                        fmt::format("column \"{}\" of type {} cannot be a key: cast it to text",
                                    name, TypeName(*field)))
              .WithSlug("bad-key-type");
        }
        column.width = static_cast<std::size_t>(field->type()->byte_width());
    }
    codec.fields_.push_back(field);
    codec.columns_.push_back(column);
  }
  return codec;
}

void KeyCodec::Encode(const arrow::RecordBatch& batch,
                      const std::function<void(std::string_view)>& each) const {
  std::vector<const arrow::ArrayData*> data;
  for (const Column& column : columns_) data.push_back(batch.column_data(column.index).get());
  std::string key;
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    key.clear();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const Column& column = columns_[c];
      const arrow::ArrayData& values = *data[c];
      if (values.IsNull(row)) {
        key += kNull;
        continue;
      }
      key += kValue;
      switch (column.layout) {
        case Layout::kBoolean:
          key += static_cast<char>(
              arrow::bit_util::GetBit(values.buffers[1]->data(), values.offset + row));
          break;
        case Layout::kBytes:
          AppendText<std::int32_t>(values, row, &key);
          break;
        case Layout::kLargeBytes:
          AppendText<std::int64_t>(values, row, &key);
          break;
        case Layout::kFixed: {
          const std::uint8_t* at = values.buffers[1]->data() +
                                   static_cast<std::size_t>(values.offset + row) * column.width;
          if (column.real) {
            column.single ? AppendReal<float>(at, &key) : AppendReal<double>(at, &key);
          } else {
            key.append(reinterpret_cast<const char*>(at), column.width);
          }
        }
      }
    }
    each(key);
  }
}

std::vector<std::shared_ptr<arrow::Array>> KeyCodec::Decode(
    std::size_t count, const std::function<std::string_view(std::size_t)>& key) const {
  std::vector<Assembly> assemblies(columns_.size());
  std::vector<std::uint8_t> bits;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].layout == Layout::kBytes) assemblies[c].AddOffset<std::int32_t>();
    if (columns_[c].layout == Layout::kLargeBytes) assemblies[c].AddOffset<std::int64_t>();
  }
  for (std::size_t i = 0; i < count; ++i) {
    const char* at = key(i).data();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      Assembly& assembly = assemblies[c];
      const Column& column = columns_[c];
      const bool valid = *at++ == kValue;
      assembly.AddValid(valid);
      std::size_t width = column.layout == Layout::kBoolean ? 1 : column.width;
      if (column.layout == Layout::kBytes || column.layout == Layout::kLargeBytes) {
        std::uint32_t length = 0;
        if (valid) {
          std::memcpy(&length, at, sizeof length);
          at += sizeof length;
          assembly.values.append(at, length);
          at += length;
        }
        column.layout == Layout::kBytes ? assembly.AddOffset<std::int32_t>()
                                        : assembly.AddOffset<std::int64_t>();
      } else if (valid) {
        assembly.values.append(at, width);
        at += width;
      } else {
        assembly.values.append(width, '\0');
      }
    }
  }
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Assembly& assembly = assemblies[c];
    std::shared_ptr<arrow::Buffer> valid =
        assembly.nulls == 0 ? nullptr : ToBuffer(std::move(assembly.valid));
    std::vector<std::shared_ptr<arrow::Buffer>> buffers{std::move(valid)};
    if (columns_[c].layout == Layout::kBoolean) {
      bits.assign(static_cast<std::size_t>((assembly.rows + 7) / 8), 0);
      for (std::size_t i = 0; i < count; ++i) {
        if (assembly.values[i] != 0) {
          bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (1 << (i % 8)));
        }
      }
      buffers.push_back(ToBuffer(bits));
    } else if (columns_[c].layout == Layout::kFixed) {
      buffers.push_back(arrow::Buffer::FromString(std::move(assembly.values)));
    } else {
      buffers.push_back(arrow::Buffer::FromString(std::move(assembly.offsets)));
      buffers.push_back(arrow::Buffer::FromString(std::move(assembly.values)));
    }
    arrays.push_back(arrow::MakeArray(arrow::ArrayData::Make(fields_[c]->type(), assembly.rows,
                                                             std::move(buffers), assembly.nulls)));
  }
  return arrays;
}

}  // namespace thalweg::operators
