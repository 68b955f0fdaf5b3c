#include "operators/group.h"

#include <algorithm>
#include <set>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/frame_operator.h"
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
  Group(data::SchemaRef schema, KeyTable keys)
      : FrameOperator(schema), schema_(schema), keys_(std::move(keys)) {}

 protected:
  std::vector<int> KeyGroups(const data::Batch& batch) override {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(batch->num_rows()));
    keys_.Map(*batch, slots.data());
    std::vector<int> groups;
    for (const std::uint32_t slot : slots) groups.push_back(keys_.KeyGroup(slot));
    return groups;
  }

  Status EmitRows(const data::Batch& rows, bool, std::uint64_t) override {
    std::vector<std::uint32_t> slots(static_cast<std::size_t>(rows->num_rows()));
    keys_.Map(*rows, slots.data());
    std::vector<std::vector<RowRef>> by_key(keys_.size());
    for (std::size_t i = 0; i < slots.size(); ++i)
      by_key[slots[i]].push_back({rows, static_cast<std::int64_t>(i)});
    for (const auto& of_key : by_key) {
      if (of_key.empty()) continue;
      TW_ASSIGN_OR_RETURN(data::Batch batch, GatherRows(schema_, of_key));
      Emit(data::FrameBegin{frame_});
      Emit(std::move(batch));
      Emit(data::FrameEnd{frame_++});
    }
    keys_.Keep({});
    return {};
  }

 private:
  const data::SchemaRef schema_;
  KeyTable keys_;
  std::uint64_t frame_ = 0;
};

}  // namespace

Result<component::Bound> GroupSpec::Bind(std::span<const data::EdgeType> inputs,
                                         const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "group"));
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
  return std::make_unique<Group>(inputs[0].schema, std::move(keys));
}

}  // namespace thalweg::operators
