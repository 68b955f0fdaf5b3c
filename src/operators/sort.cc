#include "operators/sort.h"

#include <algorithm>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "operators/frame_operator.h"
#include "operators/key_group.h"
#include "operators/row_order.h"
#include "operators/single_input.h"

namespace thalweg::operators {

component::OptionsOf<SortOptions> SortOptions::Describe() {
  return component::OptionsOf<SortOptions>("sort",
                                           "Orders the rows of each frame, or of a bounded input.")
      .Field("by", &SortOptions::by,
             {.doc = "Columns, each with desc behind it where the greatest come first.",
              .example = "[carrier, delay desc]",
              .required = true,
              .scalar_or_list = true});
}

namespace {

class Sort : public FrameOperator {
 public:
  Sort(data::SchemaRef schema, RowOrder order)
      : FrameOperator(schema), schema_(schema), order_(std::move(order)) {}

 protected:
  std::vector<int> KeyGroups(const data::Batch& batch) override {
    return std::vector<int>(static_cast<std::size_t>(batch->num_rows()), kKeyGroupOfNull);
  }
  Status EmitRows(const data::Batch& rows, bool framed, std::uint64_t id) override {
    std::vector<RowRef> order;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) order.push_back({rows, row});
    std::stable_sort(order.begin(), order.end(),
                     [&](const RowRef& a, const RowRef& b) { return order_.Compare(a, b) < 0; });
    TW_ASSIGN_OR_RETURN(data::Batch sorted, GatherRows(schema_, order));
    if (framed) Emit(data::FrameBegin{id});
    Emit(std::move(sorted));
    if (framed) Emit(data::FrameEnd{id});
    return {};
  }

 private:
  const data::SchemaRef schema_;
  const RowOrder order_;
};

}  // namespace

Result<component::Bound> SortSpec::Bind(std::span<const data::EdgeType> inputs,
                                        const component::MakeEvaluator&) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "sort"));
  TW_ASSIGN_OR_RETURN(const RowOrder order, RowOrder::Make(*inputs[0].schema, options_.by));
  return BoundLike(inputs, "sort", inputs[0].schema);
}

std::optional<std::string> SortSpec::Lower(component::Dialect,
                                           std::span<const data::EdgeType> inputs) const {
  const auto order = RowOrder::Make(*inputs[0].schema, options_.by);
  if (!order.ok()) return std::nullopt;
  return "SELECT * FROM in_0 ORDER BY " + order->Sql();
}

Result<std::unique_ptr<component::Operator>> SortSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  TW_ASSIGN_OR_RETURN(RowOrder order, RowOrder::Make(*inputs[0].schema, options_.by));
  return std::make_unique<Sort>(inputs[0].schema, std::move(order));
}

}  // namespace thalweg::operators
