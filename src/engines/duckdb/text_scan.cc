#include "engines/duckdb/text_scan.h"

#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "engines/duckdb/lower_statement.h"
#include "formats/csv_decoder.h"
#include "formats/json_decoder.h"

namespace thalweg::engines {
namespace {

using formats::Decoded;
using formats::TextPosition;

/// Of text, decoded at a time: some thousand rows.
constexpr Bytes kBatchText = Bytes::KiB(512);
constexpr std::size_t kReadBytes = 1 << 20;

template <typename TextScan>
std::vector<formats::TextColumnSpec> SpecsOf(const TextScan& scan) {
  std::vector<formats::TextColumnSpec> specs;
  for (const component::TextColumn& column : scan.columns) {
    specs.push_back({.name = column.name,
                     .type = column.type,
                     .from = "",
                     .default_text = column.default_value,
                     .position = column.position});
  }
  return specs;
}

template <typename TextScan>
formats::TimeRules TimesOf(const TextScan& scan) {
  return {.date_format = scan.date_format, .timestamp_format = scan.timestamp_format};
}

data::Batch WithFileName(const data::Batch& rows, const std::string& path,
                         const data::SchemaRef& schema) {
  arrow::ArrayVector columns = rows->columns();
  columns.push_back(
      arrow::MakeArrayFromScalar(arrow::StringScalar(path), rows->num_rows()).ValueOrDie());
  return arrow::RecordBatch::Make(std::const_pointer_cast<arrow::Schema>(schema), rows->num_rows(),
                                  std::move(columns));
}

}  // namespace

Result<std::unique_ptr<formats::Decoder>> MakeTextDecoder(
    const component::Scan& scan, TextPosition start,
    std::optional<std::vector<std::string>> header) {
  if (const auto* csv = std::get_if<component::CsvScan>(&scan)) {
    formats::CsvDecoderOptions options{.dialect = DialectOf(*csv),
                                       .header = csv->header.value_or(true),
                                       .skip = csv->skip,
                                       .nulls = csv->nulls,
                                       .times = TimesOf(*csv),
                                       .only_declared = csv->only_declared};
    TW_ASSIGN_OR_RETURN(auto decoder, formats::CsvDecoder::Make(SpecsOf(*csv), std::move(options),
                                                                start, std::move(header)));
    return std::unique_ptr<formats::Decoder>(std::move(decoder));
  }
  const auto& json = std::get<component::JsonScan>(scan);
  using Layout = formats::JsonDecoderOptions::Layout;
  const formats::JsonDecoderOptions options{.layout = json.lines ? Layout::kLines : Layout::kValues,
                                            .times = TimesOf(json)};
  TW_ASSIGN_OR_RETURN(auto decoder, formats::JsonDecoder::Make(SpecsOf(json), options, start));
  return std::unique_ptr<formats::Decoder>(std::move(decoder));
}

/// One reading thread: takes blocks, decodes them one after another.
class TextScan::TextCursor : public duckdb::RowSource::Cursor {
 public:
  explicit TextCursor(TextScan& scan) : scan_(scan) {}
  ~TextCursor() override { LetGo(); }

  Result<data::Batch> Next() override {
    while (true) {
      if (decoder_ == nullptr) {
        TW_ASSIGN_OR_RETURN(const bool more, TakeBlock());
        if (!more) return data::Batch();
      }
      Result<Decoded> step = decoder_->Decode(kBatchText);
      if (!step.ok()) return step.status().Annotate(path());
      TW_RETURN_IF_ERROR(scan_.rejects_.Add(block_.file, path(), step->bad));
      if (step->next == Decoded::Next::kEnd) {
        LetGo();
      } else if (step->next == Decoded::Next::kInput) {
        TW_RETURN_IF_ERROR(Feed());
      }
      if (step->rows == nullptr) continue;
      scan_.rejects_.CountGood(step->rows->num_rows());
      return scan_.adds_file_name_ ? WithFileName(step->rows, path(), scan_.schema_)
                                   : std::move(step->rows);
    }
  }

 private:
  const std::string& path() const { return scan_.PathOf(block_.file); }

  /// False: nothing is left to read. Whoever is the last to find that the scan has failed says why.
  Result<bool> TakeBlock() {
    ++scan_.decoding_;
    holds_ = true;
    if (!scan_.rejects_.failed()) {
      TW_ASSIGN_OR_RETURN(std::optional<TextBlock> block, scan_.blocks_->Next());
      if (block) {
        block_ = *std::move(block);
        TW_ASSIGN_OR_RETURN(decoder_,
                            MakeTextDecoder(scan_.scan_, block_.start, std::move(block_.header)));
        decoder_->Push(block_.bytes, block_.rest == nullptr);
        return true;
      }
    }
    if (LetGo() > 0) return false;
    TW_RETURN_IF_ERROR(scan_.rejects_.failure());
    return false;
  }

  Status Feed() {
    block_.bytes.clear();
    bool more = false;
    if (block_.rest != nullptr) {
      TW_ASSIGN_OR_RETURN(more, block_.rest->Read(kReadBytes, &block_.bytes));
    }
    decoder_->Push(block_.bytes, !more);
    return {};
  }

  /// How many other threads decode now.
  int LetGo() {
    decoder_.reset();
    if (!holds_) return scan_.decoding_;
    holds_ = false;
    return --scan_.decoding_;
  }

  TextScan& scan_;
  TextBlock block_;
  std::unique_ptr<formats::Decoder> decoder_;
  bool holds_ = false;
};

TextScan::TextScan(FileSystem& files, component::Scan scan, int threads, std::string rejects_path)
    : scan_(std::move(scan)),
      threads_(threads),
      rejects_(files,
               std::holds_alternative<component::CsvScan>(scan_)
                   ? std::get<component::CsvScan>(scan_).rejects
                   : std::get<component::JsonScan>(scan_).rejects,
               std::move(rejects_path)) {}

Result<std::shared_ptr<TextScan>> TextScan::Open(FileSystem& files, component::Scan scan,
                                                 int threads, std::string rejects_path) {
  if (std::holds_alternative<component::ParquetScan>(scan))
    return Status::Internal("Parquet files are no text");
  std::shared_ptr<TextScan> text(
      new TextScan(files, std::move(scan), threads, std::move(rejects_path)));
  TW_ASSIGN_OR_RETURN(text->columns_, ScanColumns(text->scan_));
  TW_ASSIGN_OR_RETURN(text->schema_, data::ToArrow(text->columns_));
  text->adds_file_name_ = std::visit(
      [](const auto& s) {
        if constexpr (requires { s.file_name_column; }) return !s.file_name_column.empty();
        return false;
      },
      text->scan_);
  // Whether the columns can be read as declared is known before the first row.
  TW_RETURN_IF_ERROR(MakeTextDecoder(text->scan_, {}, std::nullopt).status());
  TW_ASSIGN_OR_RETURN(text->blocks_, TextBlocks::Open(files, text->scan_));
  return text;
}

const std::string& TextScan::PathOf(std::size_t file) const {
  if (const auto* csv = std::get_if<component::CsvScan>(&scan_)) return csv->paths[file];
  return std::get<component::JsonScan>(scan_).paths[file];
}

Result<std::unique_ptr<duckdb::RowSource::Cursor>> TextScan::Open() {
  return std::make_unique<TextCursor>(*this);
}

}  // namespace thalweg::engines
