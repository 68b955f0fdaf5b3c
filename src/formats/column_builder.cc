#include "formats/column_builder.h"

#include <limits>
#include <optional>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "data/types.h"
#include "formats/blob_text.h"
#include "formats/json_text.h"
#include "formats/number_text.h"
#include "formats/time_format.h"
#include "formats/time_text.h"

namespace thalweg::formats {
namespace {

/// Values of a fixed number of bytes. `Parse` is a function object: bool(std::string_view, T*,
/// std::string* reason).
template <typename T, typename Parse>
class FixedColumnBuilder : public ColumnBuilder {
 public:
  FixedColumnBuilder(std::shared_ptr<arrow::DataType> type, Parse parse)
      : ColumnBuilder(std::move(type)), parse_(std::move(parse)) {}

  Kind kind() const override { return Kind::kScalar; }
  void AppendNull() override {
    values_.push_back(T{});
    AppendValidity(false);
  }
  bool AppendText(std::string_view text, std::string* reason) override {
    T value{};
    if (!parse_(text, &value, reason)) return false;
    values_.push_back(value);
    AppendValidity(true);
    return true;
  }
  void Truncate(std::int64_t rows) override {
    TruncateValidity(rows);
    values_.resize(static_cast<std::size_t>(rows));
  }
  std::shared_ptr<arrow::Array> Finish() override {
    const std::int64_t length = rows();
    auto [bitmap, nulls] = FinishValidity();
    auto data = arrow::ArrayData::Make(
        type(), length, {std::move(bitmap), arrow::Buffer::FromVector(std::move(values_))}, nulls);
    values_ = {};
    values_.reserve(static_cast<std::size_t>(length));  // batches are mostly alike
    return arrow::MakeArray(std::move(data));
  }
  std::int64_t fixed_width() const override { return sizeof(T) + 1; }

 private:
  Parse parse_;
  std::vector<T> values_;
};

template <typename T, typename Parse>
std::unique_ptr<ColumnBuilder> MakeFixed(std::shared_ptr<arrow::DataType> type, Parse parse) {
  return std::make_unique<FixedColumnBuilder<T, Parse>>(std::move(type), std::move(parse));
}

class BooleanColumnBuilder : public ColumnBuilder {
 public:
  explicit BooleanColumnBuilder(std::shared_ptr<arrow::DataType> type)
      : ColumnBuilder(std::move(type)) {}

  Kind kind() const override { return Kind::kScalar; }
  void AppendNull() override {
    values_.push_back(0);
    AppendValidity(false);
  }
  bool AppendText(std::string_view text, std::string* reason) override {
    bool value = false;
    if (!ParseBoolean(text, &value)) return *reason = "not a boolean", false;
    values_.push_back(value ? 1 : 0);
    AppendValidity(true);
    return true;
  }
  void Truncate(std::int64_t rows) override {
    TruncateValidity(rows);
    values_.resize(static_cast<std::size_t>(rows));
  }
  std::shared_ptr<arrow::Array> Finish() override;
  std::int64_t fixed_width() const override { return 2; }

 private:
  std::vector<std::uint8_t> values_;
};

/// Texts and blobs: `Convert` is bool(std::string_view, std::string* data, std::string* reason),
/// which appends to `data` or leaves it alone.
template <typename Convert>
class BytesColumnBuilder : public ColumnBuilder {
 public:
  BytesColumnBuilder(std::shared_ptr<arrow::DataType> type, Kind kind, Convert convert)
      : ColumnBuilder(std::move(type)), kind_(kind), convert_(std::move(convert)) {}

