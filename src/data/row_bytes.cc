#include "data/row_bytes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>

#include "data/types.h"

namespace thalweg::data {
namespace {

static_assert(std::endian::native == std::endian::little, "canonical bytes are little endian");

// The first byte of a value. Part of the format: never renumber.
enum class Tag : char {
  kNull = 0,
  kBoolean = 1,
  kTinyint = 2,
  kSmallint = 3,
  kInteger = 4,
  kBigint = 5,
  kUtinyint = 6,
  kUsmallint = 7,
  kUinteger = 8,
  kUbigint = 9,
  kReal = 10,
  kDouble = 11,
  kDecimal = 12,
  kVarchar = 13,
  kBlob = 14,
  kDate = 15,
  kTime = 16,
  kTimestamp = 17,
  kTimestamptz = 18,
  kUuid = 19,
  kJson = 20,
  kList = 21,
  kStruct = 22,
  kMap = 23,
};

template <typename T>
char* Put(T value, char* out) {
  std::memcpy(out, &value, sizeof(value));
  return out + sizeof(value);
}

char* PutTag(Tag tag, char* out) {
  return Put(static_cast<char>(tag), out);
}

// The loops over rows, once. `Derived` gives SizeOf(i) and Write(i, out) of a value that is not
// null, both without the tag byte, and tag().
template <typename Derived>
class ValueLoop : public ValueBytes {
 public:
  explicit ValueLoop(const arrow::Array& array)
      : validity_(array.null_bitmap_data()), offset_(array.offset()) {}

  void AddLengths(std::int64_t begin, std::int64_t count, std::size_t* lengths) const final {
    for (std::int64_t i = 0; i < count; ++i) lengths[i] += Length(begin + i);
  }
  void Scatter(std::int64_t begin, std::int64_t count, char** cursors) const final {
    for (std::int64_t i = 0; i < count; ++i) cursors[i] = WriteOne(begin + i, cursors[i]);
  }
  std::size_t RunLength(std::int64_t begin, std::int64_t count) const final {
    std::size_t length = 0;
    for (std::int64_t i = begin; i < begin + count; ++i) length += Length(i);
    return length;
  }
  char* WriteRun(std::int64_t begin, std::int64_t count, char* out) const final {
    for (std::int64_t i = begin; i < begin + count; ++i) out = WriteOne(i, out);
    return out;
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
  bool IsNull(std::int64_t i) const {
    return validity_ != nullptr && !arrow::bit_util::GetBit(validity_, offset_ + i);
  }
  std::size_t Length(std::int64_t i) const { return IsNull(i) ? 1 : 1 + self().SizeOf(i); }
  char* WriteOne(std::int64_t i, char* out) const {
    if (IsNull(i)) return PutTag(Tag::kNull, out);
    return self().Write(i, PutTag(self().tag(), out));
  }

  const std::uint8_t* const validity_;  // null: no nulls
  const std::int64_t offset_;
};

// A value of fixed size: `Canonical` turns the array's C value into what is written.
template <typename Array, typename Canonical>
class FixedBytes final : public ValueLoop<FixedBytes<Array, Canonical>> {
 public:
  FixedBytes(const arrow::Array& array, Tag tag, Canonical canonical)
      : ValueLoop<FixedBytes>(array),
        array_(static_cast<const Array&>(array)),
        tag_(tag),
        canonical_(canonical) {}
  Tag tag() const { return tag_; }
  std::size_t SizeOf(std::int64_t) const { return sizeof(decltype(canonical_(array_.Value(0)))); }
  char* Write(std::int64_t i, char* out) const { return Put(canonical_(array_.Value(i)), out); }

