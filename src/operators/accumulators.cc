#include "operators/accumulators.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <fmt/format.h>

#include "operators/accumulator_words.h"
#include "operators/key_codec.h"
#include "operators/type_name.h"

namespace thalweg::operators {
namespace {

std::size_t WordsOf(Aggregation what, NumberForm form) {
  switch (what) {
    case Aggregation::kCount:
      return 1;
    case Aggregation::kSum:
      return 2;
    case Aggregation::kMean:
      return form == NumberForm::kInteger ? 3 : 2;
    case Aggregation::kMin:
    case Aggregation::kMax:
      return form == NumberForm::kText ? 1 : 2;
    case Aggregation::kFirst:
    case Aggregation::kLast:
      return form == NumberForm::kText ? 2 : 3;
    default:
      return 0;
  }
}

Status Overflow(const AggregateCall& call) {
  return Status(
             Code::kInvalid, Fault::kUser,
             fmt::format(
                 "the sum of column \"{}\" does not fit into a bigint: cast the column to double",
                 call.column))
      .WithSlug("overflow");
}

std::shared_ptr<arrow::DataType> ResultType(Aggregation what, NumberForm form,
                                            const std::shared_ptr<arrow::DataType>& input) {
  switch (what) {
    case Aggregation::kCountRows:
    case Aggregation::kCount:
    case Aggregation::kCountDistinct:
      return arrow::int64();
    case Aggregation::kSum:
      return form == NumberForm::kReal ? arrow::float64() : arrow::int64();
    case Aggregation::kMean:
      return arrow::float64();
    default:
      return input;
  }
}

bool IsNumeric(const arrow::DataType& type) {
  return FormOf(type) == NumberForm::kReal || (arrow::is_integer(type.id()));
}

Status CheckType(const AggregateCall& call, const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  const NumberForm form = FormOf(type);
  bool good = form != NumberForm::kOther;
  if (call.what == Aggregation::kCount) good = true;
  if (call.what == Aggregation::kSum || call.what == Aggregation::kMean) good = IsNumeric(type);
  if (call.what == Aggregation::kQuantile)
    good = form == NumberForm::kInteger || form == NumberForm::kReal;
  if (good) return {};
  return UserError(
      "bad-aggregate",
      fmt::format("column \"{}\": \"{}\" has type {}, which this function cannot take: cast it",
                  call.output, call.column, TypeName(field)));
}

}  // namespace

struct Accumulators::Input {
  const arrow::ArrayData* column = nullptr;
  const std::int64_t* values = nullptr;  // by i, of kInteger and kReal
  const std::uint8_t* valid = nullptr;   // by i; null: all are
  const std::uint32_t* rows = nullptr;
  const std::uint32_t* slots = nullptr;
  std::size_t count = 0;
  const std::int64_t* times = nullptr;

