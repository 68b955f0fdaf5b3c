#include "connectors/generator/row_maker.h"

#include <charconv>
#include <cmath>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/hash.h"

namespace thalweg::connectors {
namespace {

using Kind = GeneratedColumn::Kind;

/// SplitMix64 (Steele, Lea, Flood 2014): any row's number by itself.
std::uint64_t Mix(std::uint64_t salt, std::int64_t row) {
  std::uint64_t z = salt + static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// 0 to count - 1, count > 0, from 64 random bits.
std::uint64_t Below(std::uint64_t random, std::uint64_t count) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(random) * count) >> 64);
}

/// 0 to 1, without 1.
double Unit(std::uint64_t random) {
  return static_cast<double>(random >> 11) * 0x1.0p-53;
}

template <typename T, typename Value>
std::shared_ptr<arrow::Array> Fixed(const std::shared_ptr<arrow::DataType>& type,
                                    std::int64_t first, std::int64_t count, Value value) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = value(first + i);
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, count, {nullptr, arrow::Buffer::FromVector(std::move(values))}, 0));
}

/// `append` is void(row, std::string* out).
template <typename Append>
std::shared_ptr<arrow::Array> Texts(std::int64_t count, Append append) {
  std::vector<std::int32_t> offsets;
  offsets.reserve(static_cast<std::size_t>(count) + 1);
  offsets.push_back(0);
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    append(i, &text);
    offsets.push_back(static_cast<std::int32_t>(text.size()));
  }
  return arrow::MakeArray(
      arrow::ArrayData::Make(arrow::utf8(), count,
                             {nullptr, arrow::Buffer::FromVector(std::move(offsets)),
                              arrow::Buffer::FromString(std::move(text))},
                             0));
}

void AppendNumber(std::int64_t number, std::string* out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  out->append(digits, end);
}

std::shared_ptr<arrow::Array> MakeTexts(const GeneratedColumn& column,
                                        const arrow::ArrayVector& made, std::int64_t first,
                                        std::int64_t count) {
  return Texts(count, [&](std::int64_t i, std::string* out) {
    for (const auto& [text, reference] : column.pieces) {
      out->append(text);
      if (reference == -2) continue;
      if (reference == -1) {
        AppendNumber(first + i, out);
        continue;
      }
      const arrow::Array& other = *made[static_cast<std::size_t>(reference)];
      if (other.type_id() == arrow::Type::STRING) {
        out->append(static_cast<const arrow::StringArray&>(other).GetView(i));
      } else {
        AppendNumber(static_cast<const arrow::Int64Array&>(other).Value(i), out);
      }
    }
  });
}

std::shared_ptr<arrow::Array> MakeKeys(const GeneratedColumn& column, std::uint64_t salt,
                                       const std::shared_ptr<arrow::DataType>& type,
                                       std::int64_t first, std::int64_t count) {
  const std::int64_t keys = column.key->count;
  if (column.key->skew == "zipf") {
    // The inverse of ln(1 + x) / ln(1 + keys).
    const double range = std::log1p(static_cast<double>(keys));
    return Fixed<std::int64_t>(type, first, count, [=](std::int64_t row) {
      const auto key = static_cast<std::int64_t>(std::expm1(Unit(Mix(salt, row)) * range));
      return key < keys ? key : keys - 1;
    });
  }
  return Fixed<std::int64_t>(type, first, count, [=](std::int64_t row) {
    return static_cast<std::int64_t>(Below(Mix(salt, row), static_cast<std::uint64_t>(keys)));
  });
}

std::shared_ptr<arrow::Array> MakeTimes(const GeneratedColumn::Time& time, std::uint64_t salt,
                                        const std::shared_ptr<arrow::DataType>& type,
                                        std::int64_t first, std::int64_t count) {
  const std::int64_t start = time.start_us, step = time.step.count();
  const auto spread = static_cast<std::uint64_t>(time.jitter.count() / 1000 + 1);
  return Fixed<std::int64_t>(type, first, count, [=](std::int64_t row) {
    // Rows times nanoseconds can be more than 64 bits hold.
    const auto passed = static_cast<std::int64_t>(static_cast<__int128>(row) * step / 1000);
    return start + passed - static_cast<std::int64_t>(Below(Mix(salt, row), spread));
  });
}

std::shared_ptr<arrow::Array> MakeColumn(const GeneratedColumn& column, std::uint64_t salt,
                                         const std::shared_ptr<arrow::DataType>& type,
                                         const arrow::ArrayVector& made, std::int64_t first,
                                         std::int64_t count, std::int64_t now) {
  switch (column.kind) {
    case Kind::kSequence: {
      const std::int64_t begin = *column.sequence;
      return Fixed<std::int64_t>(type, first, count, [=](std::int64_t row) { return begin + row; });
    }
    case Kind::kKey:
      return MakeKeys(column, salt, type, first, count);
    case Kind::kIntegers: {
      const auto least = static_cast<std::uint64_t>(column.least);
      const std::uint64_t span = static_cast<std::uint64_t>(column.most) - least + 1;
      return Fixed<std::int64_t>(type, first, count, [=](std::int64_t row) {
        const std::uint64_t random = Mix(salt, row);
        return static_cast<std::int64_t>(least + (span == 0 ? random : Below(random, span)));
      });
    }
    case Kind::kReals: {
      const double least = column.real_least, span = column.real_most - column.real_least;
      return Fixed<double>(type, first, count,
                           [=](std::int64_t row) { return least + Unit(Mix(salt, row)) * span; });
    }
    case Kind::kTime:
      return MakeTimes(*column.time, salt, type, first, count);
    case Kind::kStamp:
      return Fixed<std::int64_t>(type, first, count, [=](std::int64_t) { return now; });
    case Kind::kChoice:
      return Texts(count, [&](std::int64_t i, std::string* out) {
        const auto& choice = *column.choice;
        out->append(choice[static_cast<std::size_t>(Below(Mix(salt, first + i), choice.size()))]);
      });
    case Kind::kText:
      break;
  }
  return MakeTexts(column, made, first, count);
}

}  // namespace

RowMaker::RowMaker(const GeneratorBody& body, data::SchemaRef schema, const Clock& clock)
    : body_(body), schema_(std::move(schema)), clock_(clock) {
  for (const auto& [name, column] : body_.generator) {
    row_bytes_ += column.type() == "varchar" ? 16 : 8;
  }
}

Result<data::Batch> RowMaker::Make(std::int64_t first, std::int64_t count) const {
  const std::int64_t now = clock_.Now().time_since_epoch().count();
  arrow::ArrayVector made;
  for (std::size_t i = 0; i < body_.generator.size(); ++i) {
    const auto& [name, column] = body_.generator[i];
    const std::uint64_t salt = Hash64(name, static_cast<std::uint64_t>(body_.seed));
    made.push_back(MakeColumn(column, salt, schema_->field(static_cast<int>(i))->type(), made,
                              first, count, now));
  }
  return arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_), count,
                                  std::move(made));
}

}  // namespace thalweg::connectors
