#include "cli/row_printer.h"

#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <nlohmann/json.hpp>

#include "cli/testing/captured_console.h"

namespace thalweg::cli {
namespace {

using testing::HasSubstr;

const data::Columns kColumns = {{0, "id", "bigint"}, {0, "name", "varchar"}};

data::Batch Rows(std::int64_t first, std::int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (std::int64_t i = first; i < first + count; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE((i % 3 == 2 ? names.AppendNull() : names.Append("n" + std::to_string(i))).ok());
  }
  const auto schema = *data::ToArrow(kColumns);
  return arrow::RecordBatch::Make(schema, count, {*ids.Finish(), *names.Finish()});
}

std::string Print(std::string_view form, std::int64_t batches, std::int64_t shown = 40) {
  CapturedConsole console;
  auto printer = MakeRowPrinter(form, Rows(0, 1)->schema(), kColumns, shown, *console);
  EXPECT_TRUE(printer.ok()) << printer.status();
  for (std::int64_t i = 0; i < batches; ++i) EXPECT_TRUE((*printer)->Add(*Rows(i * 3, 3)).ok());
  EXPECT_TRUE((*printer)->Finish().ok());
  return console.Out();
}

TEST(RowPrinter, TableSaysHowManyRowsThereAre) {
  EXPECT_EQ(Print("table", 1),
            "┌────┬──────┐\n│ id │ name │\n├────┼──────┤\n│  0 │ n0   │\n│  1 │ n1   │\n│  2 │ "
            "NULL │\n└────┴──────┘\n3 rows\n");
  const std::string cut = Print("table", 10, 4);
  EXPECT_THAT(cut, HasSubstr("│  3 │ n3   │\n└"));
  EXPECT_THAT(cut, HasSubstr("the first 4 of 30 rows"));
}

TEST(RowPrinter, JsonAndParquetRefuseTwoColumnsOfOneName) {
  const data::Columns twice = {{0, "id", "bigint"}, {0, "id", "interval"}};
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("id", arrow::month_day_nano_interval())});
  CapturedConsole console;
  for (const std::string_view form : {"json", "ndjson", "parquet"}) {
    const auto printer = MakeRowPrinter(form, schema, twice, 1, *console);
    ASSERT_FALSE(printer.ok()) << form;
    EXPECT_EQ(printer.status().slug(), "duplicate-column") << form;
    EXPECT_EQ(printer.status().message(),
              "two columns have the same name first=\"id\" second=\"id\"");
  }
  EXPECT_EQ(console.Out(), "");
}

TEST(RowPrinter, TableStopsCountingSomeDay) {
  CapturedConsole console;
  auto printer = MakeRowPrinter("table", Rows(0, 1)->schema(), kColumns, 1, *console);
  const data::Batch large = Rows(0, 600'000);
  ASSERT_TRUE((*printer)->Add(*large).ok());
  EXPECT_FALSE((*printer)->enough());
  ASSERT_TRUE((*printer)->Add(*large).ok());
  EXPECT_TRUE((*printer)->enough());
  ASSERT_TRUE((*printer)->Finish().ok());
  EXPECT_THAT(console.Out(), HasSubstr("of more than 1,000,000 rows"));
}

TEST(RowPrinter, Text) {
  EXPECT_EQ(Print("csv", 1), "id,name\n0,n0\n1,n1\n2,\n");
  EXPECT_EQ(Print("ndjson", 1),
            "{\"id\":0,\"name\":\"n0\"}\n{\"id\":1,\"name\":\"n1\"}\n{\"id\":2,\"name\":null}\n");
}

TEST(RowPrinter, JsonIsOneDocument) {
  for (const std::int64_t batches : {0, 1, 2}) {
    const auto document = nlohmann::json::parse(Print("json", batches));
    EXPECT_EQ(document["v"], 1);
    EXPECT_EQ(document["columns"][1]["type"], "varchar");
    EXPECT_EQ(document["rows"].size(), static_cast<std::size_t>(batches) * 3);
    EXPECT_EQ(document["row_count"], batches * 3);
  }
}

TEST(RowPrinter, ArrowStream) {
  const std::string bytes = Print("arrow", 2);
  const auto reader = *arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
  const auto table = *arrow::Table::FromRecordBatchReader(reader.get());
  EXPECT_EQ(table->num_rows(), 6);
}

TEST(RowPrinter, ParquetFile) {
  const std::string bytes = Print("parquet", 2);
  auto reader = parquet::arrow::OpenFile(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)),
      arrow::default_memory_pool());
  ASSERT_TRUE(reader.ok()) << reader.status();
  const std::shared_ptr<arrow::Table> table = *(*reader)->ReadTable();
  EXPECT_EQ(table->num_rows(), 6);
  EXPECT_EQ(table->schema()->field(1)->name(), "name");
}

TEST(RowPrinter, HalfAParquetFileIsNone) {
  CapturedConsole console;
  {
    auto printer = MakeRowPrinter("parquet", Rows(0, 1)->schema(), kColumns, 40, *console);
    ASSERT_TRUE(printer.ok());
    ASSERT_TRUE((*printer)->Add(*Rows(0, 3)).ok());
  }
  const auto buffer =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(console.Out()));
  EXPECT_FALSE(parquet::arrow::OpenFile(buffer, arrow::default_memory_pool()).ok());
}

TEST(RowPrinter, ParquetRefusesWhatItCannotHold) {
  CapturedConsole console;
  const auto schema = arrow::schema({arrow::field("i", arrow::month_day_nano_interval())});
  const auto printer = MakeRowPrinter("parquet", schema, {{0, "i", "interval"}}, 40, *console);
  ASSERT_FALSE(printer.ok());
  EXPECT_EQ(printer.status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace thalweg::cli