 private:
  const Array& array_;
  const Tag tag_;
  const Canonical canonical_;
};

template <typename Array, typename Canonical>
std::unique_ptr<ValueBytes> Fixed(const arrow::Array& array, Tag tag, Canonical canonical) {
  return std::make_unique<FixedBytes<Array, Canonical>>(array, tag, canonical);
}

template <typename Array>
std::unique_ptr<ValueBytes> Number(const arrow::Array& array, Tag tag) {
  return Fixed<Array>(array, tag, [](auto value) { return value; });
}

template <typename Float>
Float CanonicalFloat(Float value) {
  if (std::isnan(value)) return std::numeric_limits<Float>::quiet_NaN();
  return value == 0 ? Float{0} : value;  // -0.0 too
}

#pragma pack(push, 1)
struct Moment {
  std::int64_t seconds;
  std::int32_t nanos;  // 0 .. 999,999,999
};
#pragma pack(pop)

template <std::int64_t kPerSecond>
Moment MomentOf(std::int64_t ticks) {
  const std::int64_t rest = ticks % kPerSecond;
  const std::int64_t up = rest < 0 ? 1 : 0;
  constexpr std::int64_t kNanosPerTick = 1'000'000'000 / kPerSecond;
  return {ticks / kPerSecond - up,
          static_cast<std::int32_t>((rest + up * kPerSecond) * kNanosPerTick)};
}

constexpr std::int64_t PerSecond(arrow::TimeUnit::type unit) {
  constexpr std::int64_t kTicks[] = {1, 1'000, 1'000'000, 1'000'000'000};
  return kTicks[static_cast<int>(unit)];
}

std::unique_ptr<ValueBytes> Timestamp(const arrow::Array& array) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const Tag tag = type.timezone().empty() ? Tag::kTimestamp : Tag::kTimestamptz;
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      return Fixed<arrow::TimestampArray>(array, tag, MomentOf<1>);
    case arrow::TimeUnit::MILLI:
      return Fixed<arrow::TimestampArray>(array, tag, MomentOf<1'000>);
    case arrow::TimeUnit::MICRO:
      return Fixed<arrow::TimestampArray>(array, tag, MomentOf<1'000'000>);
    case arrow::TimeUnit::NANO:
      break;
  }
  return Fixed<arrow::TimestampArray>(array, tag, MomentOf<1'000'000'000>);
}

template <typename Array>
std::unique_ptr<ValueBytes> TimeOfDay(const arrow::Array& array) {
  const auto& type = static_cast<const arrow::TimeType&>(*array.type());
  const std::int64_t nanos_per_tick = 1'000'000'000 / PerSecond(type.unit());
  return Fixed<Array>(array, Tag::kTime,
                      [nanos_per_tick](std::int64_t ticks) { return ticks * nanos_per_tick; });
}

class DecimalBytes final : public ValueLoop<DecimalBytes> {
 public:
  explicit DecimalBytes(const arrow::Array& array)
      : ValueLoop(array),
        values_(static_cast<const arrow::FixedSizeBinaryArray&>(array)),
        type_(static_cast<const arrow::DecimalType&>(*array.type())) {}
  Tag tag() const { return Tag::kDecimal; }
  std::size_t SizeOf(std::int64_t) const { return sizeof(std::int8_t) + kBytes; }
  // Arrow stores 4 to 32 bytes, little endian, two's complement; 38 digits fit 16.
  char* Write(std::int64_t i, char* out) const {
    const auto width = static_cast<std::size_t>(type_.byte_width());
    const std::uint8_t* bytes = values_.GetValue(i);
    const bool negative = (bytes[width - 1] & 0x80) != 0;
    out = Put(static_cast<std::int8_t>(type_.scale()), out);
    std::memset(out, negative ? 0xff : 0, kBytes);
    std::memcpy(out, bytes, std::min(kBytes, width));
    return out + kBytes;
  }

 private:
  static constexpr std::size_t kBytes = 16;
  const arrow::FixedSizeBinaryArray& values_;
  const arrow::DecimalType& type_;
};

template <typename Array>
class TextBytes final : public ValueLoop<TextBytes<Array>> {
 public:
  TextBytes(const arrow::Array& array, Tag tag)
      : ValueLoop<TextBytes>(array), array_(static_cast<const Array&>(array)), tag_(tag) {}
  Tag tag() const { return tag_; }
  std::size_t SizeOf(std::int64_t i) const {
    return sizeof(std::uint64_t) + array_.GetView(i).size();
  }
  char* Write(std::int64_t i, char* out) const {
    const std::string_view text = array_.GetView(i);
    out = Put(static_cast<std::uint64_t>(text.size()), out);
    if (!text.empty()) std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }

 private:
  const Array& array_;
  const Tag tag_;
};

class UuidBytes final : public ValueLoop<UuidBytes> {
 public:
  explicit UuidBytes(const arrow::Array& array)
      : ValueLoop(array), array_(static_cast<const arrow::FixedSizeBinaryArray&>(array)) {}
  Tag tag() const { return Tag::kUuid; }
  std::size_t SizeOf(std::int64_t) const { return kBytes; }
  char* Write(std::int64_t i, char* out) const {
    std::memcpy(out, array_.GetValue(i), kBytes);
    return out + kBytes;
  }