  Kind kind() const override { return kind_; }
  void AppendNull() override { Close(false); }
  bool AppendText(std::string_view text, std::string* reason) override {
    if (data_.size() + text.size() > kMostBytes) return *reason = "too long for one batch", false;
    if (!convert_(text, &data_, reason)) return false;
    Close(true);
    return true;
  }
  void Truncate(std::int64_t rows) override {
    TruncateValidity(rows);
    offsets_.resize(static_cast<std::size_t>(rows) + 1);
    data_.resize(static_cast<std::size_t>(offsets_.back()));
  }
  std::shared_ptr<arrow::Array> Finish() override {
    const std::int64_t length = rows();
    const std::size_t bytes = data_.size();
    auto [bitmap, nulls] = FinishValidity();
    auto data =
        arrow::ArrayData::Make(type(), length,
                               {std::move(bitmap), arrow::Buffer::FromVector(std::move(offsets_)),
                                arrow::Buffer::FromString(std::move(data_))},
                               nulls);
    // Batches are mostly alike.
    offsets_ = {};
    offsets_.reserve(static_cast<std::size_t>(length) + 1);
    offsets_.push_back(0);
    data_ = {};
    data_.reserve(bytes);
    return arrow::MakeArray(std::move(data));
  }
  std::int64_t fixed_width() const override { return 5; }

 private:
  static constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();

  void Close(bool valid) {
    offsets_.push_back(static_cast<std::int32_t>(data_.size()));
    AppendValidity(valid);
  }

  Kind kind_;
  Convert convert_;
  std::string data_;
  std::vector<std::int32_t> offsets_ = {0};
};

template <typename Convert>
std::unique_ptr<ColumnBuilder> MakeBytes(std::shared_ptr<arrow::DataType> type,
                                         ColumnBuilder::Kind kind, Convert convert) {
  return std::make_unique<BytesColumnBuilder<Convert>>(std::move(type), kind, std::move(convert));
}

std::shared_ptr<arrow::Buffer> PackBits(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::uint8_t> bits((bytes.size() + 7) / 8);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (bytes[i] << (i % 8)));
  }
  return arrow::Buffer::FromVector(std::move(bits));
}

std::shared_ptr<arrow::Array> BooleanColumnBuilder::Finish() {
  const std::int64_t length = rows();
  auto [bitmap, nulls] = FinishValidity();
  auto data = arrow::ArrayData::Make(type(), length, {std::move(bitmap), PackBits(values_)}, nulls);
  values_.clear();
  return arrow::MakeArray(std::move(data));
}

bool Explain(NumberError error, const std::string& type, std::string* reason) {
  switch (error) {
    case NumberError::kNone:
      return true;
    case NumberError::kSyntax:
      *reason = fmt::format("not a number ({})", type);
      break;
    case NumberError::kRange:
      *reason = fmt::format("out of range for {}", type);
      break;
    case NumberError::kFraction:
      *reason = fmt::format("more digits than {} can hold", type);
      break;
  }
  return false;
}

template <typename T>
std::unique_ptr<ColumnBuilder> MakeInteger(std::shared_ptr<arrow::DataType> type,
                                           std::string name) {
  return MakeFixed<T>(std::move(type),
                      [name = std::move(name)](std::string_view text, T* out, std::string* reason) {
                        using Limits = std::numeric_limits<T>;
                        NumberError error = NumberError::kNone;
                        if constexpr (std::is_signed_v<T>) {
                          std::int64_t value = 0;
                          error = ParseInteger(text, Limits::min(), Limits::max(), &value);
                          *out = static_cast<T>(value);
                        } else {
                          std::uint64_t value = 0;
                          error = ParseUnsigned(text, Limits::max(), &value);
                          *out = static_cast<T>(value);
                        }
                        return error == NumberError::kNone || Explain(error, name, reason);
                      });
}

template <typename T>
std::unique_ptr<ColumnBuilder> MakeReal(std::shared_ptr<arrow::DataType> type, std::string name) {
  return MakeFixed<T>(std::move(type),
                      [name = std::move(name)](std::string_view text, T* out, std::string* reason) {
                        return Explain(ParseReal(text, out), name, reason);
                      });
}

std::unique_ptr<ColumnBuilder> MakeDecimal(std::shared_ptr<arrow::DataType> type,
                                           std::string name) {
  const auto& decimal = static_cast<const arrow::Decimal128Type&>(*type);
  const int digits = decimal.precision(), scale = decimal.scale();
  return MakeFixed<__int128>(
      std::move(type), [name = std::move(name), digits, scale](std::string_view text, __int128* out,
                                                               std::string* reason) {
        return Explain(ParseDecimal(text, digits, scale, out), name, reason);
      });
}

