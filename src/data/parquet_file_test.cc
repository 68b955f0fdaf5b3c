#include "data/parquet_file.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_writer.h>
#include <parquet/file_reader.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include "base/fault_file_system.h"
#include "base/posix_file_system.h"
#include "base/testing/temp_directory.h"
#include "data/arrow_file.h"
#include "data/row_digest.h"
#include "data/testing/batch.h"

namespace thalweg::data {
namespace {

class ParquetFile : public ::testing::Test {
 protected:
  FileSystem& files() { return LocalFileSystem(); }
  std::string path(const std::string& name = "t.parquet") { return directory_ / name; }

  DataFile Write(const std::vector<Batch>& batches, ParquetWriter::Options options = {}) {
    auto writer = ParquetWriter::Open(files(), path(), batches[0]->schema(), options);
    for (const Batch& batch : batches) TW_CHECK(writer.value()->Write(*batch).ok());
    return (*writer)->Finish().value();
  }

  // All rows as one batch.
  Batch Read(std::vector<std::string> columns = {}, std::int64_t batch_rows = 1000) {
    auto reader = ParquetReader::Open(files(), path(), std::move(columns), batch_rows);
    std::vector<Batch> batches;
    while (true) {
      Batch batch = reader.value()->Next().value();
      if (batch == nullptr) break;
      EXPECT_LE(batch->num_rows(), batch_rows);
      EXPECT_TRUE(batch->schema()->Equals(*(*reader)->schema(), /*check_metadata=*/true));
      EXPECT_TRUE(batch->Validate().ok()) << batch->Validate();
      batches.push_back(std::move(batch));
    }
    const auto schema = std::const_pointer_cast<arrow::Schema>((*reader)->schema());
    return arrow::Table::FromRecordBatches(schema, batches)
        .ValueOrDie()
        ->CombineChunksToBatch()
        .ValueOrDie();
  }

  // A file as others write it: straight from Arrow.
  void WriteForeign(const std::shared_ptr<arrow::Array>& array,
                    const std::shared_ptr<parquet::ArrowWriterProperties>& arrow_properties =
                        parquet::default_arrow_writer_properties()) {
    const auto table =
        arrow::Table::Make(arrow::schema({arrow::field("v", array->type())}), {array});
    const auto out = ArrowOutputFile::Create(files(), path()).value();
    TW_CHECK(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 1000,
                                        parquet::default_writer_properties(), arrow_properties)
                 .ok());
    TW_CHECK(out->SyncAndClose().ok());
  }

  // A file with one column of this Parquet type and no rows.
  void WriteForeign(parquet::schema::NodePtr node) {
    const auto out = ArrowOutputFile::Create(files(), path()).value();
    const auto root = parquet::schema::GroupNode::Make("schema", parquet::Repetition::REQUIRED,
                                                       {std::move(node)});
    parquet::ParquetFileWriter::Open(out,
                                     std::static_pointer_cast<parquet::schema::GroupNode>(root))
        ->Close();
    TW_CHECK(out->SyncAndClose().ok());
  }

  // The type of column v, or the slug of the refusal.
  std::string TypeOfV() {
    const Result<ParquetInfo> info = ReadParquetInfo(files(), path());
    return info.ok() ? info->columns.at(0).type : info.status().slug();
  }

