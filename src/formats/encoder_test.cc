#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/testing/batch.h"
#include "formats/arrow_ipc_encoder.h"
#include "formats/csv_decoder.h"
#include "formats/csv_encoder.h"
#include "formats/json_decoder.h"
#include "formats/json_encoder.h"

namespace thalweg::formats {
namespace {

using data::MakeBatch;

std::string Encoded(Encoder& encoder, const data::Batch& batch, std::int64_t step) {
  std::string out;
  for (std::int64_t at = 0; at < batch->num_rows(); at += step) {
    EXPECT_TRUE(encoder.Encode(*batch->Slice(at, step), &out).ok());
  }
  EXPECT_TRUE(encoder.Finish(&out).ok());
  return out;
}

std::string Csv(const data::Batch& batch, const CsvEncoderOptions& options = {},
                std::int64_t step = 1000) {
  CsvEncoder encoder(batch->schema(), options);
  return Encoded(encoder, batch, step);
}
std::string Json(const data::Batch& batch, JsonEncoder::Layout layout, std::int64_t step = 1000) {
  JsonEncoder encoder(batch->schema(), layout);
  return Encoded(encoder, batch, step);
}

std::vector<TextColumnSpec> SpecsOf(const data::Batch& batch) {
  std::vector<TextColumnSpec> specs;
  for (const data::Column& column : data::FromArrow(*batch->schema()).value()) {
    specs.push_back({.name = column.name, .type = column.type});
  }
  return specs;
}

template <typename SomeDecoder>
data::Batch DecodeBatch(Result<std::unique_ptr<SomeDecoder>> decoder, const std::string& text) {
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  (*decoder)->Push(text, true);
  auto decoded = (*decoder)->Decode(Bytes::MiB(10));
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  for (const BadRow& bad : decoded->bad)
    ADD_FAILURE() << bad.column << ": " << bad.reason << " in " << bad.raw;
  return decoded->rows;
}

data::Batch Scalars() {
  return MakeBatch({
      {"b", "boolean", "[true, false, null]"},
      {"i", "bigint", "[-9223372036854775808, 9223372036854775807, null]"},
      {"u", "ubigint", "[0, 18446744073709551615, null]"},
      {"d", "double", "[0.1, -1e300, null]"},
      {"r", "real", "[0.1, 16777216, null]"},
      {"n", "decimal(38,2)", R"(["-123456789012345678901234567890123456.78", "0.05", null])"},
      {"s", "varchar", R"(["a,\"b\"\n", " x ", null])"},
      {"x", "blob", R"(["plain\\", "ÿ", null])"},
      {"dt", "date", "[0, -1, null]"},
      {"t", "time", "[1, 86399999999, null]"},
      {"ts", "timestamp", R"(["2013-01-02 03:04:05", "1969-12-31 23:59:59.999999", null])"},
      {"tz", "timestamptz", R"(["2013-01-02 03:04:05", "1969-12-31 23:59:59.5", null])"},
  });
}

TEST(CsvEncoderTest, WhatIsWrittenIsReadBack) {
  const data::Batch batch = Scalars();
  EXPECT_TRUE(DecodeBatch(CsvDecoder::Make(SpecsOf(batch), {}), Csv(batch))->Equals(*batch))
      << Csv(batch);
}

TEST(CsvEncoderTest, DoesNotDependOnWhereBatchesAreCut) {
  EXPECT_EQ(Csv(Scalars(), {}, 1), Csv(Scalars()));
  EXPECT_EQ(Json(Scalars(), JsonEncoder::Layout::kArray, 1),
            Json(Scalars(), JsonEncoder::Layout::kArray));
}

TEST(CsvEncoderTest, QuotesWhatNeedsIt) {
  const auto batch = MakeBatch(
      {{"a b", "varchar", R"(["x", "", null, "NA", "p;q", "say \"hi\"", "two\nlines", " pad"])"},
       {"c;d", "integer", "[1, 2, 3, null, 5, 6, 7, 8]"}});
  EXPECT_EQ(Csv(batch, {.delimiter = ";", .null = "NA"}),
            "a b;\"c;d\"\nx;1\n\"\";2\nNA;3\n\"NA\";NA\n\"p;q\";5\n\"say "
            "\"\"hi\"\"\";6\n\"two\nlines\";7\n\" pad\";8\n");
  EXPECT_EQ(Csv(batch->Slice(0, 0)), "a b,c;d\n");
  EXPECT_EQ(Csv(batch->Slice(0, 1), {.header = false}), "x,1\n");
}