/// Reads a civil time by a form, or as ISO 8601 when there is none.
class CivilParser {
 public:
  static Result<CivilParser> Make(const std::string& form) {
    CivilParser parser;
    if (!form.empty()) {
      TW_ASSIGN_OR_RETURN(TimeFormat format, TimeFormat::Compile(form));
      parser.format_ = std::move(format);
    }
    return parser;
  }
  bool Parse(std::string_view text, std::string_view type, CivilTime* civil,
             std::string* reason) const {
    if (format_ ? format_->Parse(text, civil) : ParseIso(text, civil)) [[likely]]
      return true;
    *reason = format_ ? fmt::format("not a {} of the form {}", type, format_->form())
                      : fmt::format("not a {} (ISO 8601)", type);
    return false;
  }

 private:
  std::optional<TimeFormat> format_;
};

std::unique_ptr<ColumnBuilder> MakeDate(std::shared_ptr<arrow::DataType> type, CivilParser parser) {
  return MakeFixed<std::int32_t>(
      std::move(type),
      [parser = std::move(parser)](std::string_view text, std::int32_t* out, std::string* reason) {
        CivilTime civil;
        if (!parser.Parse(text, "date", &civil, reason)) return false;
        if (civil.hour != 0 || civil.minute != 0 || civil.second != 0 || civil.nanosecond != 0) {
          *reason = "a date with a time of day: declare timestamp";
          return false;
        }
        if (DaysOf(civil, out)) return true;
        *reason = "there is no such day";
        return false;
      });
}

std::unique_ptr<ColumnBuilder> MakeTime(std::shared_ptr<arrow::DataType> type) {
  const auto unit = static_cast<const arrow::TimeType&>(*type).unit();
  return MakeFixed<std::int64_t>(
      std::move(type), [ticks = TicksPerSecond(unit)](std::string_view text, std::int64_t* out,
                                                      std::string* reason) {
        CivilTime civil;
        if (!ParseIsoTimeOfDay(text, &civil)) return *reason = "not a time of day", false;
        if (!TicksOfDay(civil, ticks, out)) return *reason = "there is no such time", false;
        return true;
      });
}

std::unique_ptr<ColumnBuilder> MakeTimestamp(std::shared_ptr<arrow::DataType> type,
                                             CivilParser parser) {
  const auto& stamp = static_cast<const arrow::TimestampType&>(*type);
  const bool instant = !stamp.timezone().empty();
  const std::int64_t ticks = TicksPerSecond(stamp.unit());
  return MakeFixed<std::int64_t>(
      std::move(type), [parser = std::move(parser), instant, ticks](
                           std::string_view text, std::int64_t* out, std::string* reason) {
        CivilTime civil;
        if (!parser.Parse(text, "timestamp", &civil, reason)) return false;
        if (!instant && civil.has_offset && civil.offset_seconds != 0) {
          *reason = "a time with an offset from UTC: declare timestamptz";
          return false;
        }
        if (TicksOf(civil, ticks, out)) return true;
        *reason = "there is no such time";
        return false;
      });
}

/// Powers of ten by which epoch_s … epoch_ns differ from seconds; none: not such a form.
std::optional<int> EpochDigits(const std::string& from) {
  if (from == "epoch_s") return 0;
  if (from == "epoch_ms") return 3;
  if (from == "epoch_us") return 6;
  if (from == "epoch_ns") return 9;
  return std::nullopt;
}

/// The usual case: few digits and nothing else. False: something else.
bool QuickEpoch(std::string_view text, int from_digits, std::int64_t ticks, std::int64_t* out) {
  constexpr std::size_t kMostDigits = 18;
  if (text.empty() || text.size() > kMostDigits) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  std::int64_t units = 1;
  for (int i = 0; i < from_digits; ++i) units *= 10;
  if (units < ticks) return !__builtin_mul_overflow(value, ticks / units, out);
  *out = value / (units / ticks);
  return true;
}

