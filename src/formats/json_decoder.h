#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/decoder.h"
#include "formats/json_splitter.h"
#include "formats/row_builder.h"
#include "formats/text_buffer.h"

namespace thalweg::formats {

struct JsonDecoderOptions {
  enum class Layout {
    kLines,   ///< one object a line; a broken line spoils no other
    kValues,  ///< one array of objects, or objects one after another
  };
  /// What is done with keys that no column takes.
  enum class UnknownKeys { kIgnore, kReject };

  Layout layout = Layout::kLines;
  UnknownKeys unknown_keys = UnknownKeys::kIgnore;
  TimeRules times;
};

/// JSON objects as rows: a column per declared key, found by its exact name. A key that is missing,
/// or null, is null. The whole object is checked, also the parts that no column takes; a key of a
/// column that stands twice is a bad row. Numbers are taken from their digits, never through a
/// double. Strings are taken for any type but lists, structs and maps, and read like a CSV field; a
/// varchar takes any value, as its JSON text.
class JsonDecoder : public Decoder {
 public:
  static Result<std::unique_ptr<JsonDecoder>> Make(const std::vector<TextColumnSpec>& columns,
                                                   const JsonDecoderOptions& options,
                                                   TextPosition start = {});
  ~JsonDecoder() override;

  const data::SchemaRef& schema() const override { return rows_.schema(); }
  void Push(std::string_view bytes, bool end) override { buffer_.Push(bytes, end); }
  Result<Decoded> Decode(Bytes budget) override;
  TextPosition At() const override { return at_; }

 private:
  class Parser;
  enum class Step { kRow, kInput, kEnd };

  JsonDecoder(RowBuilder rows, const JsonDecoderOptions& options, TextPosition start);
  Result<Step> DecodeOne(std::vector<BadRow>* bad);
  Step DecodeLine(std::vector<BadRow>* bad);
  Result<Step> DecodeValue(std::vector<BadRow>* bad);
  bool SkipMark();
  /// Decodes one value, padded, as a row.
  void DecodeRow(std::string_view value, std::int64_t line, std::vector<BadRow>* bad);

  RowBuilder rows_;
  JsonDecoderOptions options_;
  TextBuffer buffer_;
  JsonSplitter splitter_;
  std::unique_ptr<Parser> parser_;
  TextPosition at_;
  std::int64_t line_;         ///< of the first byte in the buffer
  std::size_t searched_ = 0;  ///< bytes of the buffer without a line end
  bool past_mark_;
  bool closed_ = false;  ///< the end was reported
};

}  // namespace thalweg::formats