  TempDirectory directory_;
};

TEST_F(ParquetFile, KeepsEveryTypeExactly) {
  const Batch batch = MakeBatch({
      {"b", "boolean", "[true, false, null]"},
      {"i1", "tinyint", "[-128, 127, null]"},
      {"i2", "smallint", "[-32768, 32767, null]"},
      {"i4", "integer", "[-2147483648, 2147483647, null]"},
      {"i8", "bigint", "[-9223372036854775808, 9223372036854775807, null]"},
      {"u1", "utinyint", "[0, 255, null]"},
      {"u2", "usmallint", "[0, 65535, null]"},
      {"u4", "uinteger", "[0, 4294967295, null]"},
      {"u8", "ubigint", "[0, 18446744073709551615, null]"},
      {"r", "real", "[3.4028235e38, 1e-45, null]"},
      {"d", "double", "[1.7976931348623157e308, 5e-324, null]"},
      {"d4", "decimal(4,2)", R"(["-99.99", "99.99", null])"},
      {"d18", "decimal(18,0)", R"(["-999999999999999999", "1", null])"},
      {"d38", "decimal(38,38)",
       R"(["0.99999999999999999999999999999999999999", "0.00000000000000000000000000000000000000", null])"},
      {"s", "varchar", R"(["", "ä\u0000🦆", null])"},
      {"x", "blob", R"(["", "\u0000a", null])"},
      {"dt", "date", "[-2147483648, 2147483647, null]"},
      {"t", "time", "[0, 86400000000, null]"},
      {"tn", "time_ns", "[0, 86399999999999, null]"},
      {"ts", "timestamp", "[-9223372036854775807, 9223372036854775807, null]"},
      {"tz", "timestamptz", "[-9223372036854775807, 9223372036854775807, null]"},
      {"ns", "timestamp_ns", "[-9223372036854775807, 9223372036854775806, null]"},
      {"u", "uuid", R"(["0123456789abcdef", "................", null])"},
      {"j", "json", R"(["{\"a\": 1,  \"b\": [null]}", "null", null])"},
      {"l", "integer[]", "[[], [1, null], null]"},
      {"lu", "uuid[]", R"([["0123456789abcdef", null], [], null])"},
      {"st", "struct(a integer, j json)", R"([[1, "{}"], [null, null], null])"},
      {"m", "map(varchar, struct(u uuid, n bigint))",
       R"([[["k", ["0123456789abcdef", 1]], ["l", null]], [], null])"},
  });
  const DataFile file = Write({batch});
  EXPECT_EQ(file.path, path());
  EXPECT_EQ(file.rows, 3);
  EXPECT_EQ(file.size, files().Stat(path())->size);
  const Batch back = Read();
  EXPECT_TRUE(back->schema()->Equals(*batch->schema(), /*check_metadata=*/true))
      << back->schema()->ToString(true);
  EXPECT_TRUE(back->Equals(*batch)) << back->ToString();

  const Result<ParquetInfo> info = ReadParquetInfo(files(), path());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->columns, *FromArrow(*batch->schema()));
  EXPECT_EQ(info->rows, 3);
  EXPECT_EQ(info->size, file.size);
}

TEST_F(ParquetFile, KeepsFloatsThatAreNoNumbers) {
  const double inf = std::numeric_limits<double>::infinity();
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.AppendValues({inf, -inf, std::nan(""), -0.0}).ok());
  const auto array = builder.Finish().ValueOrDie();
  Write(
      {arrow::RecordBatch::Make(arrow::schema({arrow::field("v", arrow::float64())}), 4, {array})});
  const Batch rows = Read();
  const auto& back = static_cast<const arrow::DoubleArray&>(*rows->column(0));
  EXPECT_EQ(back.Value(0), inf);
  EXPECT_EQ(back.Value(1), -inf);
  EXPECT_TRUE(std::isnan(back.Value(2)));
  EXPECT_TRUE(std::signbit(back.Value(3)));
}

TEST_F(ParquetFile, SaysWhatItHoldsToOtherReaders) {
  Write({MakeBatch({{"u", "uuid", "[null]"},
                    {"j", "json", "[null]"},
                    {"tz", "timestamptz", "[null]"},
                    {"ts", "timestamp", "[null]"}})});
  const auto in = ArrowInputFile::Open(files(), path()).value();
  const auto footer = parquet::ReadMetaData(in);
  EXPECT_EQ(footer->created_by(), "thalweg");
  const auto logical = [&](int column) {
    return footer->schema()->Column(column)->logical_type()->ToString();
  };
  EXPECT_EQ(logical(0), "UUID");
  EXPECT_EQ(logical(1), "JSON");
  EXPECT_NE(logical(2).find("isAdjustedToUTC=true, timeUnit=microseconds"), std::string::npos);
  EXPECT_NE(logical(3).find("isAdjustedToUTC=false, timeUnit=microseconds"), std::string::npos);
  const auto chunk = footer->RowGroup(0)->ColumnChunk(3);
  EXPECT_EQ(chunk->compression(), parquet::Compression::ZSTD);
  EXPECT_TRUE(chunk->is_stats_set());
}