 private:
  static constexpr std::size_t kBytes = 16;
  const arrow::FixedSizeBinaryArray& array_;
};

// Lists of every layout, and maps: both have value_offset(i) and value_length(i).
template <typename Array>
class ListBytes final : public ValueLoop<ListBytes<Array>> {
 public:
  ListBytes(const arrow::Array& array, Tag tag, std::unique_ptr<ValueBytes> elements)
      : ValueLoop<ListBytes>(array),
        array_(static_cast<const Array&>(array)),
        tag_(tag),
        elements_(std::move(elements)) {}
  Tag tag() const { return tag_; }
  std::size_t SizeOf(std::int64_t i) const {
    return sizeof(std::uint64_t) +
           elements_->RunLength(array_.value_offset(i), array_.value_length(i));
  }
  char* Write(std::int64_t i, char* out) const {
    const std::int64_t count = array_.value_length(i);
    out = Put(static_cast<std::uint64_t>(count), out);
    return elements_->WriteRun(array_.value_offset(i), count, out);
  }

 private:
  const Array& array_;
  const Tag tag_;
  const std::unique_ptr<ValueBytes> elements_;
};

class StructBytes final : public ValueLoop<StructBytes> {
 public:
  using Fields = std::vector<std::pair<std::shared_ptr<arrow::Array>, std::unique_ptr<ValueBytes>>>;
  StructBytes(const arrow::Array& array, Fields fields)
      : ValueLoop(array), fields_(std::move(fields)) {}
  Tag tag() const { return Tag::kStruct; }
  std::size_t SizeOf(std::int64_t i) const {
    std::size_t size = sizeof(std::uint64_t);
    for (const auto& [array, bytes] : fields_) size += bytes->RunLength(i, 1);
    return size;
  }
  char* Write(std::int64_t i, char* out) const {
    out = Put(static_cast<std::uint64_t>(fields_.size()), out);
    for (const auto& [array, bytes] : fields_) out = bytes->WriteRun(i, 1, out);
    return out;
  }

 private:
  const Fields fields_;  // sliced like the struct; owned here
};

// Key and value, without a tag and a count: an entry is never null, and has always two.
class EntryBytes final : public ValueBytes {
 public:
  EntryBytes(std::shared_ptr<arrow::Array> keys, std::shared_ptr<arrow::Array> items,
             std::unique_ptr<ValueBytes> key, std::unique_ptr<ValueBytes> item)
      : keys_(std::move(keys)),
        items_(std::move(items)),
        key_(std::move(key)),
        item_(std::move(item)) {}
  void AddLengths(std::int64_t begin, std::int64_t count, std::size_t* lengths) const override {
    key_->AddLengths(begin, count, lengths);
    item_->AddLengths(begin, count, lengths);
  }
  void Scatter(std::int64_t begin, std::int64_t count, char** cursors) const override {
    key_->Scatter(begin, count, cursors);
    item_->Scatter(begin, count, cursors);
  }
  std::size_t RunLength(std::int64_t begin, std::int64_t count) const override {
    return key_->RunLength(begin, count) + item_->RunLength(begin, count);
  }
  char* WriteRun(std::int64_t begin, std::int64_t count, char* out) const override {
    for (std::int64_t i = begin; i < begin + count; ++i) {
      out = item_->WriteRun(i, 1, key_->WriteRun(i, 1, out));
    }
    return out;
  }

