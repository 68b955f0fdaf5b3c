#include "formats/row_builder.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/types.h"
#include "formats/utf8_text.h"

namespace thalweg::formats {
namespace {

constexpr std::size_t kLongestRaw = 64 << 10;

Status CheckDefault(const TextColumnSpec& spec, ColumnBuilder& builder) {
  if (!spec.default_text) return Status::Ok();
  std::string reason;
  if (!builder.AppendText(*spec.default_text, &reason)) {
    return Status::Invalid(fmt::format("a default cannot be read column=\"{}\" default=\"{}\": {}",
                                       spec.name, *spec.default_text, reason))
        .WithSlug("bad-default")
        .WithHint("write it as the file would");
  }
  builder.Truncate(0);
  return Status::Ok();
}

}  // namespace

Result<RowBuilder> RowBuilder::Make(const std::vector<TextColumnSpec>& columns,
                                    const TimeRules& rules) {
  RowBuilder rows;
  arrow::FieldVector fields;
  for (const TextColumnSpec& spec : columns) {
    TW_ASSIGN_OR_RETURN(const auto field, data::ToArrow(data::Column{0, spec.name, spec.type}));
    TW_ASSIGN_OR_RETURN(auto builder, ColumnBuilder::Make(*field, rules, spec.from));
    TW_RETURN_IF_ERROR(CheckDefault(spec, *builder));
    rows.width_ += builder->fixed_width();
    fields.push_back(field);
    rows.columns_.push_back(Column{spec, std::move(builder)});
  }
  rows.schema_ = arrow::schema(std::move(fields));
  return rows;
}

void RowBuilder::AppendMissing(std::size_t column) {
  auto& [spec, builder] = columns_[column];
  std::string reason;
  // Defaults were checked by Make; a batch that is full of text can still refuse one.
  if (!spec.default_text || !builder->AppendText(*spec.default_text, &reason)) {
    builder->AppendNull();
  }
}

void RowBuilder::Rollback() {
  for (const Column& column : columns_) column.builder->Truncate(rows_);
}

data::Batch RowBuilder::Finish() {
  if (rows_ == 0) return nullptr;
  arrow::ArrayVector arrays;
  for (const Column& column : columns_) arrays.push_back(column.builder->Finish());
  auto batch = arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema_), rows_,
                                        std::move(arrays));
  rows_ = 0;
  return batch;
}

BadRow MakeBadRow(std::int64_t line, std::string column, std::string reason, std::string_view raw) {
  return {line, std::move(column), std::move(reason), ToValidUtf8(raw, kLongestRaw)};
}

Status RowTooLong(std::int64_t line, std::string_view hint) {
  return Status::Invalid(
             fmt::format("a row is longer than {} line={}", FormatBytes(kLongestRow), line))
      .WithSlug("row-too-long")
      .WithHint(std::string(hint));
}

}  // namespace thalweg::formats