TEST_F(ParquetFile, ReadsChosenColumnsInTheOrderAsked) {
  Write({MakeBatch({{"a", "integer", "[1, 2]"},
                    {"s", "struct(x integer, y varchar)", R"([[1, "p"], [2, "q"]])"},
                    {"c", "varchar", R"(["x", "y"])"}})});
  const Batch back = Read({"c", "s", "a"});
  EXPECT_TRUE(
      back->Equals(*MakeBatch({{"c", "varchar", R"(["x", "y"])"},
                               {"s", "struct(x integer, y varchar)", R"([[1, "p"], [2, "q"]])"},
                               {"a", "integer", "[1, 2]"}})))
      << back->ToString();
  const auto unknown = ParquetReader::Open(files(), path(), {"A"}, 10);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.status().code(), Code::kNotFound);
  EXPECT_EQ(unknown.status().slug(), "unknown-column");
}

TEST_F(ParquetFile, CutsBatchesAndRowGroupsAsAsked) {
  std::vector<Batch> batches;
  for (int i = 0; i < 10; ++i) {
    std::string values = "[";
    for (int j = 0; j < 25; ++j) values += (j ? "," : "") + std::to_string(i * 25 + j);
    batches.push_back(MakeBatch({{"v", "bigint", values + "]"}}));
  }
  Write(batches, {.codec = "none", .rows_per_group = 100});
  const auto footer = parquet::ReadMetaData(ArrowInputFile::Open(files(), path()).value());
  EXPECT_EQ(footer->num_row_groups(), 3);
  for (const std::int64_t batch_rows : {1, 7, 1000}) {
    const Batch back = Read({}, batch_rows);
    ASSERT_EQ(back->num_rows(), 250);
    const auto& values = static_cast<const arrow::Int64Array&>(*back->column(0));
    for (int i = 0; i < 250; ++i) ASSERT_EQ(values.Value(i), i);
  }
}

TEST_F(ParquetFile, HoldsNoRowsToo) {
  Write({MakeBatch({{"a", "integer", "[]"}, {"u", "uuid[]", "[]"}})});
  const Batch back = Read();
  EXPECT_EQ(back->num_rows(), 0);
  EXPECT_EQ(ToString(*FromArrow(*back->schema())), "a integer, u uuid[]");
  EXPECT_EQ(ReadParquetInfo(files(), path())->rows, 0);
}

TEST_F(ParquetFile, RefusesToWriteWhatItCannotKeep) {
  const auto open = [&](std::shared_ptr<arrow::Schema> schema) {
    return ParquetWriter::Open(files(), path(), std::move(schema)).status();
  };
  const auto field = arrow::field("i", arrow::month_day_nano_interval());
  EXPECT_EQ(open(arrow::schema({field})).slug(), "type-not-storable");
  EXPECT_EQ(
      open(arrow::schema({arrow::field("a", arrow::int8()), arrow::field("A", arrow::int8())}))
          .slug(),
      "duplicate-column");
  const auto codec = ParquetWriter::Open(
      files(), path(), arrow::schema({arrow::field("a", arrow::int8())}), {.codec = "brotly"});
  EXPECT_EQ(codec.status().code(), Code::kInvalid);
  EXPECT_EQ(files().Stat(path()).status().code(), Code::kNotFound)
      << "nothing is created before the checks";
}

