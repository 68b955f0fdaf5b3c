#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/decoder.h"
#include "formats/row_builder.h"
#include "formats/text_buffer.h"

namespace thalweg::formats {

/// Plain text, a row a line, without the line end ("\n" or "\r\n"). One varchar column. An empty
/// line is a row; the last line needs no line end. A line that is not UTF-8 is a bad row. A byte
/// order mark at the beginning of the text is left out.
class LinesDecoder : public Decoder {
 public:
  /// The column of a text whose columns are not declared.
  static constexpr char kColumn[] = "line";

  /// `columns`: none, or the one that takes the line. kInvalid: several, or not varchar.
  static Result<std::unique_ptr<LinesDecoder>> Make(const std::vector<TextColumnSpec>& columns,
                                                    TextPosition start = {});

  const data::SchemaRef& schema() const override { return rows_.schema(); }
  void Push(std::string_view bytes, bool end) override { buffer_.Push(bytes, end); }
  Result<Decoded> Decode(Bytes budget) override;
  TextPosition At() const override { return at_; }

 private:
  LinesDecoder(RowBuilder rows, TextPosition start);
  bool SkipMark();
  void DecodeLine(std::string_view line, std::vector<BadRow>* bad);

  RowBuilder rows_;
  TextBuffer buffer_;
  TextPosition at_;
  std::size_t searched_ = 0;  ///< bytes of the buffer without a line end
  bool past_mark_;
};

}  // namespace thalweg::formats
