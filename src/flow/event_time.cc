#include "flow/event_time.h"

#include <algorithm>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/columns.h"
#include "operators/key_codec.h"

namespace thalweg::flow {

namespace {
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
}  // namespace

void SplitTime::set_watermark(std::int64_t ns) {
  watermark_ = ns;
  if (ns != kNone) {
    greatest_ = ns > std::numeric_limits<std::int64_t>::max() - lateness_ ? ns : ns + lateness_;
  }
}

void SplitTime::Cut(const data::Batch& batch, const std::function<void(data::Batch)>& rows,
                    const std::function<void()>& moved) {
  const arrow::ArrayData& column = *batch->column_data(column_);
  const auto* times = column.GetValues<std::int64_t>(1);
  std::vector<std::uint8_t> scratch;
  const std::uint8_t* valid = operators::Validity(column, &scratch);
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < column.length; ++i) {
    if (valid != nullptr && valid[i] == 0) continue;
    std::int64_t ns;
    if (__builtin_mul_overflow(times[i], ns_per_unit_, &ns)) {
      ns = times[i] < 0 ? kNone + 1 : std::numeric_limits<std::int64_t>::max();
    }
    if (ns > greatest_) {
      greatest_ = ns;
      continue;
    }
    const std::int64_t limit = greatest_ < kNone + lateness_ ? kNone : greatest_ - lateness_;
    if (ns >= limit || limit <= watermark_) continue;
    if (i > begin) rows(batch->Slice(begin, i - begin));
    begin = i;
    watermark_ = limit;
    moved();
  }
  if (begin == 0) {
    rows(batch);
  } else if (begin < column.length) {
    rows(batch->Slice(begin));
  }
  if (greatest_ != kNone) {
    watermark_ =
        std::max(watermark_, greatest_ < kNone + lateness_ ? kNone : greatest_ - lateness_);
  }
}

void LeastWatermark::Set(std::size_t input, std::int64_t ns) {
  inputs_[input].ns = std::max(inputs_[input].ns, ns);
  inputs_[input].idle = false;
}

std::int64_t LeastWatermark::Get() {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  bool any = false;
  for (const Input& input : inputs_) {
    if (input.ended || input.idle) continue;
    any = true;
    least = std::min(least, input.ns);
  }
  if (any) least_ = std::max(least_, least);
  if (idle()) {
    for (const Input& input : inputs_) {
      if (!input.ended) least_ = std::max(least_, input.ns);
    }
  }
  return least_;
}

bool LeastWatermark::idle() const {
  bool any = false;
  for (const Input& input : inputs_) {
    if (input.ended) continue;
    if (!input.idle) return false;
    any = true;
  }
  return any;
}

Result<TimeColumn> FindTimeColumn(const arrow::Schema& schema, const std::string& name) {
  TW_ASSIGN_OR_RETURN(const int index, operators::FindColumn(schema, name));
  auto unit = operators::NanosecondsPerUnit(*schema.field(index)->type());
  if (!unit.ok() || schema.field(index)->type()->id() != arrow::Type::TIMESTAMP) {
    return operators::UserError(
               "wrong-type",
               fmt::format("event time needs a column of type timestamptz, and \"{}\" "
                           "is {}",
                           name, schema.field(index)->type()->ToString()))
        .WithHint("declare the column's type in the source: columns: {" + name + ": timestamptz}");
  }
  return TimeColumn{index, *unit};
}

}  // namespace thalweg::flow
