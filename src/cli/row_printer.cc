#include "cli/row_printer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/json.h"
#include "cli/parquet_output.h"
#include "cli/table_printer.h"
#include "formats/arrow_ipc_encoder.h"
#include "formats/cell_writer.h"
#include "formats/csv_encoder.h"
#include "formats/json_encoder.h"

namespace thalweg::cli {
namespace {

/// Rows behind the shown ones are counted, but not for ever.
constexpr std::int64_t kMostCounted = 1'000'000;

class TableRows : public RowPrinter {
 public:
  TableRows(const arrow::Schema& schema, std::int64_t rows, Console& console)
      : most_(rows),
        table_(ColumnsOf(schema),
               {.lines = true, .color = console.out().color, .width = console.out().width},
               [&console](std::string_view text) { console.Out(text); }) {
    for (const auto& field : schema.fields()) writers_.emplace_back(*field);
  }

  Status Add(const arrow::RecordBatch& batch) override {
    for (std::int64_t row = 0; row < batch.num_rows() && seen_ + row < most_; ++row) {
      TablePrinter::Row cells;
      for (int i = 0; i < batch.num_columns(); ++i) cells.push_back(CellOf(batch, i, row));
      table_.Add(cells);
    }
    seen_ += batch.num_rows();
    return {};
  }

  bool enough() const override { return seen_ > most_ + kMostCounted; }

  Status Finish() override {
    std::string remark = FormatCount(seen_, "row");
    if (seen_ > most_) {
      remark = fmt::format("the first {} of {}{} rows; --rows N shows more, -o csv all",
                           FormatCount(most_), enough() ? "more than " : "",
                           FormatCount(enough() ? kMostCounted : seen_));
    }
    table_.Finish(remark);
    return {};
  }

 private:
  static std::vector<TableColumn> ColumnsOf(const arrow::Schema& schema) {
    std::vector<TableColumn> columns;
    for (const auto& field : schema.fields()) {
      columns.push_back({field->name(), arrow::is_numeric(field->type()->id()) ||
                                            arrow::is_decimal(field->type()->id())});
    }
    return columns;
  }

  TablePrinter::Cell CellOf(const arrow::RecordBatch& batch, int column, std::int64_t row) const {
    const arrow::Array& array = *batch.column(column);
    if (array.IsNull(row)) return std::nullopt;
    std::string text;
    writers_[static_cast<std::size_t>(column)].AppendText(array, row, &text);
    return text;
  }

  const std::int64_t most_;
  std::vector<formats::CellWriter> writers_;
  TablePrinter table_;
  std::int64_t seen_ = 0;
};

/// Text and Arrow forms: an encoder, with something before and behind it.
class EncodedRows : public RowPrinter {
 public:
  EncodedRows(std::unique_ptr<formats::Encoder> encoder, Console& console)
      : encoder_(std::move(encoder)), console_(console) {}

  Status Add(const arrow::RecordBatch& batch) override {
    rows_ += batch.num_rows();
    buffer_.clear();
    TW_RETURN_IF_ERROR(encoder_->Encode(batch, &buffer_));
    console_.Out(buffer_);
    return {};
  }
  Status Finish() override {
    buffer_.clear();
    TW_RETURN_IF_ERROR(encoder_->Finish(&buffer_));
    console_.Out(buffer_);
    return {};
  }

 protected:
  std::int64_t rows() const { return rows_; }
  Console& console() const { return console_; }

 private:
  const std::unique_ptr<formats::Encoder> encoder_;
  Console& console_;
  std::string buffer_;
  std::int64_t rows_ = 0;
};

/// One document: {"v": 1, "columns": [...], "rows": [...], "row_count": n}.
class JsonRows : public EncodedRows {
 public:
  JsonRows(const data::SchemaRef& schema, const data::Columns& columns, Console& console)
      : EncodedRows(
            std::make_unique<formats::JsonEncoder>(schema, formats::JsonEncoder::Layout::kArray),
            console) {
    Json list = Json::array();
    for (const auto& column : columns)
      list.push_back({{"name", column.name}, {"type", column.type}});
    console.Out(fmt::format("{{\"v\": 1, \"columns\": {}, \"rows\": ",
                            list.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  Status Finish() override {
    TW_RETURN_IF_ERROR(EncodedRows::Finish());
    console().Out(fmt::format(", \"row_count\": {}}}\n", rows()));
    return {};
  }
};

class ParquetRows : public RowPrinter {
 public:
  explicit ParquetRows(std::unique_ptr<ParquetOutput> output) : output_(std::move(output)) {}
  Status Add(const arrow::RecordBatch& batch) override { return output_->Write(batch); }
  Status Finish() override { return output_->Finish(); }

 private:
  const std::unique_ptr<ParquetOutput> output_;
};

/// Readers of JSON keep one of two fields of the same name: refused as a table's columns are.
Status CheckNames(data::Columns columns) {
  for (auto& column : columns) column.type = "varchar";  // JSON has all types
  return data::StoredColumns(columns).status();
}

}  // namespace

bool IsBinaryForm(std::string_view form) {
  return form == "parquet" || form == "arrow";
}

Result<std::unique_ptr<RowPrinter>> MakeRowPrinter(std::string_view form,
                                                   const data::SchemaRef& schema,
                                                   const data::Columns& columns, std::int64_t rows,
                                                   Console& console) {
  if (form == "json" || form == "ndjson") TW_RETURN_IF_ERROR(CheckNames(columns));
  if (form == "csv") {
    return std::make_unique<EncodedRows>(
        std::make_unique<formats::CsvEncoder>(schema, formats::CsvEncoderOptions{}), console);
  }
  if (form == "ndjson") {
    return std::make_unique<EncodedRows>(
        std::make_unique<formats::JsonEncoder>(schema, formats::JsonEncoder::Layout::kLines),
        console);
  }
  if (form == "arrow") {
    return std::make_unique<EncodedRows>(std::make_unique<formats::ArrowIpcEncoder>(schema),
                                         console);
  }
  if (form == "json") return std::make_unique<JsonRows>(schema, columns, console);
  if (form == "parquet") {
    TW_ASSIGN_OR_RETURN(auto output, ParquetOutput::Open(schema, console));
    return std::make_unique<ParquetRows>(std::move(output));
  }
  return std::make_unique<TableRows>(*schema, rows, console);
}

}  // namespace thalweg::cli