std::unique_ptr<ColumnBuilder> MakeEpoch(std::shared_ptr<arrow::DataType> type,
                                         const std::string& from, int from_digits) {
  const auto& stamp = static_cast<const arrow::TimestampType&>(*type);
  const std::int64_t ticks = TicksPerSecond(stamp.unit());
  return MakeFixed<std::int64_t>(
      std::move(type),
      [from, from_digits, ticks](std::string_view text, std::int64_t* out, std::string* reason) {
        if (QuickEpoch(text, from_digits, ticks, out)) return true;
        // Nanoseconds hold every other unit; 30 digits hold every instant in them.
        __int128 nanos = 0;
        const NumberError error = ParseDecimal(text, 30, 9 - from_digits, &nanos);
        if (error != NumberError::kNone) return Explain(error, from, reason);
        const std::int64_t tick = kNanosPerSecond / ticks;
        __int128 value = nanos / tick;
        if (nanos % tick < 0) --value;
        if (value > std::numeric_limits<std::int64_t>::max() ||
            value < std::numeric_limits<std::int64_t>::min()) {
          return Explain(NumberError::kRange, from, reason);
        }
        *out = static_cast<std::int64_t>(value);
        return true;
      });
}

struct Uuid {
  std::uint8_t bytes[16];
};

/// 32 digits with dashes between bytes or not, in braces or not.
bool ParseUuid(std::string_view text, Uuid* out) {
  text = TrimBlanks(text);
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  int digits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '-' && digits > 0 && digits % 2 == 0 && text[at - 1] != '-') continue;
    const int digit = HexDigit(text[at]);
    if (digit < 0 || digits == 32) return false;
    auto& byte = out->bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  return digits == 32 && text.back() != '-';
}

std::unique_ptr<ColumnBuilder> MakeUuid(std::shared_ptr<arrow::DataType> type) {
  return MakeFixed<Uuid>(std::move(type),
                         [](std::string_view text, Uuid* out, std::string* reason) {
                           *out = Uuid{};
                           if (ParseUuid(text, out)) return true;
                           *reason = "not a uuid";
                           return false;
                         });
}

std::unique_ptr<ColumnBuilder> MakeText(std::shared_ptr<arrow::DataType> type) {
  return MakeBytes(std::move(type), ColumnBuilder::Kind::kText,
                   [](std::string_view text, std::string* data, std::string*) {
                     data->append(text);
                     return true;
                   });
}

std::unique_ptr<ColumnBuilder> MakeJson(std::shared_ptr<arrow::DataType> type) {
  return MakeBytes(std::move(type), ColumnBuilder::Kind::kJson,
                   [checker = std::make_shared<JsonChecker>()](
                       std::string_view text, std::string* data, std::string* reason) {
                     if (!checker->IsJson(text)) return *reason = "not JSON", false;
                     data->append(text);
                     return true;
                   });
}

std::unique_ptr<ColumnBuilder> MakeBlob(std::shared_ptr<arrow::DataType> type) {
  return MakeBytes(std::move(type), ColumnBuilder::Kind::kScalar,
                   [](std::string_view text, std::string* data, std::string* reason) {
                     if (AppendBlobFromText(text, data)) return true;
                     *reason = "not a blob: bytes outside of ASCII are written \\xAA";
                     return false;
                   });
}

Result<std::unique_ptr<ColumnBuilder>> MakeTemporal(const arrow::Field& field,
                                                    const TimeRules& rules,
                                                    const std::string& from) {
  const auto& type = field.type();
  if (type->id() == arrow::Type::TIMESTAMP) {
    if (const auto digits = EpochDigits(from)) return MakeEpoch(type, from, *digits);
  } else if (EpochDigits(from)) {
    return Status::Invalid(
               fmt::format("only a timestamp can be counted from 1970 column=\"{}\"", field.name()))
        .WithHint("declare timestamptz, and cast in SQL");
  }
  if (type->id() == arrow::Type::DATE32) {
    TW_ASSIGN_OR_RETURN(CivilParser parser,
                        CivilParser::Make(from.empty() ? rules.date_format : from));
    return MakeDate(type, std::move(parser));
  }
  TW_ASSIGN_OR_RETURN(CivilParser parser,
                      CivilParser::Make(from.empty() ? rules.timestamp_format : from));
  return MakeTimestamp(type, std::move(parser));
}

