#include "flow/key_router.h"

#include <array>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "component/operator.h"
#include "data/arrow_status.h"
#include "operators/columns.h"
#include "operators/key_group.h"

namespace thalweg::flow {

int InstanceOf(int key_group, int instances) {
  int instance = key_group * instances / component::kKeyGroups;
  while (component::kKeyGroups * (instance + 1) / instances <= key_group) ++instance;
  return instance;
}

Result<KeyRouter> KeyRouter::Make(const arrow::Schema& schema,
                                  const std::vector<std::string>& columns, int instances) {
  TW_ASSIGN_OR_RETURN(auto codec, operators::KeyCodec::Make(schema, columns));
  KeyRouter router(std::move(codec), instances);
  if (columns.size() != 1) return router;
  router.single_ = true;
  TW_ASSIGN_OR_RETURN(router.column_, operators::FindColumn(schema, columns[0]));
  const arrow::DataType& type = *schema.field(router.column_)->type();
  const auto form = operators::FormOf(type);
  if (form == operators::NumberForm::kInteger && type.id() != arrow::Type::BOOL &&
      type.id() != arrow::Type::UINT64) {
    router.form_ = Form::kInteger;
  } else if (type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY) {
    router.form_ = Form::kText;
  }
  return router;
}

void KeyRouter::FindGroups(const data::Batch& batch) {
  const auto rows = static_cast<std::size_t>(batch->num_rows());
  groups_.resize(rows);
  if (form_ == Form::kInteger) {
    const std::int64_t* values = operators::WideValues(*batch->column_data(column_), &wide_);
    for (std::size_t i = 0; i < rows; ++i)
      groups_[i] = static_cast<std::uint8_t>(operators::KeyGroupOfInteger(values[i]));
  } else if (form_ == Form::kText) {
    const auto& column = *batch->column_data(column_);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto text = operators::TextAt(column, static_cast<std::int64_t>(i));
      groups_[i] = static_cast<std::uint8_t>(operators::KeyGroupOfBytes(text));
    }
  } else {
    std::size_t i = 0;
    codec_.Encode(*batch, [&](std::string_view key) {
      groups_[i++] = static_cast<std::uint8_t>(operators::KeyGroupOfBytes(key));
    });
  }
  // As KeyTable numbers them: the NULL of a fast form has no hash, one of the encoded form does.
  if (!single_ || form_ == Form::kEncoded) return;
  if (const auto* valid = operators::Validity(*batch->column_data(column_), &valid_)) {
    for (std::size_t i = 0; i < rows; ++i) {
      if (valid[i] == 0) groups_[i] = operators::kKeyGroupOfNull;
    }
  }
}

Result<std::vector<data::Batch>> KeyRouter::Split(const data::Batch& batch) {
  FindGroups(batch);
  std::array<std::uint8_t, component::kKeyGroups> owner{};
  for (int group = 0; group < component::kKeyGroups; ++group)
    owner[static_cast<std::size_t>(group)] =
        static_cast<std::uint8_t>(InstanceOf(group, instances_));
  std::vector<std::vector<std::int32_t>> rows(static_cast<std::size_t>(instances_));
  for (std::size_t i = 0; i < groups_.size(); ++i)
    rows[owner[groups_[i]]].push_back(static_cast<std::int32_t>(i));
  std::vector<data::Batch> parts(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].empty()) continue;
    if (rows[i].size() == groups_.size()) {
      parts[i] = batch;
      continue;
    }
    const auto count = static_cast<std::int64_t>(rows[i].size());
    const auto indices =
        std::make_shared<arrow::Int32Array>(count, arrow::Buffer::FromVector(std::move(rows[i])));
    auto taken = arrow::compute::Take(batch, arrow::Datum(std::shared_ptr<arrow::Array>(indices)),
                                      arrow::compute::TakeOptions::NoBoundsCheck());
    if (!taken.ok()) return data::FromArrowStatus(taken.status(), "cannot cut a batch by key");
    parts[i] = taken->record_batch();
  }
  return parts;
}

}  // namespace thalweg::flow