  std::int64_t row(std::size_t i) const {
    return rows == nullptr ? static_cast<std::int64_t>(i) : rows[i];
  }
};

Result<Accumulators> Accumulators::Bind(const arrow::Schema& schema,
                                        const std::vector<AggregateCall>& calls,
                                        const std::optional<std::string>& time) {
  Accumulators bound;
  // None of these is ever NULL, which saves a snapshot the levels that say so.
  bound.state_fields_.push_back(arrow::field("_rows", arrow::int64(), false));
  for (const AggregateCall& call : calls) {
    Function function{call, NumberForm::kInteger, -1, bound.stride_, 0};
    std::shared_ptr<arrow::DataType> type = arrow::int64();
    if (call.what != Aggregation::kCountRows) {
      TW_ASSIGN_OR_RETURN(function.column, FindColumn(schema, call.column));
      type = schema.field(function.column)->type();
      function.form = FormOf(*type);
      TW_RETURN_IF_ERROR(CheckType(call, *schema.field(function.column)));
    }
    if (call.what == Aggregation::kFirst || call.what == Aggregation::kLast) {
      bound.needs_time_ = true;
      if (!time) {
        return UserError(
            "no-event-time",
            fmt::format(
                "column \"{}\": first and last go by event time, but the input has none: set "
                "event_time on its source",
                call.output));
      }
    }
    bound.fields_.push_back(arrow::field(call.output, ResultType(call.what, function.form, type)));
    const std::size_t words = WordsOf(call.what, function.form);
    for (std::size_t i = 0; i < words; ++i) {
      bound.state_fields_.push_back(
          arrow::field(fmt::format("_{}_{}", call.output, i), arrow::int64(), false));
    }
    bound.stride_ += words;
    if (call.what == Aggregation::kCountDistinct) {
      function.beside = bound.sets_++;
    } else if (call.what == Aggregation::kQuantile) {
      function.beside = bound.lists_++;
    } else if (words > 0 && function.form == NumberForm::kText &&
               call.what != Aggregation::kCount) {
      function.beside = bound.texts_++;
    }
    bound.functions_.push_back(std::move(function));
  }
  for (std::size_t i = 0; i < bound.texts_ + bound.sets_ + bound.lists_; ++i) {
    bound.state_fields_.push_back(
        arrow::field(fmt::format("_values_{}", i), arrow::binary(), false));
  }
  return bound;
}

void Accumulators::Resize(std::size_t groups, GroupStates* states) const {
  states->words.resize(groups * stride_);
  states->texts.resize(texts_);
  states->sets.resize(sets_);
  states->lists.resize(lists_);
  for (auto& texts : states->texts) texts.resize(groups);
  for (auto& sets : states->sets) sets.resize(groups);
  for (auto& lists : states->lists) lists.resize(groups);
}

void Accumulators::Clear(GroupStates* states) const {
  std::fill(states->words.begin(), states->words.end(), 0);
  for (auto& texts : states->texts) texts.assign(texts.size(), {});
  for (auto& sets : states->sets) sets.assign(sets.size(), {});
  for (auto& lists : states->lists) lists.assign(lists.size(), {});
}

void Accumulators::ClearGroup(std::size_t group, GroupStates* states) const {
  std::fill_n(states->words.begin() + static_cast<std::ptrdiff_t>(group * stride_), stride_, 0);
  for (auto& texts : states->texts) texts[group].clear();
  for (auto& sets : states->sets) sets[group].clear();
  for (auto& lists : states->lists) lists[group].clear();
}

namespace {

/// Calls apply(words of the group, i) for each row. Groups beyond the first caches are asked for
/// some rows ahead, so that their misses overlap.
template <typename Apply>
void ForEachRow(LargeVector<std::int64_t>& words, std::size_t stride, const std::uint32_t* slots,
                std::size_t count, Apply apply) {
  constexpr std::size_t kAhead = 16, kCachedWords = 32 << 10;
  std::int64_t* base = words.data();
  std::size_t i = 0;
  if (words.size() > kCachedWords) {
    for (; i + kAhead < count; ++i) {
      __builtin_prefetch(base + slots[i + kAhead] * stride, 1);
      apply(base + slots[i] * stride, i);
    }
  }
  for (; i < count; ++i) apply(base + slots[i] * stride, i);
}

}  // namespace

Status Accumulators::Update(const arrow::RecordBatch& batch, const std::uint32_t* rows,
                            const std::uint32_t* slots, std::size_t count,
                            const std::int64_t* times, GroupStates* states) {
  bool counted = false;
  // Rows are counted together with the first plain sum: one pass instead of two.
  for (const Function& function : functions_) {
    if (function.what() == Aggregation::kCountRows) continue;
    Input input{
        batch.column_data(function.column).get(), nullptr, nullptr, rows, slots, count, times};
    input.valid = Validity(*input.column, &valid_);
    if (function.form == NumberForm::kInteger || function.form == NumberForm::kReal) {
      input.values = WideValues(*input.column, &wide_);
    }
    if (rows != nullptr && input.values != nullptr) {
      picked_.resize(count);
      for (std::size_t i = 0; i < count; ++i) picked_[i] = input.values[rows[i]];
      input.values = picked_.data();
    }
    if (rows != nullptr && input.valid != nullptr) {
      picked_valid_.resize(count);
      for (std::size_t i = 0; i < count; ++i) picked_valid_[i] = input.valid[rows[i]];
      input.valid = picked_valid_.data();
    }
    const bool count_rows =
        !counted && function.what() == Aggregation::kSum && input.valid == nullptr;
    counted |= count_rows;
    TW_RETURN_IF_ERROR(UpdateOne(function, input, count_rows, states));
  }
  if (!counted) {
    ForEachRow(states->words, stride_, slots, count,
               [](std::int64_t* row, std::size_t) { ++row[0]; });
  }
  return {};
}

Status Accumulators::UpdateOne(const Function& function, const Input& input, bool count_rows,
                               GroupStates* states) const {
  const std::size_t at = function.word;
  const std::int64_t* values = input.values;
  const std::uint8_t* valid = input.valid;
  const auto each = [&](auto apply) {
    ForEachRow(states->words, stride_, input.slots, input.count, apply);
  };
  const auto each_valid = [&](auto apply) {
    each([&](std::int64_t* row, std::size_t i) {
      if (valid == nullptr || valid[i] != 0) apply(row + at, i);
    });
  };
  const bool real = function.form == NumberForm::kReal;
  switch (function.what()) {
    case Aggregation::kCountRows:
      break;
    case Aggregation::kCount:
      each_valid([](std::int64_t* word, std::size_t) { ++word[0]; });
      break;
    case Aggregation::kSum: {
      bool overflow = false;
      const auto add = [&overflow](std::int64_t* word, std::int64_t value) {
        overflow |= __builtin_add_overflow(word[kSumWord], value, &word[kSumWord]);
      };
      if (count_rows && real) {
        each([=](std::int64_t* row, std::size_t i) {
          ++row[0];
          row[at] = Bits(Real(row[at]) + Real(values[i]));
        });
      } else if (count_rows) {
        each([=, &add](std::int64_t* row, std::size_t i) {
          ++row[0];
          add(row + at, values[i]);
        });
      } else {
        each([=, &add](std::int64_t* row, std::size_t i) {
          std::int64_t* word = row + at;
          if (valid != nullptr && valid[i] == 0) {
            ++word[kSumNullsWord];
          } else if (real) {
            word[kSumWord] = Bits(Real(word[kSumWord]) + Real(values[i]));
          } else {
            add(word, values[i]);
          }
        });
      }
      if (overflow) return Overflow(function.call);
      break;
    }
    case Aggregation::kMean:
      each([=](std::int64_t* row, std::size_t i) {
        std::int64_t* word = row + at;
        const bool null = valid != nullptr && valid[i] == 0;
        if (real) {
          null ? void(++word[kSumNullsWord])
               : void(word[kSumWord] = Bits(Real(word[kSumWord]) + Real(values[i])));
        } else if (null) {
          ++word[kMeanNullsWord];
        } else {
          Split(Join(word[kMeanLowWord], word[kMeanHighWord]) + values[i], &word[kMeanLowWord],
                &word[kMeanHighWord]);
        }
      });
      break;
    case Aggregation::kMin:
    case Aggregation::kMax: {
      if (function.form == NumberForm::kText) return UpdateText(function, input, states), Status();
      const bool least = function.what() == Aggregation::kMin;
      each_valid([=](std::int64_t* word, std::size_t i) {
        const std::int64_t value = real ? ToOrdered(values[i]) : values[i];
        if (word[kExtremeRowsWord]++ == 0 ||
            (least ? value < word[kExtremeWord] : value > word[kExtremeWord]))
          word[kExtremeWord] = value;
      });
      break;
    }
    case Aggregation::kFirst:
    case Aggregation::kLast: {
      if (function.form == NumberForm::kText) return UpdateText(function, input, states), Status();
      const bool first = function.what() == Aggregation::kFirst;
      const std::int64_t* times = input.times;
      each([=](std::int64_t* row, std::size_t i) {
        std::int64_t* word = row + at;
        if (word[kEndKindWord] != kNoEnd &&
            !(first ? times[i] < word[kEndTimeWord] : times[i] > word[kEndTimeWord]))
          return;
        word[kEndTimeWord] = times[i];
        const bool null = valid != nullptr && valid[i] == 0;
        word[kEndKindWord] = null ? kEndIsNull : kEndIsValue;
        word[kEndValueWord] = null ? 0 : values[i];
      });
      break;
    }
    case Aggregation::kCountDistinct: {
      auto& sets = states->sets[function.beside];
      for (std::size_t i = 0; i < input.count; ++i) {
        if (valid != nullptr && valid[i] == 0) continue;
        if (function.form == NumberForm::kText) {
          sets[input.slots[i]].emplace(TextAt(*input.column, input.row(i)));
        } else {
          const std::int64_t value = real ? ToOrdered(values[i]) : values[i];
          sets[input.slots[i]].emplace(reinterpret_cast<const char*>(&value), sizeof value);
        }
      }
      break;
    }
    case Aggregation::kQuantile: {
      auto& lists = states->lists[function.beside];
      for (std::size_t i = 0; i < input.count; ++i) {
        if (valid != nullptr && valid[i] == 0) continue;
        lists[input.slots[i]].push_back(real ? ToOrdered(values[i]) : values[i]);
      }
      break;
    }
  }
  return {};
}

void Accumulators::UpdateText(const Function& function, const Input& input,
                              GroupStates* states) const {
  auto& texts = states->texts[function.beside];
  for (std::size_t i = 0; i < input.count; ++i) {
    const bool null = input.valid != nullptr && input.valid[i] == 0;
    std::int64_t* word = states->words.data() + input.slots[i] * stride_ + function.word;
    std::string& kept = texts[input.slots[i]];
    const std::string_view text = null ? std::string_view() : TextAt(*input.column, input.row(i));
    if (function.what() == Aggregation::kMin || function.what() == Aggregation::kMax) {
      if (null) continue;
      if (word[0]++ == 0 || (function.what() == Aggregation::kMin ? text < kept : text > kept))
        kept = text;
    } else {
      const std::int64_t time = input.times[i];
      const bool first = function.what() == Aggregation::kFirst;
      if (word[kEndKindWord] != kNoEnd &&
          !(first ? time < word[kEndTimeWord] : time > word[kEndTimeWord]))
        continue;
      word[kEndTimeWord] = time;
      word[kEndKindWord] = null ? kEndIsNull : kEndIsValue;
      kept = text;
    }
  }
}

Status Accumulators::MergeOne(const Function& function, const GroupStates& from,
                              std::size_t from_group, GroupStates* to, std::size_t to_group) const {
  const std::int64_t* source = from.words.data() + from_group * stride_ + function.word;
  std::int64_t* target = to->words.data() + to_group * stride_ + function.word;
  const bool real = function.form == NumberForm::kReal, text = function.form == NumberForm::kText;
  switch (function.what()) {
    case Aggregation::kCountRows:
      break;
    case Aggregation::kCount:
      target[0] += source[0];
      break;
    case Aggregation::kSum:
    case Aggregation::kMean:
      if (real) {
        target[kSumWord] = Bits(Real(target[kSumWord]) + Real(source[kSumWord]));
        target[kSumNullsWord] += source[kSumNullsWord];
      } else if (function.what() == Aggregation::kMean) {
        Split(Join(target[kMeanLowWord], target[kMeanHighWord]) +
                  Join(source[kMeanLowWord], source[kMeanHighWord]),
              &target[kMeanLowWord], &target[kMeanHighWord]);
        target[kMeanNullsWord] += source[kMeanNullsWord];
      } else {
        if (__builtin_add_overflow(target[kSumWord], source[kSumWord], &target[kSumWord]))
          return Overflow(function.call);
        target[kSumNullsWord] += source[kSumNullsWord];
      }
      break;
    case Aggregation::kMin:
    case Aggregation::kMax: {
      const bool least = function.what() == Aggregation::kMin;
      const std::size_t rows = text ? 0 : kExtremeRowsWord;
      if (source[rows] == 0) break;
      if (text) {
        const std::string& theirs = from.texts[function.beside][from_group];
        std::string& ours = to->texts[function.beside][to_group];
        if (target[rows] == 0 || (least ? theirs < ours : theirs > ours)) ours = theirs;
      } else if (target[rows] == 0 || (least ? source[kExtremeWord] < target[kExtremeWord]
                                             : source[kExtremeWord] > target[kExtremeWord])) {
        target[kExtremeWord] = source[kExtremeWord];
      }
      target[rows] += source[rows];
      break;
    }
    case Aggregation::kFirst:
    case Aggregation::kLast: {
      if (source[kEndKindWord] == kNoEnd) break;
      const bool first = function.what() == Aggregation::kFirst;
      if (target[kEndKindWord] != kNoEnd &&
          !(first ? source[kEndTimeWord] < target[kEndTimeWord]
                  : source[kEndTimeWord] > target[kEndTimeWord])) {
        break;
      }
      std::copy_n(source, WordsOf(function.what(), function.form), target);
      if (text) to->texts[function.beside][to_group] = from.texts[function.beside][from_group];
      break;
    }
    case Aggregation::kCountDistinct: {
      const auto& theirs = from.sets[function.beside][from_group];
      to->sets[function.beside][to_group].insert(theirs.begin(), theirs.end());
      break;
    }
    case Aggregation::kQuantile: {
      const auto& theirs = from.lists[function.beside][from_group];
      auto& ours = to->lists[function.beside][to_group];
      ours.insert(ours.end(), theirs.begin(), theirs.end());
      break;
    }
  }
  return {};
}

Status Accumulators::Merge(const GroupStates& from, std::size_t from_group, GroupStates* to,
                           std::size_t to_group) const {
  const std::int64_t rows = this->rows(from, from_group);
  if (rows == 0) return {};
  to->words[to_group * stride_] += rows;
  for (const Function& function : functions_) {
    TW_RETURN_IF_ERROR(MergeOne(function, from, from_group, to, to_group));
  }
  return {};
}

Status Accumulators::MergeAll(const GroupStates& from, GroupStates* to) const {
  const std::size_t groups = from.words.size() / stride_;
  const auto add = [&](std::size_t word) {
    bool overflow = false;
    const std::int64_t* source = from.words.data() + word;
    std::int64_t* target = to->words.data() + word;
    for (std::size_t i = 0; i < groups * stride_; i += stride_) {
      overflow |= __builtin_add_overflow(target[i], source[i], &target[i]);
    }
    return overflow;
  };
  // Function by function; what is a plain sum needs no look at single groups.
  add(0);
  for (const Function& function : functions_) {
    const bool real = function.form == NumberForm::kReal;
    if (function.what() == Aggregation::kCountRows) continue;
    if (function.what() == Aggregation::kCount || (function.what() == Aggregation::kSum && !real)) {
      if (add(function.word)) return Overflow(function.call);
      if (function.what() == Aggregation::kSum) add(function.word + kSumNullsWord);
      continue;
    }
    for (std::size_t group = 0; group < groups; ++group) {
      if (rows(from, group) > 0) TW_RETURN_IF_ERROR(MergeOne(function, from, group, to, group));
    }
  }
  return {};
}

}  // namespace thalweg::operators
