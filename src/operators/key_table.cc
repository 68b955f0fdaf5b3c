#include "operators/key_table.h"

#include <cstring>
#include <numeric>
#include <string_view>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/columns.h"

namespace thalweg::operators {
namespace {

/// Integers, dates, times, timestamps, durations up to 64 bits signed.
bool IsIntegerLike(arrow::Type::type type) {
  switch (type) {
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
      return true;
    default:
      return false;
  }
}

bool IsTextLike(arrow::Type::type type) {
  return type == arrow::Type::STRING || type == arrow::Type::BINARY ||
         type == arrow::Type::LARGE_STRING || type == arrow::Type::LARGE_BINARY;
}

template <typename From>
void Widen(const arrow::ArrayData& column, std::int64_t begin, std::size_t count,
           std::int64_t* out) {
  const From* values = column.GetValues<From>(1) + begin;
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::int64_t>(values[i]);
}

void WidenAny(const arrow::ArrayData& column, int width, bool is_signed, std::int64_t begin,
              std::size_t count, std::int64_t* out) {
  switch (width) {
    case 1:
      is_signed ? Widen<std::int8_t>(column, begin, count, out)
                : Widen<std::uint8_t>(column, begin, count, out);
      break;
    case 2:
      is_signed ? Widen<std::int16_t>(column, begin, count, out)
                : Widen<std::uint16_t>(column, begin, count, out);
      break;
    default:
      is_signed ? Widen<std::int32_t>(column, begin, count, out)
                : Widen<std::uint32_t>(column, begin, count, out);
  }
}

constexpr std::size_t kBlock = 1024;

}  // namespace

Result<KeyTable> KeyTable::Make(const arrow::Schema& schema,
                                const std::vector<std::string>& columns) {
  TW_ASSIGN_OR_RETURN(KeyCodec codec, KeyCodec::Make(schema, columns));
  KeyTable table(std::move(codec));
  TW_ASSIGN_OR_RETURN(table.own_codec_, KeyCodec::Make(arrow::Schema(table.fields()), columns));
  if (columns.empty()) return table;
  table.form_ = Form::kEncoded;
  if (columns.size() > 1) return table;
  const auto& field = *table.fields()[0];
  table.column_ = schema.GetFieldIndex(field.name());
  const arrow::Type::type type = field.type()->id();
  if (IsIntegerLike(type)) {
    table.form_ = Form::kInteger;
    table.width_ = field.type()->byte_width();
    table.is_signed_ =
        type != arrow::Type::UINT8 && type != arrow::Type::UINT16 && type != arrow::Type::UINT32;
  } else if (IsTextLike(type)) {
    table.form_ = Form::kText;
    table.large_ = type == arrow::Type::LARGE_STRING || type == arrow::Type::LARGE_BINARY;
  }
  return table;
}

std::size_t KeyTable::indexed() const {
  return form_ == Form::kInteger ? integers_.size() : bytes_.size();
}

std::size_t KeyTable::size() const {
  if (form_ == Form::kNone) return 1;
  return indexed() + (null_slot_ == kNoNull ? 0 : 1);
}

std::uint32_t KeyTable::AddNull() {
  if (null_slot_ == kNoNull) null_slot_ = static_cast<std::uint32_t>(indexed());
  return null_slot_;
}

void KeyTable::MapColumn(const arrow::ArrayData& column, std::uint32_t* slots) {
  const auto rows = static_cast<std::size_t>(column.length);
  const bool nulls = column.GetNullCount() > 0;
  // Rows of a block up to the first NULL are mapped at once; NULLs are numbered when they are met,
  // so that the order of first sight does not depend on where batches end.
  std::int64_t widened[kBlock];
  for (std::size_t begin = 0; begin < rows;) {
    std::size_t count = std::min(kBlock, rows - begin);
    if (nulls) {
      std::size_t valid = 0;
      while (valid < count && column.IsValid(static_cast<std::int64_t>(begin + valid))) ++valid;
      if (valid == 0) {
        slots[begin++] = AddNull();
        continue;
      }
      count = valid;
    }
    const auto first = static_cast<std::int64_t>(begin);
    if (form_ == Form::kInteger && width_ == 8) {
      integers_.Map(column.GetValues<std::int64_t>(1) + begin, count, slots + begin);
    } else if (form_ == Form::kInteger) {
      WidenAny(column, width_, is_signed_, first, count, widened);
      integers_.Map(widened, count, slots + begin);
    } else {
      const char* bytes =
          column.buffers[2] ? reinterpret_cast<const char*>(column.buffers[2]->data()) : "";
      const auto map = [&](const auto* offsets) {
        bytes_.Map(
            [=](std::size_t i) {
              return std::string_view(bytes + offsets[i],
                                      static_cast<std::size_t>(offsets[i + 1] - offsets[i]));
            },
            count, slots + begin);
      };
      large_ ? map(column.GetValues<std::int64_t>(1) + begin)
             : map(column.GetValues<std::int32_t>(1) + begin);
    }
    if (null_slot_ != kNoNull) {
      for (std::size_t i = begin; i < begin + count; ++i) {
        if (slots[i] >= null_slot_) ++slots[i];
      }
    }
    begin += count;
  }
}

void KeyTable::MapEncoded(const KeyCodec& codec, const arrow::RecordBatch& batch,
                          std::uint32_t* slots) {
  codec.Encode(batch, [&](std::string_view key) { *slots++ = bytes_.Add(key); });
}

void KeyTable::Map(const arrow::RecordBatch& batch, std::uint32_t* slots) {
  switch (form_) {
    case Form::kNone:
      std::memset(slots, 0, static_cast<std::size_t>(batch.num_rows()) * sizeof *slots);
      return;
    case Form::kEncoded:
      return MapEncoded(codec_, batch, slots);
    default:
      return MapColumn(*batch.column_data(column_), slots);
  }
}

void KeyTable::MapKeys(const arrow::RecordBatch& keys, std::uint32_t* slots) {
  switch (form_) {
    case Form::kNone:
      std::memset(slots, 0, static_cast<std::size_t>(keys.num_rows()) * sizeof *slots);
      return;
    case Form::kEncoded:
      return MapEncoded(own_codec_, keys, slots);
    default:
      return MapColumn(*keys.column_data(0), slots);
  }
}

void KeyTable::FindKeys(const arrow::RecordBatch& keys, std::uint32_t* slots) const {
  const auto rows = static_cast<std::size_t>(keys.num_rows());
  const arrow::ArrayData& first = *keys.column_data(0);
  std::vector<std::int64_t> scratch;
  switch (form_) {
    case Form::kNone:
      TW_CHECK(false);
    case Form::kInteger: {
      const std::int64_t* values = WideValues(first, &scratch);
      for (std::size_t i = 0; i < rows; ++i) slots[i] = integers_.Find(values[i]);
      break;
    }
    case Form::kText:
      for (std::size_t i = 0; i < rows; ++i)
        slots[i] = bytes_.Find(TextAt(first, static_cast<std::int64_t>(i)));
      break;
    case Form::kEncoded: {
      std::uint32_t* slot = slots;
      own_codec_.Encode(keys, [&](std::string_view key) { *slot++ = bytes_.Find(key); });
      break;
    }
  }
  for (const auto& column : keys.columns()) {
    if (column->null_count() == 0) continue;
    for (std::size_t i = 0; i < rows; ++i) {
      if (column->IsNull(static_cast<std::int64_t>(i))) slots[i] = kAbsent;
    }
  }
  if (null_slot_ == kNoNull) return;
  for (std::size_t i = 0; i < rows; ++i) {
    if (slots[i] >= null_slot_ && slots[i] != kAbsent) ++slots[i];
  }
}

int KeyTable::KeyGroup(std::uint32_t slot) const {
  if (form_ == Form::kNone || slot == null_slot_) return kKeyGroupOfNull;
  if (form_ == Form::kInteger) return KeyGroupOfInteger(integers_.key(InIndex(slot)));
  return KeyGroupOfBytes(bytes_.key(InIndex(slot)));
}

std::vector<std::shared_ptr<arrow::Array>> KeyTable::Columns(
    std::span<const std::uint32_t> slots) const {
  if (form_ == Form::kNone) return {};
  if (form_ == Form::kEncoded) {
    return codec_.Decode(slots.size(), [&](std::size_t i) { return bytes_.key(slots[i]); });
  }
  std::string values, offsets, valid((slots.size() + 7) / 8, '\xff');
  std::int64_t nulls = 0;
  const auto clear = [&](std::size_t i) {
    valid[i / 8] = static_cast<char>(valid[i / 8] & ~(1 << (i % 8)));
    ++nulls;
  };
  std::vector<std::shared_ptr<arrow::Buffer>> buffers(1);
  if (form_ == Form::kInteger) {
    const auto width = static_cast<std::size_t>(width_);
    values.resize(slots.size() * width);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i] == null_slot_) {
        clear(i);
      } else {
        const std::int64_t key = integers_.key(InIndex(slots[i]));
        if (width == 8) {
          std::memcpy(values.data() + i * 8, &key, 8);
        } else {
          std::memcpy(values.data() + i * width, &key,
                      width);  // little endian: the low bytes come first
        }
      }
    }
    buffers.push_back(arrow::Buffer::FromString(std::move(values)));
  } else {
    const std::size_t width = large_ ? 8 : 4;
    offsets.resize((slots.size() + 1) * width);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i] == null_slot_) {
        clear(i);
      } else {
        values.append(bytes_.key(InIndex(slots[i])));
      }
      const auto end = static_cast<std::int64_t>(values.size());
      std::memcpy(offsets.data() + (i + 1) * width, &end, width);
    }
    buffers.push_back(arrow::Buffer::FromString(std::move(offsets)));
    buffers.push_back(arrow::Buffer::FromString(std::move(values)));
  }
  if (nulls > 0) buffers[0] = arrow::Buffer::FromString(std::move(valid));
  return {arrow::MakeArray(arrow::ArrayData::Make(
      fields()[0]->type(), static_cast<std::int64_t>(slots.size()), std::move(buffers), nulls))};
}

void KeyTable::Keep(std::span<const std::uint32_t> slots) {
  if (form_ == Form::kNone) return;
  std::vector<std::uint32_t> kept;
  kept.reserve(slots.size());
  std::uint32_t null_slot = kNoNull;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i] == null_slot_) {
      null_slot = static_cast<std::uint32_t>(i);
    } else {
      kept.push_back(InIndex(slots[i]));
    }
  }
  form_ == Form::kInteger ? integers_.Keep(kept) : bytes_.Keep(kept);
  null_slot_ = null_slot;
}

}  // namespace thalweg::operators