 private:
  const std::shared_ptr<arrow::Array> keys_, items_;
  const std::unique_ptr<ValueBytes> key_, item_;
};

class DictionaryBytes final : public ValueBytes {
 public:
  DictionaryBytes(const arrow::DictionaryArray& array, std::unique_ptr<ValueBytes> values)
      : array_(array), values_(std::move(values)) {}
  void AddLengths(std::int64_t begin, std::int64_t count, std::size_t* lengths) const override {
    for (std::int64_t i = 0; i < count; ++i) lengths[i] += RunLength(begin + i, 1);
  }
  void Scatter(std::int64_t begin, std::int64_t count, char** cursors) const override {
    for (std::int64_t i = 0; i < count; ++i) cursors[i] = WriteRun(begin + i, 1, cursors[i]);
  }
  std::size_t RunLength(std::int64_t begin, std::int64_t count) const override {
    std::size_t length = 0;
    for (std::int64_t i = begin; i < begin + count; ++i) {
      length += array_.IsNull(i) ? 1 : values_->RunLength(array_.GetValueIndex(i), 1);
    }
    return length;
  }
  char* WriteRun(std::int64_t begin, std::int64_t count, char* out) const override {
    for (std::int64_t i = begin; i < begin + count; ++i) {
      out = array_.IsNull(i) ? PutTag(Tag::kNull, out)
                             : values_->WriteRun(array_.GetValueIndex(i), 1, out);
    }
    return out;
  }