TEST_F(ParquetFile, TornFilesAreCorruptAtEveryLength) {
  Write({MakeBatch({{"a", "integer", "[1, 2, 3]"}, {"s", "varchar", R"(["x", "y", "z"])"}})});
  const std::string whole = ReadFile(files(), path()).value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string torn = directory_.Write("torn.parquet", whole.substr(0, size));
    const Result<ParquetInfo> info = ReadParquetInfo(files(), torn);
    ASSERT_FALSE(info.ok()) << size;
    EXPECT_EQ(info.status().code(), Code::kCorrupt) << size << info.status();
    EXPECT_NE(info.status().message().find(torn), std::string::npos);
    EXPECT_EQ(ParquetReader::Open(files(), torn, {}, 10).status().code(), Code::kCorrupt) << size;
  }
  EXPECT_EQ(ReadParquetInfo(files(), path("none")).status().code(), Code::kNotFound);
}

TEST_F(ParquetFile, DamagedPagesAreCorrupt) {
  std::string values = "[";
  for (int i = 0; i < 5000; ++i) values += (i ? "," : "") + std::to_string(i * 7919 % 5003);
  Write({MakeBatch({{"a", "integer", values + "]"}})});
  std::string bytes = ReadFile(files(), path()).value();
  for (std::size_t i = 40; i < 400; ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
  const std::string damaged = directory_.Write("damaged.parquet", bytes);
  const auto reader = ParquetReader::Open(files(), damaged, {}, 10);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const Result<Batch> batch = (*reader)->Next();
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.status().code(), Code::kCorrupt) << batch.status();
}

TEST_F(ParquetFile, AnUnfinishedWriterLeavesNoCompleteFile) {
  const Batch batch = MakeBatch({{"a", "integer", "[1]"}});
  {
    auto writer = ParquetWriter::Open(files(), path(), batch->schema());
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Write(*batch).ok());
  }
  EXPECT_EQ(ReadParquetInfo(files(), path()).status().code(), Code::kCorrupt);
}

#ifdef THALWEG_TEST_HOOKS
TEST_F(ParquetFile, ReportsAFullDiskWhereverItHappens) {
  const Batch batch = MakeBatch({{"a", "integer", "[1, 2, 3]"}});
  const auto real = MakePosixFileSystem();
  const auto write = [&](FileSystem& faulty) -> Status {
    TW_ASSIGN_OR_RETURN(auto writer, ParquetWriter::Open(faulty, path(), batch->schema(), {}));
    TW_RETURN_IF_ERROR(writer->Write(*batch));
    return writer->Finish().status();
  };
  int failures = 0;
  for (std::int64_t n = 1;; ++n) {
    FaultFileSystem faulty(*real, {.kind = FaultPlan::Kind::kNoSpace, .at = n});
    const Status status = write(faulty);
    if (faulty.operations() < n) break;
    ASSERT_FALSE(status.ok()) << n;
    EXPECT_EQ(status.code(), Code::kDiskFull) << n << status;
    ++failures;
  }
  EXPECT_EQ(failures, 3) << "create, append, sync";
}
#endif

TEST_F(ParquetFile, SeesForeignTypesAsTheEngineDoes) {
  using arrow::TimeUnit;
  const auto one = [](std::shared_ptr<arrow::DataType> type) { return MakeArray(type, "[1]"); };
  const auto of = [&](std::shared_ptr<arrow::DataType> type) {
    WriteForeign(one(std::move(type)));
    return TypeOfV();
  };
  EXPECT_EQ(of(arrow::timestamp(TimeUnit::MILLI)), "timestamp");
  EXPECT_EQ(of(arrow::timestamp(TimeUnit::MILLI, "Europe/Berlin")), "timestamptz");
  EXPECT_EQ(of(arrow::timestamp(TimeUnit::NANO)), "timestamp_ns");
  EXPECT_EQ(of(arrow::timestamp(TimeUnit::NANO, "UTC")), "type-not-storable");
  EXPECT_EQ(of(arrow::time32(TimeUnit::MILLI)), "time");
  EXPECT_EQ(of(arrow::float16()), "real");
  WriteForeign(MakeArray(arrow::fixed_size_list(arrow::int8(), 1), "[[1]]"));
  EXPECT_EQ(TypeOfV(), "tinyint[]");
  WriteForeign(MakeArray(arrow::null(), "[null]"));
  EXPECT_EQ(TypeOfV(), "integer");
  WriteForeign(MakeArray(arrow::decimal32(5, 2), R"(["5.12"])"));
  EXPECT_EQ(TypeOfV(), "decimal(5,2)");
}

