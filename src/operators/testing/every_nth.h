#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/fields.h"
#include "operators/columns.h"
#include "operators/key_table.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"
#include "operators/state_rows.h"

namespace thalweg::operators::testing {

// [example] Shown by ADDING.md.
struct EveryNthOptions {
  std::vector<std::string> by;
  std::int64_t n = 1;
  static component::OptionsOf<EveryNthOptions> Describe() {
    return component::OptionsOf<EveryNthOptions>("every_nth", "Keeps every n-th row of a key.")
        .Field("by", &EveryNthOptions::by, {.doc = "Key columns.", .scalar_or_list = true})
        .Field("n", &EveryNthOptions::n, {.doc = "How many make one.", .required = true});
  }
};

class EveryNth : public QueuedOperator {
 public:
  EveryNth(data::SchemaRef schema, KeyTable keys, std::int64_t n)
      : schema_(std::move(schema)), keys_(std::move(keys)), n_(n) {}

  Status Snapshot(component::SnapshotWriter& writer) override {  // deltas may hold too much
    std::vector<std::uint32_t> slots;
    std::vector<std::int16_t> groups;
    for (std::uint32_t slot = 0; slot < seen_.size(); ++slot) {
      slots.push_back(slot);
      groups.push_back(static_cast<std::int16_t>(keys_.KeyGroup(slot)));
    }
    Fields fields = keys_.fields();
    fields.push_back(arrow::field("_seen", arrow::int64()));
    Arrays columns = keys_.Columns(slots);
    columns.push_back(MakeWide(arrow::int64(), seen_));
    return WriteState(writer, "counters", fields, groups, kPut, std::move(columns));
  }
  Status Restore(component::SnapshotReader& reader) override {
    return ReadState(reader, "counters", context().groups, [&](const StateBatch& saved) -> Status {
      const std::vector<std::uint32_t> slots = Number(*saved.rows, /*keys_alone=*/true);
      const auto last = saved.rows->num_columns() - 1;
      const auto* seen = saved.rows->column_data(last)->GetValues<std::int64_t>(1);
      for (std::size_t i = 0; i < slots.size(); ++i) seen_[slots[i]] = seen[i];
      return {};
    });
  }

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    const std::vector<std::uint32_t> slots = Number(*batch, /*keys_alone=*/false);
    std::vector<RowRef> kept;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (++seen_[slots[i]] % n_ == 0) kept.push_back({batch, static_cast<std::int64_t>(i)});
    }
    TW_ASSIGN_OR_RETURN(data::Batch rows, GatherRows(schema_, kept));
    Emit(std::move(rows));
    return {};
  }

 private:
  std::vector<std::uint32_t> Number(const arrow::RecordBatch& batch, bool keys_alone) {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch.num_rows()));
    keys_alone ? keys_.MapKeys(batch, slots.data()) : keys_.Map(batch, slots.data());
    seen_.resize(keys_.size());
    return slots;
  }
  const data::SchemaRef schema_;
  KeyTable keys_;
  const std::int64_t n_;
  std::vector<std::int64_t> seen_;  // by number of the key
};

class EveryNthSpec : public component::OperatorSpec {
 public:
  using Options = EveryNthOptions;
  explicit EveryNthSpec(Options options) : options_(std::move(options)) {}
  Result<component::Bound> Bind(std::span<const data::EdgeType> inputs,
                                const component::MakeEvaluator&) const override {
    if (options_.n < 1) return UserError("out-of-range", "n must be at least 1");
    TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "every_nth", inputs[0].schema));
    TW_RETURN_IF_ERROR(KeyTable::Make(*inputs[0].schema, options_.by).status());
    bound.partition_by = {options_.by};
    return bound;
  }
  std::optional<std::string> Lower(component::Dialect,
                                   std::span<const data::EdgeType>) const override {
    return std::nullopt;  // tables have no order: SQL cannot say it
  }
  Result<std::unique_ptr<component::Operator>> Make(
      std::span<const data::EdgeType> inputs) const override {
    TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(*inputs[0].schema, options_.by));
    return std::make_unique<EveryNth>(inputs[0].schema, std::move(keys), options_.n);
  }

 private:
  const Options options_;
};
// [example]

}  // namespace thalweg::operators::testing