Result<std::unique_ptr<ColumnBuilder>> MakeNested(const arrow::Field& field,
                                                  const TimeRules& rules) {
  const auto& type = field.type();
  std::vector<std::unique_ptr<ColumnBuilder>> children;
  const auto& parts =
      type->id() == arrow::Type::MAP ? type->field(0)->type()->fields() : type->fields();
  for (const auto& part : parts) {
    TW_ASSIGN_OR_RETURN(auto child, ColumnBuilder::Make(*part, rules, {}));
    children.push_back(std::move(child));
  }
  if (type->id() == arrow::Type::LIST) {
    return std::make_unique<ListColumnBuilder>(type, std::move(children[0]));
  }
  if (type->id() == arrow::Type::STRUCT) {
    return std::make_unique<StructColumnBuilder>(type, std::move(children));
  }
  return std::make_unique<MapColumnBuilder>(type, std::move(children[0]), std::move(children[1]));
}

bool IsTimeType(arrow::Type::type id) {
  return id == arrow::Type::DATE32 || id == arrow::Type::TIMESTAMP;
}

}  // namespace

std::pair<std::shared_ptr<arrow::Buffer>, std::int64_t> ColumnBuilder::FinishValidity() {
  std::int64_t nulls = 0;
  for (const std::uint8_t valid : valid_) nulls += 1 - valid;
  auto bitmap = nulls == 0 ? nullptr : PackBits(valid_);
  valid_.clear();
  return {std::move(bitmap), nulls};
}

Result<std::unique_ptr<ColumnBuilder>> ColumnBuilder::Make(const arrow::Field& field,
                                                           const TimeRules& rules,
                                                           const std::string& from) {
  const auto& type = field.type();
  if (!from.empty() && !IsTimeType(type->id())) {
    return Status::Invalid(
               fmt::format("\"from\" is for dates and timestamps column=\"{}\"", field.name()))
        .WithHint("remove it, or declare the column date, timestamp or timestamptz");
  }
  TW_ASSIGN_OR_RETURN(const data::Column column, data::FromArrow(field));
  switch (type->id()) {
    case arrow::Type::BOOL:
      return std::make_unique<BooleanColumnBuilder>(type);
    case arrow::Type::INT8:
      return MakeInteger<std::int8_t>(type, column.type);
    case arrow::Type::INT16:
      return MakeInteger<std::int16_t>(type, column.type);
    case arrow::Type::INT32:
      return MakeInteger<std::int32_t>(type, column.type);
    case arrow::Type::INT64:
      return MakeInteger<std::int64_t>(type, column.type);
    case arrow::Type::UINT8:
      return MakeInteger<std::uint8_t>(type, column.type);
    case arrow::Type::UINT16:
      return MakeInteger<std::uint16_t>(type, column.type);
    case arrow::Type::UINT32:
      return MakeInteger<std::uint32_t>(type, column.type);
    case arrow::Type::UINT64:
      return MakeInteger<std::uint64_t>(type, column.type);
    case arrow::Type::FLOAT:
      return MakeReal<float>(type, column.type);
    case arrow::Type::DOUBLE:
      return MakeReal<double>(type, column.type);
    case arrow::Type::DECIMAL128:
      return MakeDecimal(type, column.type);
    case arrow::Type::TIME64:
      return MakeTime(type);
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
      return MakeTemporal(field, rules, from);
    case arrow::Type::STRING:
      return column.type == "json" ? MakeJson(type) : MakeText(type);
    case arrow::Type::BINARY:
      return MakeBlob(type);
    case arrow::Type::FIXED_SIZE_BINARY:
      if (column.type == "uuid") return MakeUuid(type);
      break;
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return MakeNested(field, rules);
    default:
      break;
  }
  return Status::Unsupported(fmt::format("a text cannot be read as this type column=\"{}\" type={}",
                                         field.name(), column.type))
      .WithHint("declare it varchar, and cast in SQL");
}

}  // namespace thalweg::formats
