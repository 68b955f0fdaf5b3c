#include "operators/simple_condition.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/ascii.h"
#include "data/types.h"
#include "operators/columns.h"

namespace thalweg::operators {
namespace {

bool IsNameStart(char c) {
  return IsLetter(c) || c == '_';
}

void SkipBlanks(std::string_view* text) {
  while (!text->empty() && std::strchr(" \t\r\n", text->front()) != nullptr) text->remove_prefix(1);
}

std::string TakeName(std::string_view* text) {
  std::string name;
  while (!text->empty() &&
         (IsNameStart(text->front()) || (!name.empty() && IsDigit(text->front())))) {
    name.push_back(ToLower(text->front()));
    text->remove_prefix(1);
  }
  return name;
}

/// Names that SQL takes for functions, also where a column is called so.
bool IsWord(const std::string& name) {
  return name.starts_with("current_") || name.starts_with("local") || name.ends_with("user");
}

/// The only column of this name; -1: none, or not so clear.
int FindOnly(const arrow::Schema& schema, const std::string& name) {
  int found = -1;
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (!EqualIgnoringCase(schema.field(i)->name(), name)) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

/// 'it''s', up to the end.
std::optional<std::string> ParseText(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'' && (++i == text.size() || text[i] != '\'')) return std::nullopt;
    value.push_back(text[i]);
  }
  return value;
}

template <typename Test>
std::shared_ptr<arrow::Array> Verdicts(std::int64_t rows, std::int64_t* kept, Test test) {
  std::vector<std::uint8_t> bits(static_cast<std::size_t>((rows + 7) / 8));
  *kept = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const bool holds = test(row);
    *kept += holds ? 1 : 0;
    bits[static_cast<std::size_t>(row >> 3)] |=
        static_cast<std::uint8_t>(static_cast<unsigned>(holds) << (row & 7));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(
      arrow::boolean(), rows, {nullptr, arrow::Buffer::FromVector(std::move(bits))}, 0));
}

}  // namespace

std::optional<SimpleCondition> SimpleCondition::Parse(const arrow::Schema& schema,
                                                      std::string_view text) {
  constexpr std::pair<std::string_view, Operation> kOperations[] = {
      {"<=", Operation::kLessOrEqual}, {">=", Operation::kGreaterOrEqual},
      {"<>", Operation::kUnequal},     {"!=", Operation::kUnequal},
      {"=", Operation::kEqual},        {"<", Operation::kLess},
      {">", Operation::kGreater}};
  SimpleCondition condition;
  SkipBlanks(&text);
  const std::string name = TakeName(&text);
  condition.column_ = FindOnly(schema, name);
  if (condition.column_ < 0 || IsWord(name)) return std::nullopt;
  const auto column = data::FromArrow(*schema.field(condition.column_));
  if (!column.ok()) return std::nullopt;
  SkipBlanks(&text);
  const auto* operation =
      std::find_if(std::begin(kOperations), std::end(kOperations),
                   [&](const auto& each) { return text.starts_with(each.first); });
  if (operation == std::end(kOperations)) return std::nullopt;
  condition.operation_ = operation->second;
  text.remove_prefix(operation->first.size());
  SkipBlanks(&text);
  while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr) text.remove_suffix(1);
  if (column->type == "varchar") {
    auto value = ParseText(text);
    if (!value) return std::nullopt;
    condition.text_ = *std::move(value);
    return condition;
  }
  if (column->type != "bigint" && column->type != "integer") return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, condition.number_);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return condition;
}

bool SimpleCondition::Holds(Operation operation, int order) {
  switch (operation) {
    case Operation::kEqual:
      return order == 0;
    case Operation::kUnequal:
      return order != 0;
    case Operation::kLess:
      return order < 0;
    case Operation::kLessOrEqual:
      return order <= 0;
    case Operation::kGreater:
      return order > 0;
    case Operation::kGreaterOrEqual:
      break;
  }
  return order >= 0;
}

std::shared_ptr<arrow::Array> SimpleCondition::Test(const arrow::RecordBatch& batch,
                                                    std::int64_t* kept) const {
  const arrow::ArrayData& column = *batch.column_data(column_);
  std::vector<std::uint8_t> scratch;
  const std::uint8_t* const valid = Validity(column, &scratch);
  const auto numbers = [&](const auto* values) {
    const std::int64_t to = number_;
    // A loop of its own for each operation.
    const auto test = [&](auto holds) {
      if (valid == nullptr)
        return Verdicts(column.length, kept, [&](std::int64_t row) { return holds(values[row]); });
      return Verdicts(column.length, kept,
                      [&](std::int64_t row) { return valid[row] != 0 && holds(values[row]); });
    };
    switch (operation_) {
      case Operation::kEqual:
        return test([to](std::int64_t value) { return value == to; });
      case Operation::kUnequal:
        return test([to](std::int64_t value) { return value != to; });
      case Operation::kLess:
        return test([to](std::int64_t value) { return value < to; });
      case Operation::kLessOrEqual:
        return test([to](std::int64_t value) { return value <= to; });
      case Operation::kGreater:
        return test([to](std::int64_t value) { return value > to; });
      case Operation::kGreaterOrEqual:
        break;
    }
    return test([to](std::int64_t value) { return value >= to; });
  };
  if (column.type->id() == arrow::Type::INT64) return numbers(column.GetValues<std::int64_t>(1));
  if (column.type->id() == arrow::Type::INT32) return numbers(column.GetValues<std::int32_t>(1));
  const auto* offsets = column.GetValues<std::int32_t>(1);
  const auto* bytes =
      column.buffers[2] == nullptr ? "" : reinterpret_cast<const char*>(column.buffers[2]->data());
  const auto value = [&](std::int64_t row) {
    return std::string_view(bytes + offsets[row],
                            static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
  };
  if (operation_ == Operation::kEqual || operation_ == Operation::kUnequal) {
    const bool wanted = operation_ == Operation::kEqual;
    return Verdicts(column.length, kept, [&](std::int64_t row) {
      return (valid == nullptr || valid[row] != 0) && (value(row) == text_) == wanted;
    });
  }
  return Verdicts(column.length, kept, [&](std::int64_t row) {
    return (valid == nullptr || valid[row] != 0) && Holds(operation_, value(row).compare(text_));
  });
}

}  // namespace thalweg::operators