TEST(CsvEncoderTest, NestedValuesAreJson) {
  const auto batch =
      MakeBatch({{"l", "integer[]", "[[1, null]]"}, {"s", "struct(x varchar)", R"([{"x": "q"}])"}});
  EXPECT_EQ(Csv(batch), "l,s\n\"[1,null]\",\"{\"\"x\"\":\"\"q\"\"}\"\n");
}

TEST(JsonEncoderTest, WhatIsWrittenIsReadBack) {
  for (const data::Batch& batch :
       {Scalars(),
        MakeBatch({{"l", "varchar[]", R"([["a", null], [], null])"},
                   {"s", "struct(x integer, y double[])",
                    R"([{"x": 1, "y": [0.5]}, {"x": null, "y": null}, null])"},
                   {"m", "map(varchar, integer)", R"([[["k", 1], ["l", null]], [], null])"},
                   {"j", "json", R"(["{\"a\": [1.10]}", "\"text\"", null])"}})}) {
    const std::string lines = Json(batch, JsonEncoder::Layout::kLines);
    EXPECT_TRUE(DecodeBatch(JsonDecoder::Make(SpecsOf(batch), {}), lines)->Equals(*batch)) << lines;
    const std::string array = Json(batch, JsonEncoder::Layout::kArray);
    const JsonDecoderOptions values = {.layout = JsonDecoderOptions::Layout::kValues};
    EXPECT_TRUE(DecodeBatch(JsonDecoder::Make(SpecsOf(batch), values), array)->Equals(*batch))
        << array;
  }
}

TEST(JsonEncoderTest, NumbersKeepTheirDigits) {
  const auto batch = MakeBatch({{"n", "decimal(20,2)", R"(["9007199254740993.10"])"},
                                {"d", "double", "[100000]"},
                                {"i", "bigint", "[9007199254740993]"}});
  EXPECT_EQ(Json(batch, JsonEncoder::Layout::kLines),
            "{\"n\":9007199254740993.10,\"d\":100000,\"i\":9007199254740993}\n");
}

TEST(JsonEncoderTest, WhatIsNoNumberIsAString) {
  const auto batch = MakeBatch({{"d", "double", "[NaN, Inf, -Inf]"}});
  EXPECT_EQ(Json(batch, JsonEncoder::Layout::kLines),
            "{\"d\":\"NaN\"}\n{\"d\":\"Infinity\"}\n{\"d\":\"-Infinity\"}\n");
}

// No table stores them, but a query can give them.
TEST(JsonEncoderTest, ListsOfFixedSizeAndUnionsAreTheirValues) {
  const auto numbers = MakeBatch({{"n", "integer", "[1, 2, 3, 4]"}})->column(0);
  const auto pairs = arrow::FixedSizeListArray::FromArrays(numbers, 2).ValueOrDie();
  const auto names = MakeBatch({{"s", "varchar", "[\"x\", \"y\"]"}})->column(0);
  arrow::Int8Builder builder;
  ASSERT_TRUE(builder.AppendValues({1, 0}).ok());
  const auto either =
      arrow::SparseUnionArray::Make(*builder.Finish().ValueOrDie(), {numbers->Slice(0, 2), names},
                                    std::vector<std::string>{"n", "s"})
          .ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("l", pairs->type()), arrow::field("u", either->type())});
  EXPECT_EQ(Json(arrow::RecordBatch::Make(schema, 2, {pairs, either}), JsonEncoder::Layout::kLines),
            "{\"l\":[1,2],\"u\":\"x\"}\n{\"l\":[3,4],\"u\":2}\n");
}

TEST(JsonEncoderTest, ArraysAreClosedAlsoWhenEmpty) {
  const auto batch = MakeBatch({{"a", "integer", "[1, 2]"}});
  EXPECT_EQ(Json(batch, JsonEncoder::Layout::kArray), "[\n{\"a\":1},\n{\"a\":2}\n]\n");
  EXPECT_EQ(Json(batch->Slice(0, 0), JsonEncoder::Layout::kArray), "[]\n");
  EXPECT_EQ(Json(batch->Slice(0, 0), JsonEncoder::Layout::kLines), "");
}

TEST(ArrowIpcEncoderTest, ArrowReadsIt) {
  const data::Batch batch = Scalars();
  ArrowIpcEncoder encoder(batch->schema());
  const std::string bytes = Encoded(encoder, batch, 2);
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto table = (*reader)->ToTable();
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE((*table)->Equals(**arrow::Table::FromRecordBatches({batch})));
  ArrowIpcEncoder empty(batch->schema());
  EXPECT_FALSE(Encoded(empty, batch->Slice(0, 0), 1).empty());
}

}  // namespace
}  // namespace thalweg::formats
