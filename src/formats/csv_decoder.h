#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/csv_splitter.h"
#include "formats/decoder.h"
#include "formats/row_builder.h"
#include "formats/text_buffer.h"

namespace thalweg::formats {

struct CsvDecoderOptions {
  CsvDialect dialect;
  bool header = true;
  std::int64_t skip = 0;  ///< lines before the header or the first row, whatever stands in them
  std::vector<std::string> nulls = {
      ""};  ///< a field with one of these texts, quoted or not, is null
  TimeRules times;
  /// Without a header: fields behind the last column are no mistake.
  bool only_declared = false;
};

/// Delimited text (docs/specs/csv.md). With a header every row has as many fields as it, and
/// columns are found by name, or by position where one is given; without one, by position, or in
/// the order of `columns` when no column has a position. A row with more fields is bad unless the
/// further ones are empty. Empty lines are skipped, except where a row has one field.
class CsvDecoder : public Decoder {
 public:
  /// To continue at a position behind the header, `start_header` gives what header() said before.
  static Result<std::unique_ptr<CsvDecoder>> Make(
      const std::vector<TextColumnSpec>& columns, CsvDecoderOptions options,
      TextPosition start = {}, std::optional<std::vector<std::string>> start_header = {});

  const data::SchemaRef& schema() const override { return rows_.schema(); }
  void Push(std::string_view bytes, bool end) override { buffer_.Push(bytes, end); }
  /// kInvalid, slug "missing-column": the header lacks a column.
  Result<Decoded> Decode(Bytes budget) override;
  TextPosition At() const override;

  /// Names in the header, a second "a" as "a_1"; none before it was decoded, or when there is none.
  const std::optional<std::vector<std::string>>& header() const { return header_; }

 private:
  enum class Phase { kMark, kSkip, kHeader, kRows };

  CsvDecoder(RowBuilder rows, std::vector<TextColumnSpec> columns, CsvDecoderOptions options,
             TextPosition start);
  /// Byte order mark, skipped lines, header. False: more input is needed.
  Result<bool> ReachRows();
  bool SkipMark();
  bool SkipLines();
  Result<bool> ReadHeader();
  Status BindToHeader();
  Status BindToPositions();
  Result<bool> FindRow();
  void ConsumeRow();
  void DecodeRow(std::vector<BadRow>* bad);
  /// Empty: the row has the fields that it should have.
  std::string CheckFields() const;
  bool IsNull(std::string_view text) const;

  RowBuilder rows_;
  std::vector<TextColumnSpec> columns_;
  CsvDecoderOptions options_;
  TextPosition start_;
  TextBuffer buffer_;
  CsvSplitter splitter_;
  Phase phase_ = Phase::kMark;
  std::int64_t skipped_ = 0;
  std::optional<std::vector<std::string>> header_;
  std::vector<std::size_t> field_of_;  ///< by column
  std::size_t width_ = 0;              ///< fields of a row
  std::int64_t line_;
  std::string scratch_;
};

}  // namespace thalweg::formats
