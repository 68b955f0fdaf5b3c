#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include "formats/column_builder.h"

namespace thalweg::formats {
namespace {

constexpr char kNoText[] = "lists, structs and maps cannot be read from a plain text";

bool RefuseText(std::string* reason) {
  *reason = kNoText;
  return false;
}

std::shared_ptr<arrow::Buffer> TakeOffsets(std::vector<std::int32_t>* offsets) {
  auto buffer = arrow::Buffer::FromVector(std::move(*offsets));
  *offsets = {0};
  return buffer;
}

/// Drops the offsets after `rows` lists; returns how many items are left.
std::int64_t CutOffsets(std::vector<std::int32_t>* offsets, std::int64_t rows) {
  offsets->resize(static_cast<std::size_t>(rows) + 1);
  return offsets->back();
}

}  // namespace

ListColumnBuilder::ListColumnBuilder(std::shared_ptr<arrow::DataType> type,
                                     std::unique_ptr<ColumnBuilder> items)
    : ColumnBuilder(std::move(type)), items_(std::move(items)) {}

void ListColumnBuilder::CloseList() {
  offsets_.push_back(static_cast<std::int32_t>(items_->rows()));
  AppendValidity(true);
}

void ListColumnBuilder::AppendNull() {
  offsets_.push_back(offsets_.back());
  AppendValidity(false);
}

bool ListColumnBuilder::AppendText(std::string_view, std::string* reason) {
  return RefuseText(reason);
}

void ListColumnBuilder::Truncate(std::int64_t rows) {
  TruncateValidity(rows);
  items_->Truncate(CutOffsets(&offsets_, rows));
}

std::shared_ptr<arrow::Array> ListColumnBuilder::Finish() {
  const std::int64_t length = rows();
  auto [bitmap, nulls] = FinishValidity();
  return std::make_shared<arrow::ListArray>(type(), length, TakeOffsets(&offsets_),
                                            items_->Finish(), std::move(bitmap), nulls);
}

StructColumnBuilder::StructColumnBuilder(std::shared_ptr<arrow::DataType> type,
                                         std::vector<std::unique_ptr<ColumnBuilder>> fields)
    : ColumnBuilder(std::move(type)), fields_(std::move(fields)) {}

const std::string& StructColumnBuilder::field_name(std::size_t i) const {
  return type()->field(static_cast<int>(i))->name();
}

void StructColumnBuilder::AppendNull() {
  for (const auto& field : fields_) field->AppendNull();
  AppendValidity(false);
}

bool StructColumnBuilder::AppendText(std::string_view, std::string* reason) {
  return RefuseText(reason);
}

void StructColumnBuilder::Truncate(std::int64_t rows) {
  TruncateValidity(rows);
  for (const auto& field : fields_) field->Truncate(rows);
}

std::shared_ptr<arrow::Array> StructColumnBuilder::Finish() {
  const std::int64_t length = rows();
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& field : fields_) arrays.push_back(field->Finish());
  auto [bitmap, nulls] = FinishValidity();
  return std::make_shared<arrow::StructArray>(type(), length, arrays, std::move(bitmap), nulls);
}

std::int64_t StructColumnBuilder::fixed_width() const {
  std::int64_t width = 1;
  for (const auto& field : fields_) width += field->fixed_width();
  return width;
}

MapColumnBuilder::MapColumnBuilder(std::shared_ptr<arrow::DataType> type,
                                   std::unique_ptr<ColumnBuilder> keys,
                                   std::unique_ptr<ColumnBuilder> items)
    : ColumnBuilder(std::move(type)), keys_(std::move(keys)), items_(std::move(items)) {}

void MapColumnBuilder::CloseMap() {
  offsets_.push_back(static_cast<std::int32_t>(keys_->rows()));
  AppendValidity(true);
}

void MapColumnBuilder::AppendNull() {
  offsets_.push_back(offsets_.back());
  AppendValidity(false);
}

bool MapColumnBuilder::AppendText(std::string_view, std::string* reason) {
  return RefuseText(reason);
}

void MapColumnBuilder::Truncate(std::int64_t rows) {
  TruncateValidity(rows);
  const std::int64_t pairs = CutOffsets(&offsets_, rows);
  keys_->Truncate(pairs);
  items_->Truncate(pairs);
}

std::shared_ptr<arrow::Array> MapColumnBuilder::Finish() {
  const std::int64_t length = rows();
  auto keys = keys_->Finish();
  auto items = items_->Finish();
  auto [bitmap, nulls] = FinishValidity();
  return std::make_shared<arrow::MapArray>(type(), length, TakeOffsets(&offsets_), std::move(keys),
                                           std::move(items), std::move(bitmap), nulls);
}

}  // namespace thalweg::formats
