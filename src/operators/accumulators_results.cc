#include <algorithm>
#include <cmath>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/type.h>

#include "operators/accumulator_words.h"
#include "operators/accumulators.h"
#include "operators/key_codec.h"

namespace thalweg::operators {

ArrayRef Accumulators::FinishOne(const Function& function,
                                 const std::shared_ptr<arrow::DataType>& type,
                                 const GroupStates& states,
                                 std::span<const std::uint32_t> groups) const {
  std::vector<std::int64_t> values(groups.size());
  std::vector<std::uint8_t> valid(groups.size(), 1);
  std::vector<std::optional<std::string>> texts;
  const bool real = function.form == NumberForm::kReal, text = function.form == NumberForm::kText;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t group = groups[i];
    const std::int64_t* row = states.words.data() + group * stride_;
    const std::int64_t* word = row + function.word;
    switch (function.what()) {
      case Aggregation::kCountRows:
        values[i] = row[0];
        break;
      case Aggregation::kCount:
        values[i] = word[0];
        break;
      case Aggregation::kSum:
        values[i] = word[kSumWord];
        valid[i] = word[kSumNullsWord] < row[0];
        break;
      case Aggregation::kMean: {
        const std::int64_t rows = row[0] - word[real ? kSumNullsWord : kMeanNullsWord];
        const double sum = real
                               ? Real(word[kSumWord])
                               : static_cast<double>(Join(word[kMeanLowWord], word[kMeanHighWord]));
        valid[i] = rows > 0;
        values[i] = Bits(rows > 0 ? sum / static_cast<double>(rows) : 0);
        break;
      }
      case Aggregation::kMin:
      case Aggregation::kMax:
        if (text) {
          texts.push_back(word[0] > 0 ? std::optional(states.texts[function.beside][group])
                                      : std::nullopt);
        } else {
          valid[i] = word[kExtremeRowsWord] > 0;
          values[i] = real ? Ordered(word[kExtremeWord]) : word[kExtremeWord];
        }
        break;
      case Aggregation::kFirst:
      case Aggregation::kLast:
        if (text) {
          texts.push_back(word[kEndKindWord] == kEndIsValue
                              ? std::optional(states.texts[function.beside][group])
                              : std::nullopt);
        } else {
          valid[i] = word[kEndKindWord] == kEndIsValue;
          values[i] = word[kEndValueWord];
        }
        break;
      case Aggregation::kCountDistinct:
        values[i] = static_cast<std::int64_t>(states.sets[function.beside][group].size());
        break;
      case Aggregation::kQuantile: {
        std::vector<std::int64_t> list = states.lists[function.beside][group];
        valid[i] = !list.empty();
        if (list.empty()) break;
        // The least value that at least this share of the values does not exceed.
        const auto size = static_cast<double>(list.size());
        const auto rank =
            static_cast<std::ptrdiff_t>(std::max(1.0, std::ceil(size * function.call.fraction))) -
            1;
        std::nth_element(list.begin(), list.begin() + rank, list.end());
        const std::int64_t value = list[static_cast<std::size_t>(rank)];
        values[i] = real ? Ordered(value) : value;
        break;
      }
    }
  }
  if (text && function.what() != Aggregation::kCount &&
      function.what() != Aggregation::kCountDistinct) {
    return MakeText(type, texts);
  }
  return MakeNumbers(type, std::move(values), valid);
}

Arrays Accumulators::Finish(const GroupStates& states,
                            std::span<const std::uint32_t> groups) const {
  Arrays columns;
  for (std::size_t f = 0; f < functions_.size(); ++f) {
    columns.push_back(FinishOne(functions_[f], fields_[f]->type(), states, groups));
  }
  return columns;
}

}  // namespace thalweg::operators