TEST_F(ParquetFile, ReadsInt96AsMicroseconds) {
  WriteForeign(
      MakeArray(arrow::timestamp(arrow::TimeUnit::NANO), "[1356998400123456000, null]"),
      parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build());
  EXPECT_EQ(TypeOfV(), "timestamp");
  EXPECT_TRUE(Read()->column(0)->Equals(
      MakeArray(arrow::timestamp(arrow::TimeUnit::MICRO), "[1356998400123456, null]")));
}

TEST_F(ParquetFile, ReadsLayoutsThatTheWriterStored) {
  const std::string lists = R"([["a", null], [], null])";
  const auto stored = arrow::large_list(arrow::dictionary(arrow::int32(), arrow::large_utf8()));
  WriteForeign(MakeArray(stored, lists),
               parquet::ArrowWriterProperties::Builder().store_schema()->build());
  EXPECT_EQ(TypeOfV(), "varchar[]");
  RowDigest digest, plain;
  ASSERT_TRUE(digest.Add(*Read()).ok());
  ASSERT_TRUE(plain.Add(*MakeBatch({{"v", "varchar[]", lists}})).ok());
  EXPECT_EQ(digest.ToHex(), plain.ToHex());
}

TEST_F(ParquetFile, SeesForeignLogicalTypesThatArrowDrops) {
  using parquet::ConvertedType;
  using parquet::LogicalType;
  using parquet::Repetition;
  using parquet::Type;
  const auto leaf = [](std::shared_ptr<const LogicalType> logical, Type::type type,
                       int length = -1) {
    return parquet::schema::PrimitiveNode::Make("v", Repetition::OPTIONAL, std::move(logical), type,
                                                length);
  };
  WriteForeign(leaf(LogicalType::Time(true, LogicalType::TimeUnit::MICROS), Type::INT64));
  EXPECT_EQ(TypeOfV(), "type-not-storable");
  WriteForeign(leaf(LogicalType::Enum(), Type::BYTE_ARRAY));
  EXPECT_EQ(TypeOfV(), "varchar");
  WriteForeign(leaf(LogicalType::BSON(), Type::BYTE_ARRAY));
  EXPECT_EQ(TypeOfV(), "type-not-storable");
  WriteForeign(leaf(LogicalType::Interval(), Type::FIXED_LEN_BYTE_ARRAY, 12));
  EXPECT_EQ(TypeOfV(), "type-not-storable");
  WriteForeign(leaf(LogicalType::Decimal(40, 2), Type::FIXED_LEN_BYTE_ARRAY, 17));
  EXPECT_EQ(TypeOfV(), "type-not-supported");
  WriteForeign(leaf(LogicalType::None(), Type::FIXED_LEN_BYTE_ARRAY, 16));
  EXPECT_EQ(TypeOfV(), "blob");
  WriteForeign(parquet::schema::GroupNode::Make(
      "v", Repetition::OPTIONAL,
      {parquet::schema::PrimitiveNode::Make("e", Repetition::REPEATED, LogicalType::Enum(),
                                            Type::BYTE_ARRAY)}));
  EXPECT_EQ(TypeOfV(), "struct(e varchar[])");
}

}  // namespace
}  // namespace thalweg::data
