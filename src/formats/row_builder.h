#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/element.h"
#include "formats/column_builder.h"
#include "formats/decoder.h"

namespace thalweg::formats {

/// Collects rows of text fields as a batch, whole rows only: a row that cannot be read leaves no
/// trace. For each row: a value for every column, then Commit; or Rollback at any point.
class RowBuilder {
 public:
  /// Names the column in errors: types that no text can be, defaults and forms that cannot be read.
  static Result<RowBuilder> Make(const std::vector<TextColumnSpec>& columns,
                                 const TimeRules& rules);

  const data::SchemaRef& schema() const { return schema_; }
  std::size_t columns() const { return columns_.size(); }
  ColumnBuilder& column(std::size_t i) { return *columns_[i].builder; }
  const std::string& name(std::size_t i) const { return columns_[i].spec.name; }

  /// A null, or the default that stands for it.
  void AppendMissing(std::size_t column);
  void Commit() { ++rows_; }
  void Rollback();

  std::int64_t rows() const { return rows_; }
  /// Bytes that the rows take beside the texts in them.
  std::int64_t fixed_bytes() const { return rows_ * width_; }
  /// The rows so far, null when there are none; the builder is empty then.
  data::Batch Finish();

 private:
  struct Column {
    TextColumnSpec spec;
    std::unique_ptr<ColumnBuilder> builder;
  };
  data::SchemaRef schema_;
  std::vector<Column> columns_;
  std::int64_t rows_ = 0;
  std::int64_t width_ = 0;
};

/// A BadRow with its text cut and made valid UTF-8.
BadRow MakeBadRow(std::int64_t line, std::string column, std::string reason, std::string_view raw);

/// Why a text can go no further: a row longer than kLongestRow, begun at `line`.
Status RowTooLong(std::int64_t line, std::string_view hint);

}  // namespace thalweg::formats
