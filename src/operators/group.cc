#include "operators/group.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/hash.h"
#include "operators/frame_operator.h"
#include "operators/key_codec.h"
#include "operators/key_table.h"
#include "operators/single_input.h"

namespace thalweg::operators {

component::OptionsOf<GroupOptions> GroupOptions::Describe() {
  return component::OptionsOf<GroupOptions>("group", "Splits each frame into one frame per key.")
      .Field(
          "by", &GroupOptions::by,
          {.doc = "Key columns.", .example = "[host]", .required = true, .scalar_or_list = true});
}

namespace {

class Group : public FrameOperator {
 public:
  Group(data::SchemaRef schema, KeyTable keys, KeyCodec codec)
      : FrameOperator(schema), schema_(schema), keys_(std::move(keys)), codec_(std::move(codec)) {}

 protected:
  std::vector<int> KeyGroups(const data::Batch& batch) override {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_.Map(*batch, slots.data());
    std::vector<int> groups;
    for (const std::uint32_t slot : slots) groups.push_back(keys_.KeyGroup(slot));
    return groups;
  }

  /// A frame's number comes from the frame that it was in and its key, so that equal ones of
  /// several nodes are one to a join.
  Status EmitRows(const data::Batch& rows, bool, std::uint64_t id) override {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(rows->num_rows()));
    keys_.Map(*rows, slots.data());
    std::vector<std::vector<RowRef>> by_key(keys_.size());
    std::vector<std::uint64_t> frames(keys_.size());
    std::size_t row = 0;
    codec_.Encode(*rows, [&](std::string_view key) {
      const std::uint32_t slot = slots[row];
      if (by_key[slot].empty()) frames[slot] = Hash64(key, id);
      by_key[slot].push_back({rows, static_cast<std::int64_t>(row++)});
    });
    for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
      if (by_key[slot].empty()) continue;
      TW_ASSIGN_OR_RETURN(data::Batch batch, GatherRows(schema_, by_key[slot]));
      Emit(data::FrameBegin{frames[slot]});
      Emit(std::move(batch));
      Emit(data::FrameEnd{frames[slot]});
    }
    keys_.Keep({});
    return {};
  }

 private:
  const data::SchemaRef schema_;
  KeyTable keys_;
  const KeyCodec codec_;
};

}  // namespace

Result<component::Bound> GroupSpec::Bind(std::span<const data::EdgeType> inputs,
                                         const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "group"));
  TW_RETURN_IF_ERROR(CheckKeysGiven(options_.by, "group"));
  TW_ASSIGN_OR_RETURN(const KeyTable keys, KeyTable::Make(*inputs[0].schema, options_.by));
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "group", inputs[0].schema));
  std::set<std::string> all(inputs[0].keys.begin(), inputs[0].keys.end());
  all.insert(options_.by.begin(), options_.by.end());
  bound.output.keys.assign(all.begin(), all.end());
  bound.partition_by = {options_.by};
  return bound;
}

std::optional<std::string> GroupSpec::Lower(component::Dialect,
                                            std::span<const data::EdgeType>) const {
  return "SELECT * FROM in_0";  // a table has no frames
}

Result<std::unique_ptr<component::Operator>> GroupSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(KeyTable keys, KeyTable::Make(*inputs[0].schema, options_.by));
  TW_ASSIGN_OR_RETURN(KeyCodec codec, KeyCodec::Make(*inputs[0].schema, options_.by));
  return std::make_unique<Group>(inputs[0].schema, std::move(keys), std::move(codec));
}

}  // namespace thalweg::operators