 private:
  const arrow::DictionaryArray& array_;
  const std::unique_ptr<ValueBytes> values_;
};

// A column of the null type, which has no bitmap: each value is the tag alone.
class NullBytes final : public ValueLoop<NullBytes> {
 public:
  explicit NullBytes(const arrow::Array& array) : ValueLoop(array) {}
  Tag tag() const { return Tag::kNull; }
  std::size_t SizeOf(std::int64_t) const { return 0; }
  char* Write(std::int64_t, char* out) const { return out; }
};

template <typename Array>
Result<std::unique_ptr<ValueBytes>> MakeList(const arrow::Array& array) {
  const auto& list = static_cast<const Array&>(array);
  TW_ASSIGN_OR_RETURN(std::unique_ptr<ValueBytes> elements,
                      MakeValueBytes(*array.type()->field(0), *list.values()));
  return std::make_unique<ListBytes<Array>>(array, Tag::kList, std::move(elements));
}

// Through the entries' struct, whose own offset MapArray::keys() and items() leave out.
Result<std::unique_ptr<ValueBytes>> MakeMap(const arrow::Array& array) {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  const auto& entries = static_cast<const arrow::StructArray&>(*map.values());
  std::shared_ptr<arrow::Array> keys = entries.field(0), items = entries.field(1);
  TW_ASSIGN_OR_RETURN(auto key, MakeValueBytes(*entries.type()->field(0), *keys));
  TW_ASSIGN_OR_RETURN(auto item, MakeValueBytes(*entries.type()->field(1), *items));
  auto pairs = std::make_unique<EntryBytes>(std::move(keys), std::move(items), std::move(key),
                                            std::move(item));
  return std::make_unique<ListBytes<arrow::MapArray>>(array, Tag::kMap, std::move(pairs));
}

Result<std::unique_ptr<ValueBytes>> MakeStruct(const arrow::Array& array) {
  const auto& values = static_cast<const arrow::StructArray&>(array);
  StructBytes::Fields fields;
  for (int i = 0; i < values.num_fields(); ++i) {
    std::shared_ptr<arrow::Array> field = values.field(i);
    TW_ASSIGN_OR_RETURN(auto bytes, MakeValueBytes(*array.type()->field(i), *field));
    fields.emplace_back(std::move(field), std::move(bytes));
  }
  return std::make_unique<StructBytes>(array, std::move(fields));
}

template <typename Array>
std::unique_ptr<ValueBytes> Text(const arrow::Array& array, Tag tag) {
  return std::make_unique<TextBytes<Array>>(array, tag);
}

Status NoBytes(const arrow::DataType& type) {
  return Status::Unsupported(
             fmt::format("rows with this type have no digest type={}", type.ToString()))
      .WithSlug("type-not-storable");
}

}  // namespace

Result<std::unique_ptr<ValueBytes>> MakeValueBytes(const arrow::Field& field,
                                                   const arrow::Array& array) {
  // uuid and json are marked on the field, or are the extension type itself.
  const Result<Column> column = FromArrow(field);
  if (!column.ok()) return column.status();
  const bool uuid = column->type == "uuid";
  const Tag text = column->type == "json" ? Tag::kJson : Tag::kVarchar;
  switch (array.type_id()) {
    case arrow::Type::NA:
      return std::make_unique<NullBytes>(array);
    case arrow::Type::BOOL:
      return Fixed<arrow::BooleanArray>(
          array, Tag::kBoolean, [](bool value) { return static_cast<char>(value ? 1 : 0); });
    case arrow::Type::INT8:
      return Number<arrow::Int8Array>(array, Tag::kTinyint);
    case arrow::Type::INT16:
      return Number<arrow::Int16Array>(array, Tag::kSmallint);
    case arrow::Type::INT32:
      return Number<arrow::Int32Array>(array, Tag::kInteger);
    case arrow::Type::INT64:
      return Number<arrow::Int64Array>(array, Tag::kBigint);
    case arrow::Type::UINT8:
      return Number<arrow::UInt8Array>(array, Tag::kUtinyint);
    case arrow::Type::UINT16:
      return Number<arrow::UInt16Array>(array, Tag::kUsmallint);
    case arrow::Type::UINT32:
      return Number<arrow::UInt32Array>(array, Tag::kUinteger);
    case arrow::Type::UINT64:
      return Number<arrow::UInt64Array>(array, Tag::kUbigint);
    case arrow::Type::HALF_FLOAT:
      return Fixed<arrow::HalfFloatArray>(array, Tag::kReal, [](std::uint16_t bits) {
        return CanonicalFloat(arrow::util::Float16::FromBits(bits).ToFloat());
      });
    case arrow::Type::FLOAT:
      return Fixed<arrow::FloatArray>(array, Tag::kReal, CanonicalFloat<float>);
    case arrow::Type::DOUBLE:
      return Fixed<arrow::DoubleArray>(array, Tag::kDouble, CanonicalFloat<double>);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return std::make_unique<DecimalBytes>(array);
    case arrow::Type::STRING:
      return Text<arrow::StringArray>(array, text);
    case arrow::Type::LARGE_STRING:
      return Text<arrow::LargeStringArray>(array, text);
    case arrow::Type::STRING_VIEW:
      return Text<arrow::StringViewArray>(array, text);
    case arrow::Type::BINARY:
      return Text<arrow::BinaryArray>(array, Tag::kBlob);
    case arrow::Type::LARGE_BINARY:
      return Text<arrow::LargeBinaryArray>(array, Tag::kBlob);
    case arrow::Type::BINARY_VIEW:
      return Text<arrow::BinaryViewArray>(array, Tag::kBlob);
    case arrow::Type::FIXED_SIZE_BINARY:
      if (uuid) return std::make_unique<UuidBytes>(array);
      return Text<arrow::FixedSizeBinaryArray>(array, Tag::kBlob);
    case arrow::Type::DATE32:
      return Number<arrow::Date32Array>(array, Tag::kDate);
    case arrow::Type::DATE64:
      return Fixed<arrow::Date64Array>(array, Tag::kDate, [](std::int64_t milliseconds) {
        constexpr std::int64_t kPerDay = 86'400'000;
        const std::int64_t down = milliseconds % kPerDay < 0 ? 1 : 0;
        return static_cast<std::int32_t>(milliseconds / kPerDay - down);
      });
    case arrow::Type::TIME32:
      return TimeOfDay<arrow::Time32Array>(array);
    case arrow::Type::TIME64:
      return TimeOfDay<arrow::Time64Array>(array);
    case arrow::Type::TIMESTAMP:
      return Timestamp(array);
    case arrow::Type::LIST:
      return MakeList<arrow::ListArray>(array);
    case arrow::Type::LARGE_LIST:
      return MakeList<arrow::LargeListArray>(array);
    case arrow::Type::LIST_VIEW:
      return MakeList<arrow::ListViewArray>(array);
    case arrow::Type::LARGE_LIST_VIEW:
      return MakeList<arrow::LargeListViewArray>(array);
    case arrow::Type::FIXED_SIZE_LIST:
      return MakeList<arrow::FixedSizeListArray>(array);
    case arrow::Type::MAP:
      return MakeMap(array);
    case arrow::Type::STRUCT:
      return MakeStruct(array);
    // The field still says what the values are; only their layout is another one.
    case arrow::Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(array);
      TW_ASSIGN_OR_RETURN(auto values, MakeValueBytes(field, *encoded.dictionary()));
      return std::make_unique<DictionaryBytes>(encoded, std::move(values));
    }
    case arrow::Type::EXTENSION:
      return MakeValueBytes(field, *static_cast<const arrow::ExtensionArray&>(array).storage());
    default:
      return NoBytes(*array.type());
  }
}

}  // namespace thalweg::data
